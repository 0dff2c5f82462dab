"""Paths of a solved market, as a labelled data set (derivation.md, section 14)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pdesolve.case.errors import PdesolveError
from pdesolve.finance.asked import MEASURES
from pdesolve.finance.path_blocks import Block, PathTuning, PathValues, Run
from pdesolve.finance.paths import trading_dates
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import labels
from pdesolve.typing import Array

if TYPE_CHECKING:
    import xarray

VARIABLES: dict[str, dict[str, str]] = {  # by path and date
    **{name: labels(name) for name in ("xi", "psi", "price", "variance")},
    **{name: labels(name) for name in ("attention", "precision_rate")},
    "spending": {"units": "money/time", "long_name": "spending on attention C"},
    "supply": {"units": "shares", "long_name": "supply n"},
    "public_mean": {"units": "money", "long_name": "mean of the payoff given prices alone"},
    "public_variance": {
        "units": "money^2",
        "long_name": "variance of the payoff given prices alone",
    },
    "information": {
        "units": "1",
        "long_name": "integral of (A/(rho sigma))^2/2 public_variance, whose mean is the mutual"
        " information of payoff and prices so far",
    },
    "position": {"units": "shares", "long_name": "shares that one of the investors holds"},
    "wealth": {
        "units": "money",
        "long_name": "what she has gained, less what attention has cost, before the payoff",
    },
}
BY_PATH = {
    "payoff": {"units": "money", "long_name": "payoff x"},
    "pricing_kernel": {
        "units": "1",
        "long_name": "risk-neutral over physical probability of the path and its payoff",
    },
}
WHOLE = (int, np.integer)


class PathError(PdesolveError, ValueError):
    """Paths that cannot be simulated, in one sentence."""


def simulate(
    solution: Solution,
    paths: int = 10_000,
    dates: int = 200,
    measure: str = "physical",
    seed: int = 0,
    *,
    keep: Sequence[float] | None = None,
    coarse: bool = False,
    progress: bool = False,
    tuning: PathTuning = PathTuning(),
) -> "xarray.Dataset":
    """Simulate a solved market (derivation.md, section 14).

    Payoffs are stratified: as evenly spread over the prior as so many can be. Trade at so many
    dates errs by the order of their distance: `coarse` gives the same paths with every second date
    left out, so that ``2 * fine - coarse`` (on the dates that they share) has means of second
    order, and a quarter of the difference of their means bounds what is left;
    :func:`pdesolve.finance.averages.path_means` does that for every variable.

    Parameters
    ----------
    solution : Solution
    paths : int
    dates : int
        At which investors trade, an even number; closer together early on.
    measure : {"physical", "risk-neutral"}
        With the prior's or the market's probabilities. Under the latter the noise in an investor's
        own signals is what it is under the former.
    seed : int
        The same gives the same paths.
    keep : sequence of float, optional
        Times to return, of which the nearest dates are taken; all of them by default.
    coarse : bool
        Leave out every second date, on the same shocks.
    progress : bool
        Show a bar, if standard error is a terminal.
    tuning : PathTuning

    Returns
    -------
    xarray.Dataset
        Over `path` and `t`: the names in `VARIABLES`, with their units. Each takes 8 bytes per path
        and time: for many paths give `keep`, or see `simulate_blocks`. Over `path`, `payoff` and
        `pricing_kernel`: the mean of what a claim on the whole path pays, times the kernel, is its
        price at t = 0 under the physical measure.

    Raises
    ------
    PathError
        If an argument is not possible, or the market has public news.
    """
    run = planned(solution, paths, dates, measure, seed, keep, coarse, tuning)
    whole = PathValues(*(np.empty((paths, run.kept.size)) for _ in VARIABLES))
    payoff, kernel = np.empty(paths), np.empty(paths)
    for block in run.blocks(progress):
        part = slice(block.start, block.start + block.payoff.size)
        payoff[part], kernel[part] = block.payoff, block.pricing_kernel
        for values, found in zip(whole, block.values, strict=True):
            values[part] = found
    return labelled(run, Block(0, payoff, kernel, whole))


def simulate_blocks(
    solution: Solution,
    paths: int = 10_000,
    dates: int = 200,
    measure: str = "physical",
    seed: int = 0,
    *,
    keep: Sequence[float] | None = None,
    coarse: bool = False,
    progress: bool = False,
    tuning: PathTuning = PathTuning(),
) -> "Iterator[xarray.Dataset]":
    """Simulate the same paths block by block, each as large as `tuning.memory` allows.

    Blocks are not ordered by payoff. Together they are what `simulate` returns: arguments and
    errors as there.
    """
    run = planned(solution, paths, dates, measure, seed, keep, coarse, tuning)
    return (labelled(run, block) for block in run.blocks(progress))


def planned(
    solution: Solution,
    paths: int,
    dates: int,
    measure: str,
    seed: int,
    keep: Sequence[float] | None,
    coarse: bool,
    tuning: PathTuning,
) -> Run:
    """What is to be simulated; arguments and errors as in `simulate`."""
    check_counts(paths, dates, seed)
    if measure not in MEASURES:
        names = " or ".join(repr(name) for name in MEASURES)
        raise PathError(f"measure must be {names}, got {measure!r}")
    market = solution.case.market
    if market.public_precision > 0.0 or market.announcements:
        raise PathError(
            f"{solution.case.name}: paths with public news (market.public_precision or"
            " market.announcements) are not simulated"
        )
    fine = trading_dates(solution, int(dates))
    kept = _nearest(fine[::2] if coarse else fine, keep)
    return Run(
        solution=solution,
        paths=int(paths),
        fine=fine,
        physical=measure == "physical",
        seed=int(seed),
        coarse=coarse,
        kept=kept,
        size=tuning.block(fine.size, kept.size),
        tuning=tuning,
    )


def check_counts(paths: int, dates: int, seed: int) -> None:
    """PathError unless these can be."""
    if not (isinstance(paths, WHOLE) and paths >= 1):
        raise PathError(f"paths must be a whole number, 1 or more; got {paths!r}")
    if not (isinstance(dates, WHOLE) and dates >= 2 and dates % 2 == 0):
        raise PathError(f"dates must be an even number, 2 or more; got {dates!r}")
    if not (isinstance(seed, WHOLE) and seed >= 0):
        raise PathError(f"seed must be a whole number, 0 or more; got {seed!r}")


def _nearest(t: Array, keep: Sequence[float] | None) -> NDArray[np.int_]:
    """Of the dates, by their numbers, those nearest to some times."""
    if keep is None:
        return np.arange(t.size)
    wanted = np.atleast_1d(np.asarray(keep, float))
    wrong = [float(one) for one in wanted.ravel() if not 0.0 <= one <= t[-1]]
    if wrong or not wanted.size:
        got = f"got {wrong[0]:g}" if wrong else "got none"
        raise PathError(f"times to keep must lie between 0 and the horizon, {t[-1]:g}; {got}")
    return np.unique(np.abs(t - wanted.reshape(-1, 1)).argmin(axis=1))


def labelled(run: Run, block: Block) -> "xarray.Dataset":
    """Paths with names and units."""
    import xarray

    found = block.values._asdict()
    variables: dict[str, Any] = {
        name: ("path", getattr(block, name), about) for name, about in BY_PATH.items()
    }
    for name, about in VARIABLES.items():
        variables[name] = (("path", "t"), found[name], about)
    coords: dict[str, Any] = {
        "path": ("path", np.arange(block.start, block.start + block.payoff.size)),
        "t": ("t", run.t[run.kept], labels("t")),
    }
    attributes: dict[str, Any] = {
        "case_name": run.solution.case.name,
        "measure": "physical" if run.physical else "risk-neutral",
        "dates": run.t.size - 1,
        "seed": run.seed,
    }
    return xarray.Dataset(variables, coords, attrs=attributes)
