"""A sweep as a person reads it: text, and LaTeX for papers."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from pdesolve.case.labels import describe
from pdesolve.finance.by_name import about
from pdesolve.solver.quantity import Quantity
from pdesolve.solver.values import COLUMNS, ERRORS
from pdesolve.studies.point import STATUSES

if TYPE_CHECKING:
    import xarray

MOST = 12, 7  # rows and columns of a table over two parameters
DIGITS = 6
MARKS = {1: "*", 2: "failed"}
LATEX = str.maketrans(
    {mark: f"\\{mark}" for mark in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "ρ": r"$\rho$", "σ": r"$\sigma$", "η": r"$\eta$"}
    | {"α": r"$\alpha$", "₀": "$_0$"}
)

Rows = list[list[str]]


def axes_of(data: "xarray.Dataset") -> list[str]:
    """Keys that were swept."""
    return [str(name) for name in data["status"].dims]


def asked_for(data: "xarray.Dataset") -> list[str]:
    """Names of what the sweep was asked for besides what always is shown."""
    return str(data.attrs.get("also", "")).split()


def shown_in(data: "xarray.Dataset") -> list[Quantity]:
    """What tables for people and pages show."""
    return [about(name) for name in dict.fromkeys((*COLUMNS, *asked_for(data))) if name in data]


def elasticity(data: "xarray.Dataset", name: str, key: str) -> Any:
    """Return d log NAME / d log KEY over the axes; NaN where NAME is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = data[f"{name}_slope"].sel(parameter=key) * data[key] / data[name]
    return value.where(np.isfinite(value)).transpose(*axes_of(data))


# ---------------------------------------------------------------------- for people


def table(data: "xarray.Dataset") -> str:
    """A sweep for a person to read."""
    axes = axes_of(data)
    about = " and ".join(f"{describe(key).name} [{key}]" for key in axes)
    head = [
        f"{data.attrs['case_name']}: {data.attrs['title']}",
        f"at t = 0, over {about}",
    ]
    if len(axes) == 1:
        blocks = list(_one_axis(data, axes[0]))
    elif len(axes) == 2:
        blocks = list(_two_axes(data, axes))
    else:
        blocks = []
    return "\n".join([*head, *(line for block in blocks for line in ("", *block)), "", *_end(data)])


def _one_axis(data: "xarray.Dataset", key: str) -> Iterable[list[str]]:
    shown, moving, unit = shown_in(data), _moving(data), data[key].attrs["units"]
    heading = [key.rpartition(".")[2], *(_column(one) for one in shown)]
    units = ["" if unit == "1" else unit, *("" if one.unit == "1" else one.unit for one in shown)]
    yield _aligned([heading, units, *_values(data, key)])
    if "parameter" in data.dims:
        heading = [heading[0], *(_column(one) for one in moving)]
        yield ["elasticities, d log y / d log x:", *_aligned([heading, *_elasticities(data, key)])]


def _moving(data: "xarray.Dataset") -> list[Quantity]:
    """What is shown that has slopes."""
    return [one for one in shown_in(data) if f"{one.name}_slope" in data]


def _column(one: Quantity) -> str:
    return one.column or one.name.replace("_", " ")


def _values(data: "xarray.Dataset", key: str) -> Rows:
    """Rows of a sweep over one key: the parameter, then the columns."""
    columns = [_decimals(data[one.name].to_numpy()) for one in shown_in(data)]
    marks = [MARKS.get(code, "") for code in data["status"].to_numpy().tolist()]
    rows = [list(row) for row in zip(_shown(data, key), *columns, strict=True)]
    return [[*row, mark] if any(marks) else row for row, mark in zip(rows, marks, strict=True)]


def _elasticities(data: "xarray.Dataset", key: str) -> Rows:
    columns = [
        [f"{x:.3f}" if np.isfinite(x) else "-" for x in elasticity(data, one.name, key)]
        for one in _moving(data)
    ]
    return [list(row) for row in zip(_shown(data, key), *columns, strict=True)]


def _two_axes(data: "xarray.Dataset", axes: list[str]) -> Iterable[list[str]]:
    for one in shown_in(data):
        unit = "" if one.unit == "1" else f" ({one.unit})"
        said = f"{_column(one)}{unit}, by {axes[0]} (down) and {axes[1]} (across):"
        yield [said, *_aligned(_grid(data, one.name, axes))]


def _grid(data: "xarray.Dataset", name: str, axes: list[str]) -> Rows:
    """One value over two keys: at most `MOST` rows and columns, spread evenly, ends included."""
    thin = {key: _spread(data.sizes[key], most) for key, most in zip(axes, MOST, strict=True)}
    part = data[[name]].isel(thin)
    cells, wide = iter(_decimals(part[name].to_numpy().ravel())), part.sizes[axes[1]]
    rows = [[down, *(next(cells) for _ in range(wide))] for down in _shown(part, axes[0])]
    return [["", *_shown(part, axes[1])], *rows]


def _spread(count: int, most: int) -> list[int]:
    return sorted({round(k) for k in np.linspace(0, count - 1, min(count, most)).tolist()})


def _shown(data: "xarray.Dataset", key: str) -> list[str]:
    """Values of an axis."""
    values = data[key].to_numpy().tolist()
    return [f"{value:.6g}" if isinstance(value, float) else str(value) for value in values]


def _decimals(values: Any) -> list[str]:
    """Numbers with the same decimals, six digits for the largest."""
    known = np.abs(values[np.isfinite(values)])
    largest = float(known.max()) if known.size else 0.0
    if largest and not 1e-4 <= largest < 1e7:
        return [f"{v:.{DIGITS - 1}e}" if np.isfinite(v) else "-" for v in values.tolist()]
    decimals = DIGITS - 1 - math.floor(math.log10(largest)) if largest else 1
    decimals = min(max(decimals, 0), DIGITS)
    return [f"{v:.{decimals}f}" if np.isfinite(v) else "-" for v in values.tolist()]


def _aligned(rows: Rows) -> list[str]:
    widths = [max(len(row[k]) for row in rows if k < len(row)) for k in range(max(map(len, rows)))]
    cells = [[f"{x:>{w}}" for x, w in zip(row, widths, strict=False)] for row in rows]
    return ["  ".join(row).rstrip() for row in cells]


def _end(data: "xarray.Dataset") -> Iterable[str]:
    """How many points, their largest error bar, and what went wrong."""
    status = data["status"].to_numpy().ravel()
    counts = [int((status == code).sum()) for code in range(len(STATUSES))]
    thin = [MOST[k] < data.sizes[key] for k, key in enumerate(axes_of(data)[:2])]
    if len(thin) == 2 and any(thin):
        yield "not every value is shown: --out and --json have all"
    said = [f"{n} {what}" for n, what in zip(counts, STATUSES, strict=True) if n]
    yield f"{status.size} points: {', '.join(said)}"
    yield largest_error(data)
    messages = data["message"].to_numpy().ravel()
    for code in (1, 2):
        bad = np.flatnonzero(status == code)
        if bad.size:
            text = " ".join(str(messages[bad[0]]).split())
            yield f"{MARKS[code]}: {text}" if code == 1 else f"first failure: {text}"


def largest_error(data: "xarray.Dataset") -> str:
    """The largest error bar of each reported value, in words."""
    parts = []
    for name in (*(name for name in COLUMNS if name in ERRORS), *asked_for(data)):
        if f"{name}_error" not in data:  # it is exact
            continue
        bars = data[f"{name}_error"].to_numpy()
        if np.isfinite(bars).any():
            parts.append(f"{name.replace('_', ' ')} {np.nanmax(bars):.0e}")
    if "parameter" in data.dims:
        key = str(data["parameter"].to_numpy()[0])
        shares = [
            np.abs(elasticity(data, name, key) * data[f"{name}_slope_error"].sel(parameter=key))
            / np.abs(data[f"{name}_slope"].sel(parameter=key))
            for name in (one.name for one in _moving(data))
        ]
        largest = max((float(bar.max()) for bar in shares), default=np.nan)
        parts.append(f"elasticity {largest:.0e}")
    return f"largest error bars: {', '.join(parts)}" if parts else "no error bars"


# ---------------------------------------------------------------------- for papers


def as_latex(data: "xarray.Dataset") -> str:
    """A sweep as tables for a paper; they need the package booktabs."""
    axes = axes_of(data)
    blocks = []
    if len(axes) == 1:
        key = axes[0]
        name, shown, moving = _latex(describe(key).name), shown_in(data), _moving(data)
        heading = [name, *(_symbol(one) for one in shown)]
        blocks.append(_tabular(heading, [row[: len(heading)] for row in _values(data, key)]))
        if "parameter" in data.dims:
            heading = [name, *(_symbol(one) for one in moving)]
            blocks.append("% elasticities: d log y / d log x")
            blocks.append(_tabular(heading, _elasticities(data, key)))
    elif len(axes) == 2:
        down, across = (_latex(describe(key).name) for key in axes)
        for one in shown_in(data):
            grid = _grid(data, one.name, axes)
            blocks.append(f"% {one.name} ({one.unit}): {axes[0]} down, {axes[1]} across")
            corner = rf"{_symbol(one)}: {down} $\downarrow$, {across} $\rightarrow$"
            blocks.append(_tabular([corner, *grid[0][1:]], grid[1:]))
    head = [
        f"% {data.attrs['case_name']}, pdesolve {data.attrs['pdesolve_version']}",
        r"% needs \usepackage{booktabs}",
        *(f"% {line}" for line in _end(data)),
    ]
    return "\n".join([*head, *blocks]) + "\n"


def _tabular(heading: list[str], rows: Rows) -> str:
    lines = [" & ".join(_number(cell) for cell in row) + r" \\" for row in rows]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{'r' * len(heading)}}}",
            r"\toprule",
            " & ".join(heading) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _number(cell: str) -> str:
    """A number with a real minus sign and power of ten; other text with its marks escaped."""
    try:
        float(cell)
    except ValueError:
        return "--" if cell == "-" else _latex(cell)
    mantissa, e, power = cell.partition("e")
    return f"${mantissa}" + (rf"\times 10^{{{int(power)}}}" if e else "") + "$"


def _symbol(one: Quantity) -> str:
    return one.latex or _latex(_column(one))


def _latex(text: str) -> str:
    """Text with LaTeX's special characters escaped and Greek in mathematics."""
    return text.translate(LATEX)
