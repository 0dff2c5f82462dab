"""Paths of a solved market, block by block (derivation.md, section 14).

Under the physical measure the payoff is drawn first; under the risk-neutral one last, from the
tilted prior at T. What happens from one date to the next is in :mod:`.path_steps`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.case import Market
from pdesolve.finance.beliefs import PublicBelief
from pdesolve.finance.path_steps import (
    Path,
    PathValues,
    Seen,
    earned,
    informed,
    kernel,
    traded,
    values_at,
)
from pdesolve.finance.readings import AtDate, respond
from pdesolve.finance.schedule import Stretch, dates_of, halved
from pdesolve.solver.brief import Brief
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

FIELDS = ("price", "variance", "log_value_slope")  # the last under the risk-neutral measure only


@dataclass(frozen=True, kw_only=True, repr=False)
class PathTuning(Brief):
    """How paths are simulated.

    Attributes
    ----------
    stream : int
        Paths with a stream of random numbers of their own; a block consists of some of these.
    memory : int
        Bytes that a block of paths takes, about; fields that are kept take no more.
    """

    stream: int = 256
    memory: int = 2**27

    def block(self, shocks: int, kept: int) -> int:
        """Paths of a block: by what is kept, and the shocks, twice while they are put in order."""
        each = 8 * (2 * len(PathValues._fields) * kept + 2 * shocks + 64)
        return self.stream * max(1, self.memory // (each * self.stream))


class Block(NamedTuple):
    """Some of the paths: number of the first, payoffs, kernels, values of shape (paths, kept)."""

    start: int
    payoff: Array
    pricing_kernel: Array
    values: PathValues


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """What is simulated.

    Attributes
    ----------
    solution : Solution
    paths : int
    fine : list of Stretch
        Trading dates, from 0 to the horizon.
    physical : bool
        Or risk-neutral.
    seed : int
    coarse : bool
        Whether every second date is left out.
    kept : array
        Whole numbers of the dates that are kept, among `t`.
    size : int
        Paths of a block.
    tuning : PathTuning
    """

    solution: Solution
    paths: int
    fine: list[Stretch]
    physical: bool
    seed: int
    coarse: bool
    kept: NDArray[np.int_]
    size: int
    tuning: PathTuning

    @cached_property
    def cut(self) -> list[Stretch]:
        """Dates that are traded at."""
        return halved(self.fine) if self.coarse else self.fine

    @cached_property
    def t(self) -> Array:
        """All of them."""
        return dates_of(self.cut)

    @cached_property
    def _steps(self) -> list[tuple[float, float]]:
        """Lengths of the steps; one across an announcement has none, but the news's precision."""
        found = []
        for one in self.cut:
            found += [(dt, 0.0) for dt in np.diff(one.times).tolist()]
            found += [(0.0, one.precision)] if one.precision else []
        return found

    def blocks(self, progress: bool) -> Iterator[Block]:
        """One block after another; what they hold together does not depend on their size."""
        from tqdm import tqdm

        off = None if progress else True  # None: where standard error is not a terminal
        total, name = self.paths * len(self._steps), self.solution.case.name
        with tqdm(total=total, desc=name, unit="step", unit_scale=True, disable=off) as bar:
            for start in range(0, self.paths, self.size):
                yield self._block(start, min(start + self.size, self.paths), bar)

    # ------------------------------------------------------------------ chance

    @cached_property
    def _shares(self) -> Array:
        """Uniform shares that become payoffs: one in each of as many equal parts as paths."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0,)))
        shares = (rng.permutation(self.paths) + rng.random(self.paths)) / self.paths
        return np.asarray(np.minimum(shares, 1.0 - 2.0**-53))

    def _chance(self, start: int, stop: int) -> tuple[Array, Array]:
        """Moves of the Brownian motions, (steps, 2 or 3, paths), and uniforms for every news.

        The motions are the public one, that of an investor's own signals, and that of a flow of
        public news, if there is one.
        """
        lengths = np.concatenate([np.diff(one.times) for one in self.fine])
        news, each = len(self.fine) - 1, self.tuning.stream
        count = motions(self.solution.case.market)
        shocks = np.empty((lengths.size, count, stop - start))
        draws = np.empty((news, 2, stop - start))
        for low in range(start, stop, each):
            stream = np.random.SeedSequence(self.seed, spawn_key=(1, low // each))
            rng, part = np.random.default_rng(stream), slice(low - start, low - start + each)
            size = shocks[..., part].shape[-1]
            shocks[..., part] = rng.standard_normal((lengths.size, count, each))[..., :size]
            draws[..., part] = rng.random((news, 2, each))[..., :size]
        shocks *= np.sqrt(lengths)[:, None, None]
        shocks = shocks[::2] + shocks[1::2] if self.coarse else shocks
        return shocks, np.maximum(draws, 2.0**-54)

    # ------------------------------------------------------------------ fields

    @cached_property
    def _public(self) -> PublicBelief:
        return PublicBelief(self.solution)

    @cached_property
    def _fields(self) -> Any:
        """Fields at the date of a number, kept as long as there is room."""
        size = 16 * len(FIELDS) * self.solution.space.xi.size  # values and splines through them

        @lru_cache(maxsize=self.tuning.memory // size)
        def at(k: int) -> AtDate:
            return AtDate(self.solution, float(self.t[k]))

        return at

    def _see(self, k: int, now: Path) -> Seen:
        names = FIELDS[:2] if self.physical else FIELDS
        price, variance, *slope = self._fields(k).at(now.xi, now.psi, *names)
        found, _ = respond(self.solution, variance)
        return Seen(
            price,
            variance,
            slope[0] if slope else None,
            found.attention,
            found.precision_rate,
            found.cost,
            *self._public.at(now.evidence, now.precision),
        )

    # ------------------------------------------------------------------ paths

    def _block(self, start: int, stop: int, bar: Any) -> Block:
        """Paths from one to another."""
        solution, rho = self.solution, self.solution.economy.risk_aversion
        prior, shares, none = solution.prior, self._shares[start:stop], np.zeros(stop - start)
        shocks, draws = map(iter, self._chance(start, stop))
        x = prior.quantile(shares) if self.physical else None
        now = Path(none + solution.economy.start, *[none] * 8)
        seen, kept = self._see(0, now), set(self.kept.tolist())
        taken = [(now, seen)] if 0 in kept else []
        for k, (dt, precision) in enumerate(self._steps, start=1):
            if precision:
                later = informed(solution, self._fields(k), now, x, precision, next(draws))
            else:
                later = traded(solution, now, seen, x, dt, next(shocks))
            after = self._see(k, later)
            now, seen = earned(rho, now, seen, later, after, dt), after
            if k in kept:
                taken.append((now, seen))
            bar.update(stop - start)
        if x is None:
            x = prior.tilted_draw(shares, now.xi - prior.centre * now.psi, now.psi)
        dates = [values_at(rho, x, *one) for one in taken]
        values = (np.stack(one, axis=1) for one in zip(*dates, strict=True))
        return Block(start, x, kernel(solution, x, now, seen), PathValues(*values))


def motions(market: Market) -> int:
    """Brownian motions that a path follows."""
    return 3 if market.public_precision else 2
