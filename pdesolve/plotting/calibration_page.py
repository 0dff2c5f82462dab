"""A page on a calibration: estimates, what pins them, how the targets are met, and profiles."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pdesolve.case.keys import describe_in
from pdesolve.plotting.gallery import LINES, REFERENCE
from pdesolve.plotting.layout import key, letter, panels, say
from pdesolve.plotting.style import COLOURS, MARKER, STYLE, as_file, fill
from pdesolve.studies.calibration.estimates import LEVEL, Estimates
from pdesolve.version import __version__

if TYPE_CHECKING:
    import xarray

Profiles = Mapping[str, "xarray.Dataset"]
ESTIMATE, INTERVAL = "estimate", f"its {LEVEL:.0%} interval"
PROFILE, PARABOLA = "least misfit", "parabola of the standard error"
SHADE = 0.55  # of a share, from which on what is written on it is black
SOLVED: Mapping[str, Any] = {**LINES[0], "marker": "."}
LABEL = 0.45  # inches of a parameter's name
MOST = 10  # targets whose names fit


def page(found: Estimates, profiles: Profiles | None = None, *, width: float = 7.0) -> Figure:
    """Draw intervals, shares of variance, gaps, and profiles if there are any.

    Parameters
    ----------
    found : Calibration
    profiles : mapping, optional
        Of `Calibration.profile`, by key.
    width : float
        Inches; below 5 the panels stand in one column.
    """
    profiles = profiles or {}
    count = 3 + len(profiles)
    rows = -(-count // 3)
    with style.context(["default", dict(STYLE)]):
        tall = 1.3 + LABEL * len(found.keys)
        figure, axes = panels(width, (rows, 3), (count, 1), heights=(tall, tall))
        for spare in axes[count:]:
            spare.set_visible(False)
        _draw_estimates(axes[0], found)
        _draw_shares(axes[1], found)
        _draw_gaps(axes[2], found)
        for ax, (name, data) in zip(axes[3:], profiles.items(), strict=False):
            _draw_profile(ax, found, name, data)
        titles = ["value over start", "what pins it", "model less target"]
        letter(axes[:count], [*titles, *("profile" for _ in profiles)])
        key(figure, _handles(profiles))
        figure.supxlabel(fill(_caption(found), width), fontsize=6.5, color="0.25")
    return figure


def render(
    found: Estimates,
    kind: Literal["png", "pdf", "svg"] | str,
    profiles: Profiles | None = None,
    *,
    width: float = 7.0,
) -> bytes:
    """Return the page as the contents of a PNG, PDF or SVG file; the same bytes every time.

    Raises
    ------
    ValueError
        If the kind is another one.
    """
    title = f"Calibration: {found.case.title}"
    return as_file(page(found, profiles, width=width), kind, title, __version__)


def _names(found: Estimates) -> list[str]:
    return [describe_in(found.case, one).name.replace(" ", "\n", 1) for one in found.keys]


def _draw_estimates(ax: Axes, found: Estimates) -> None:
    """Each parameter and its interval, in units of its start."""
    size = [abs(one.start) or one.size for one in found.problem.free]
    places, ci = np.arange(len(size)), found.ci()
    ends = [ci[side].to_numpy() / size for side in ("low", "high")]
    ax.hlines(places, *ends, color="black", linewidth=1.3)
    ax.plot(found.values / size, places, **MARKER)
    starts = [one.start for one in found.problem.free]
    ax.plot(np.array(starts) / size, places, "|", color="0.5", markersize=9)
    ax.set(yticks=places, ylim=(len(size) - 0.5, -0.5), xlabel="share of the start")
    ax.set_yticklabels(_names(found))


def _draw_shares(ax: Axes, found: Estimates) -> None:
    """Shares of each estimate's variance by target."""
    shares = found.sensitivity("share").to_numpy()
    if not np.isfinite(shares).any():
        ax.set(xticks=[], yticks=[])
        return say(ax, "no parameter is identified")
    ax.imshow(shares, cmap=COLOURS, vmin=0.0, vmax=1.0, aspect="auto")
    labels = found.problem.targets.labels
    ax.set_yticks(np.arange(shares.shape[0]), _names(found))
    if len(labels) <= MOST:
        names = [label.replace("_", " ") for label in labels]
        ax.set_xticks(np.arange(len(labels)), names, rotation=35, ha="right")
        for (row, column), share in np.ndenumerate(shares):
            if np.isfinite(share):
                colour = "black" if share > SHADE else "white"
                ax.text(column, row, f"{share:.0%}", ha="center", va="center", color=colour)


def _draw_gaps(ax: Axes, found: Estimates) -> None:
    """Model less target in standard errors."""
    gaps, labels = found.residuals, found.problem.targets.labels
    places = np.arange(len(labels))
    ax.axvline(0.0, **REFERENCE)
    ax.barh(places, gaps, 0.6, color="0.6")
    reach = 1.15 * max(2.0, float(np.abs(gaps).max()))
    ax.set(xlim=(-reach, reach), ylim=(len(labels) - 0.5, -0.5), xlabel="gap/sd")
    if len(labels) <= MOST:
        ax.set_yticks(places, [label.replace("_", " ") for label in labels])
    else:
        ax.set_ylabel("target, in order")


def _draw_profile(ax: Axes, found: Estimates, name: str, data: "xarray.Dataset") -> None:
    """The least misfit over one parameter, and what its standard error would have."""
    values, misfit = data[name].to_numpy(), data["chi_squared"].to_numpy()
    place = found.keys.index(name)
    one = found.problem.free[place]
    sd = np.sqrt(found.cov_z[place, place])
    fine = np.linspace(values.min(), values.max(), 101)
    z = np.array([one.z(value) for value in fine.tolist()])
    ax.plot(values, misfit, **SOLVED)
    ax.plot([found.parameters[name]], [found.chi_squared], **MARKER)
    if np.isfinite(sd):
        ax.plot(fine, found.chi_squared + ((z - found.z[place]) / sd) ** 2, **REFERENCE)
    ax.set(xlabel=describe_in(found.case, name).label, ylabel="chi-squared")


def _handles(profiles: Profiles) -> list[Line2D]:
    """What the strokes are."""
    start: Any = {"marker": "|", "color": "0.5", "linestyle": "none"}
    lines = [
        Line2D([], [], label=ESTIMATE, **MARKER),
        Line2D([], [], label=INTERVAL, color="black"),
        Line2D([], [], label="start", **start),
    ]
    if profiles:
        lines.append(Line2D([], [], label=PROFILE, **SOLVED))
        lines.append(Line2D([], [], label=PARABOLA, **REFERENCE))
    return lines


def _caption(found: Estimates) -> str:
    """What has to be known to read the page."""
    first = found.notes[:1] if not (found.converged and found.identified) else ()
    said = f"{found.case.name}: {found.case.title}. {'; '.join((found.verdict, *first))}."
    shares = "(b) The share of each estimate's variance that the noise in each target makes."
    return f"{said} {shares} pdesolve {__version__}."
