"""What has to be said of a calibration, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pdesolve.studies.calibration.estimates import Estimates
from pdesolve.studies.calibration.search import Found
from pdesolve.typing import Array

FAR, NEAR = 3.0, 0.1  # sd from which on a target is named; where it should be met
HEAVY = 0.1  # of a target's standard error, that the solver's error may be
WEAK = 0.25  # standard error of a logarithm, or of a parameter in its size, that is large


def verdict(found: Estimates, ended: int) -> str:
    """How it ended, in a few words."""
    test, starts = found.j_test, len(found.starts)
    many = f", {ended} of {starts} starts came to an end" if starts > 1 else ""
    fit = f"chi-squared {test.statistic:.3g}"
    if test.degrees_of_freedom > 0:
        fit += f" with {test.degrees_of_freedom} degrees of freedom (p = {test.p_value:.2g})"
    how, so = ("converged", "but") if found.converged else ("not converged", "and")
    return f"{how}{'' if found.identified else f', {so} not identified'}: {fit}{many}"


def notes_on(found: Estimates, short: float, last: Found) -> tuple[str, ...]:
    """Everything else, most important first."""
    return (
        *_unconverged(found, short, last),
        *_unidentified(found),
        *found.problem.targets.warnings,
        *_far(found),
        *_bounds(found),
        *_weak(found),
        *_numerical(found),
    )


def _unconverged(found: Estimates, short: float, last: Found) -> Iterator[str]:
    if not last.settled and not found.converged:
        yield "the search ran out of trials"
    if short:
        said = f"the search ended {short:.2g} standard errors short of the least misfit"
        yield f"{said}, where cases beyond are not solved: {last.refused}" if last.refused else said
    if not found.solution.converged:
        yield f"the solve at the answer missed its accuracy: {found.solution.message}"


def _unidentified(found: Estimates) -> Iterator[str]:
    inside = np.flatnonzero(~found.at_bound).tolist()
    for move in found.inference.unidentified:
        yield _no_target_notices(found, inside, move)
    labels = found.problem.targets.labels
    still = [one for one, is_so in zip(labels, found.inference.unmoved, strict=True) if is_so]
    if still and len(still) < len(labels):
        yield f"no free parameter moves {', '.join(still)}"


def _no_target_notices(found: Estimates, inside: Sequence[int], move: Array) -> str:
    """A combination of parameters in words: one of them up by 1%, the others with it."""
    places = np.flatnonzero(move)
    if places.size == 1:
        return f"no target depends on {found.keys[inside[places[0]]]}"
    move = move * np.sign(move[places[0]])
    parts = []
    for place in places.tolist():
        one = found.problem.free[inside[place]]
        by = abs(float(move[place]))
        size = f"{by:.3g}%" if one.logs else f"{0.01 * by * one.size:.3g}"
        parts.append(f"{one.key} {'rises' if move[place] > 0 else 'falls'} by {size}")
    also = " and ".join([", ".join(parts[1:-1]), parts[-1]]) if len(parts) > 2 else parts[-1]
    return f"no target notices if {parts[0]} while {also}"


def _far(found: Estimates) -> Iterator[str]:
    """Targets that are not met though there are parameters enough, or that are far off."""
    reach = FAR if found.reached else NEAR
    gaps = dict(zip(found.problem.targets.labels, found.residuals.tolist(), strict=True))
    far = {name: gap for name, gap in gaps.items() if abs(gap) > reach}
    if far:
        said = [f"{name} by {gap:+.3g} sd" for name, gap in far.items()]
        within = (
            ""
            if found.reached
            else ", and no parameters within their bounds were found that meet them"
        )
        yield f"targets that are not met: {', '.join(said)}{within}"


def _bounds(found: Estimates) -> Iterator[str]:
    for place in np.flatnonzero(found.at_bound).tolist():
        key, value = found.keys[place], found.values[place]
        rest = "" if found.at_bound.all() else ", and what is said of the others is given it"
        yield f"{key} is at its bound, {value:.6g}: its standard error is not known{rest}"


def _weak(found: Estimates) -> Iterator[str]:
    sd = np.sqrt(np.diag(found.cov_z))
    for one, error in zip(found.problem.free, sd.tolist(), strict=True):
        if error > WEAK:
            much = f"{100 * error:.0f}% of {'it' if one.logs else f'{one.size:.3g}'}"
            yield (
                f"{one.key} is weakly identified, with a standard error of {much}: look at its"
                " profile, not at the interval"
            )


def _numerical(found: Estimates) -> Iterator[str]:
    share = found.observed.error / found.problem.targets.sd
    for name, much in zip(found.problem.targets.labels, share.tolist(), strict=True):
        if not much <= HEAVY:
            said = "is not known" if np.isnan(much) else f"is {much:.2g} times its sd"
            yield f"the solver's error of {name} {said}: lower the tolerance"
