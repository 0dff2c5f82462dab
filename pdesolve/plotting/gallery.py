"""The gallery: figures that the scripts of the folder ``figures`` draw, one each.

A script is named after its figure. The first line of its docstring is the title, and it has

* ``CASE``, the name of the case shown, or of the first one; empty where there is none;
* ``CAPTION``, what to see in the figure, a template for the numbers that it states;
* ``solve(quick)``, what the figure shows, with fewer points and a lower accuracy if `quick`;
* ``numbers(found)``, the caption's numbers by name, from what `solve` returned;
* ``draw(found, width)``, a matplotlib Figure so many inches wide, 3.3 for a column of a paper and
  7 for a screen; it is called with the style of :mod:`pdesolve.plotting.style`, and `panels` lays
  it out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from matplotlib import style
from matplotlib.figure import Figure

from pdesolve.case import CaseError, load_case
from pdesolve.case.sources import nearest, shown
from pdesolve.plotting.errors import FigureError
from pdesolve.plotting.style import STYLE, as_file
from pdesolve.solver.pde.solver import SolveError, solve
from pdesolve.studies.statics import failures, sweep
from pdesolve.version import __version__

if TYPE_CHECKING:
    import xarray

    from pdesolve.solver.solution import Solution

WIDTH, NARROWEST, WIDEST = 7.0, 3.0, 14.0  # inches
TOLERANCE, QUICK_TOLERANCE = 1e-4, 1e-3
STROKES: tuple[Mapping[str, Any], ...] = (
    {"color": "0.0", "linestyle": "-", "marker": "o", "markersize": 3},
    {"color": "0.35", "linestyle": (0, (5, 1.5)), "marker": "s", "markersize": 3},
    {"color": "0.55", "linestyle": (0, (5, 1.5, 1, 1.5)), "marker": "^", "markersize": 3.5},
    {"color": "0.2", "linestyle": (0, (2, 1)), "marker": "D", "markersize": 2.5},
)
LINES = tuple({**stroke, "marker": ""} for stroke in STROKES)  # without markers
REFERENCE: Mapping[str, Any] = {"linestyle": (0, (1, 1.2)), "linewidth": 0.9, "color": "0.3"}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure, solved and ready to be drawn.

    Attributes
    ----------
    name, title, case : str
        Of the figure, and the name of its case; empty if it has none.
    numbers : dict
        What its caption states.
    caption : str
    """

    name: str
    title: str
    case: str
    numbers: dict[str, float]
    caption: str
    script: ModuleType
    found: Any

    def draw(self, width: float = WIDTH) -> Figure:
        """Return the figure, so many inches wide."""
        with style.context(["default", dict(STYLE)]):
            figure: Figure = self.script.draw(self.found, width)
        return figure

    def render(self, kind: Literal["png", "pdf", "svg"] | str, *, width: float = WIDTH) -> bytes:
        """Return the figure as the contents of a file; the same bytes every time."""
        about = f" ({self.case}: {load_case(self.case).title})" if self.case else ""
        title = f"{self.title}{about}"
        return as_file(self.draw(width), kind, title, __version__)


def figure_names() -> list[str]:
    """Names of all figures, sorted."""
    return sorted(path.stem for path in _folder().glob("*.py"))


def chosen(names: Sequence[str]) -> list[str]:
    """Return these names, or all if there are none; CaseError if there is no such figure."""
    known = figure_names()
    for name in names:
        if name not in known:
            close = ", ".join(nearest(name, known)) or "none"
            raise CaseError(
                f"figure must be one of {', '.join(known)}, got {shown(name)}; nearest: {close}"
            )
    return list(dict.fromkeys(names)) or known


def parse_width(text: str) -> float:
    """Read a figure's width in inches; CaseError if it is none."""
    try:
        width = float(text)
    except ValueError:
        width = float("nan")
    if not NARROWEST <= width <= WIDEST:
        rule = f"must be a number of inches from {NARROWEST:g} to {WIDEST:g}"
        raise CaseError(f"--width {rule}, got {shown(text)}")
    return width


def make(name: str, *, quick: bool = False) -> Picture:
    """Solve for a figure.

    Parameters
    ----------
    name : str
        One of `figure_names`.
    quick : bool
        Fewer points, lower accuracy.

    Raises
    ------
    FigureError
        If something could not be solved, or not to the accuracy asked for.
    """
    spec = spec_from_file_location(f"pdesolve.figures.{name}", _folder() / f"{name}.py")
    assert spec is not None and spec.loader is not None
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    try:
        found = script.solve(quick)
    except SolveError as error:
        raise FigureError(f"{name}: {error}") from error
    numbers: dict[str, float] = script.numbers(found)
    return Picture(
        name=name,
        title=(script.__doc__ or name).partition("\n")[0].rstrip("."),
        case=script.CASE,
        numbers=numbers,
        caption=script.CAPTION.format(**numbers),
        script=script,
        found=found,
    )


def _folder() -> Path:
    """The installed scripts, or those of a source checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "data" / "figures"
    return installed if installed.is_dir() else package.parent / "figures"


# ---------------------------------------------------------------------- for the scripts


def solved(case: str, quick: bool, overrides: Mapping[str, object] | None = None) -> "Solution":
    """Return the solution of a named case; SolveError if it did not converge."""
    solution = solve(load_case(case, overrides), tol=QUICK_TOLERANCE if quick else TOLERANCE)
    if not solution.converged:
        raise SolveError(f"{case}: {solution.message}")
    return solution


def swept(
    case: str,
    quick: bool,
    key: str,
    values: Iterable[float],
    overrides: Mapping[str, object] | None = None,
) -> "xarray.Dataset":
    """Return the initial values of a named case over one key; SolveError if a point failed."""
    tol = QUICK_TOLERANCE if quick else TOLERANCE
    numbers = [float(value) for value in values]
    data = sweep(load_case(case, overrides), {key: numbers}, tol=tol, slopes=False, processes=1)
    count, reason = failures(data)
    if count:
        raise SolveError(f"{case}: {count} of {len(numbers)} values of {key}: {reason}")
    return data
