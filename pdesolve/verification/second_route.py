"""Every reported value by a second route (nearby.py), and a price that rises with the evidence."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.integrate import solve_ivp

from pdesolve.case import Announcement
from pdesolve.model.equations import FIELDS
from pdesolve.solver.fields import just_before
from pdesolve.solver.pde.announcements import pieces
from pdesolve.solver.pde.errors import error_scales
from pdesolve.solver.pde.regimes import has_kink
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import BARS, VALUES
from pdesolve.typing import Array
from pdesolve.verification.check import Check, barred
from pdesolve.verification.nearby import Nearby, RouteTuning

GROUP = "second route"


def second_route_checks(solution: Solution, tuning: RouteTuning = RouteTuning()) -> Iterator[Check]:
    """Reported values, fields between nodes and dates, equations, and a price that rises."""
    if has_kink(solution):
        tuning = replace(tuning, xi_nodes=tuning.at_kinks)
    near = Nearby(solution=solution, xi=_start(solution), psi=0.0, tuning=tuning)
    yield from _reported(solution, near)
    yield _between(solution, tuning)
    yield from _integrated(solution, tuning)
    for one in solution.case.market.announcements:
        yield _told(solution, near, one)
    yield from _rising(solution, tuning)


def _start(solution: Solution) -> float:
    """The xi at t = 0."""
    market = solution.case.market
    return -market.risk_aversion * market.initial_supply


def _reported(solution: Solution, near: Nearby) -> Iterator[Check]:
    """The initial values."""
    sizes, bars, known = error_scales(solution), solution.bars, barred(solution)
    values = near.values()
    for name in VALUES:
        if name not in values:
            yield _undecided(name, "no second route is known")
            continue
        if name in BARS and name not in known:
            yield _undecided(name, "it has no error bar")
            continue
        value = values[name]
        gap = abs(getattr(solution.initial, name) - value)
        bar = near.tuning.reading * bars[name] if name in BARS else 0.0
        bound = max(bar, near.tuning.round_off * max(abs(value), sizes[name]))
        yield Check(
            group=GROUP,
            name=f"{name.replace('_', ' ')}: distance from nodal values, written out",
            value=gap,
            bound=bound,
            passed=gap <= bound,
            unit="share of the error bar" if bar else "round-off",
        )


def _undecided(name: str, why: str) -> Check:
    """A reported value that cannot be compared."""
    return Check(
        group=GROUP,
        name=f"{name.replace('_', ' ')}: distance from nodal values, written out",
        value=np.nan,
        bound=np.nan,
        passed=True,
        note=why,
        decided=False,
    )


def _between(solution: Solution, tuning: RouteTuning) -> Check:
    """Fields at states between nodes, at times between dates.

    What polynomials of the splines' own degree change, or a cubic spline, which is no reading's but
    at kinks, is in doubt, and allowed: where nodes are few, as the economy hardly gets there, no
    reading knows better.
    """
    sizes, usual = error_scales(solution), tuning.between * solution.case.numerics.tolerance
    others = list(_others(solution, tuning))
    worst, bound, where = 0.0, usual, ""
    for t, xi, psi in _places(solution, tuning):
        near = Nearby(solution=solution, xi=xi, psi=psi, tuning=tuning)
        values = near.values(t)
        more = [replace(near, tuning=other).values(t) for other in others]
        for name in (name for name in values if hasattr(Solution, name)):  # fields, that is
            state = (xi, psi) if name.startswith("static") else (xi, psi, t)
            read = float(getattr(solution, name)(*state))
            gap = abs(read - values[name]) / sizes[name]
            gap = gap if np.isfinite(gap) else np.inf
            doubt = max(abs(one[name] - values[name]) for one in more) / sizes[name]
            allowed = min(usual + doubt, tuning.doubtful * usual)
            if gap / allowed > worst / bound:
                worst, bound, few = gap, allowed, "; nodes are few there" if gap > usual else ""
                where = f"{name.replace('_', ' ')} at t = {t:.3g}{few}"
    return Check(
        group=GROUP,
        name="fields between nodes and dates: distance from polynomials",
        value=worst,
        bound=bound,
        passed=worst <= bound,
        unit="of the field's scale",
        note=where,
    )


def _others(solution: Solution, tuning: RouteTuning) -> Iterator[RouteTuning]:
    """Other ways between the nodes: as good as any where these are close enough."""
    like = max(4, tuning.xi_nodes - 4)
    yield replace(tuning, xi_nodes=like, psi_nodes=tuning.psi_nodes - 2)
    if solution.space.n_xi > 1 and not has_kink(solution):
        yield replace(tuning, degree=3)


def _places(solution: Solution, tuning: RouteTuning) -> Iterator[tuple[float, float, float]]:
    """States between nodes, and times between dates: t, xi, psi."""
    prior = solution.prior
    for share, part, shift in tuning.places:
        t = share * solution.case.market.horizon
        psi = part * float(np.interp(t, solution.times, solution.psi_limit))
        if solution.space.n_psi == 1 and prior.is_two_point:
            psi = part / prior.variance
        xi = _start(solution) + prior.centre * psi
        xi += shift * (1.0 + solution.space.spread * psi) / prior.sd
        yield t, xi, psi


def _integrated(solution: Solution, tuning: RouteTuning) -> Iterator[Check]:
    """What the equations of section 4 add up to over time, on a path from the initial state on."""
    sizes, bound = error_scales(solution), tuning.equations * solution.case.numerics.tolerance**0.5
    followed = _followed(solution, tuning)
    for i, name in enumerate(FIELDS):
        gap = np.nan if followed is None else abs(float(np.subtract(*followed)[i])) / sizes[name]
        yield Check(
            group=GROUP,
            name=f"{name.replace('_', ' ')}: distance from its equation, added up over time",
            value=gap,
            bound=bound,
            passed=followed is None or gap <= bound,
            unit="of the field's scale",
            note="" if followed else "the path cannot be followed",
            decided=followed is not None,
        )


def _lead(solution: Solution) -> float:
    """A payoff that is likely, money: the part of a mixture next to the mean, or the mean."""
    means, widths = solution.prior.parts()
    mean = float(solution.prior.mean)
    if not np.isfinite(widths).all():
        return mean
    payoffs = solution.prior.centre + means
    return float(payoffs[np.argmin(np.abs(payoffs - mean))])


def _followed(solution: Solution, tuning: RouteTuning) -> tuple[Array, Array] | None:
    """How much p, V and L fall from the initial state to the payoff, and what rates add up to.

    On the path on which psi grows as it does in the states that it passes, and xi with it as
    evidence of a likely payoff does. Announcements are left for `_told` to see. Infinite if it goes
    beyond the psi that are known, which are those that likely paths get to (one line is taken at
    its word); None if it has no end, as where attention goes on and off.
    """
    spent, lead, space = 0, _lead(solution), solution.space

    def near(psi: float) -> Nearby:
        psi = float(np.clip(psi, 0.0, space.psi[-1] if space.n_psi > 1 else np.inf))
        return Nearby(solution=solution, xi=_start(solution) + lead * psi, psi=psi, tuning=tuning)

    def moves(t: float, y: Array) -> Array:
        nonlocal spent
        spent += 1
        if spent > tuning.most:
            return np.zeros_like(y)
        learned, rates = near(y[0]).motion(t, lead)
        return np.append(learned, rates)

    sizes = [error_scales(solution)[name] for name in FIELDS]
    y, least = np.zeros(4), tuning.path * np.append(1.0 / solution.prior.variance, sizes)
    fallen = near(0.0).totals(0.0)[2]
    for times in pieces(solution.times, solution.case.market):
        begin, end = float(times[0]), float(times[-1])
        path = solve_ivp(moves, (begin, end), y, rtol=tuning.path, atol=least)
        known = np.interp(path.t, solution.times, solution.psi_limit)
        if space.n_psi > 1 and np.any(path.y[0] > known):
            return np.full(3, np.inf), np.zeros(3)
        if not path.success or spent > tuning.most:
            return None
        y = path.y[:, -1]
        here = near(y[0])
        if end < solution.times[-1]:
            fallen += here.totals(np.nextafter(end, np.inf))[2] - here.totals(end)[2]
    paid = here.static(np.array([here.xi]), np.array([here.psi]))[0]
    return fallen - paid, y[1:]


def _told(solution: Solution, near: Nearby, one: Announcement) -> Check:
    """Fields just before an announcement as expectations of those after it, p, V and L themselves.

    The trapezoidal rule over the news z ~ N(0, H), around where the log value takes its weight.
    """
    sizes, h = error_scales(solution), one.precision
    price, variance, _ = known = near.totals(just_before(one.time))[2]
    wide = near.tuning.tail * np.sqrt(h + h**2 * max(variance, solution.prior.variance))
    z = np.linspace(-wide, wide, near.tuning.news) + h * price
    after = np.array(
        [replace(near, xi=near.xi + shift, psi=near.psi + h).totals(one.time)[2] for shift in z]
    )
    log_weight = after[:, 2] - 0.5 * z**2 / h
    weight = np.exp(log_weight - log_weight.max())
    log_value = log_weight.max() + np.log(weight.sum() * (z[1] - z[0]) / np.sqrt(2 * np.pi * h))
    weight /= weight.sum()
    mean = weight @ after[:, 0]
    said = [mean, weight @ (after[:, 1] + (after[:, 0] - mean) ** 2), log_value]
    gaps = {
        name: abs(float(a - b)) / sizes[name]
        for name, a, b in zip(FIELDS, said, known, strict=True)
    }
    worst = max(gaps, key=lambda name: gaps[name])
    bound = near.tuning.between * solution.case.numerics.tolerance
    return Check(
        group=GROUP,
        name=f"announcement at t = {one.time:.3g}: distance from what is expected of the news",
        value=gaps[worst],
        bound=bound,
        passed=gaps[worst] <= bound,
        unit="of the field's scale",
        note=worst.replace("_", " "),
    )


def _rising(solution: Solution, tuning: RouteTuning) -> Iterator[Check]:
    """p_xi > 0: evidence for a higher payoff raises the price, at every date and node."""
    space, static = solution.space, solution.static_nodes
    if space.n_xi == 1:  # p_xi is V^s
        return
    felt = static.variance > tuning.felt * solution.prior.variance
    felt &= (space.psi <= space.psi_known)[:, None] if space.n_psi > 1 else True
    both = felt[:, 1:] & felt[:, :-1]
    alone = np.diff(static.mean, axis=1)[both]
    rise = np.diff(static.mean + solution.states[..., 0], axis=2)[:, both]
    worst = float(np.max(-rise / alone))
    yield Check(
        group=GROUP,
        name="p_xi > 0: largest fall of the price from node to node, at all dates",
        value=worst,
        bound=0.0,
        passed=worst < 0.0,
        unit="rise of the static price",
    )
