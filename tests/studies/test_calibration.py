"""What a calibration says: of bounds, of what is not identified, of targets out of reach."""

import io
import json
import math
import re
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray
from scipy.stats import chi2, norm

import pdesolve
from pdesolve.case import Case, CaseError, load_case
from pdesolve.solver import normal
from pdesolve.solver.pde.solver import SolveError
from pdesolve.studies.calibration import fit, search, starts
from pdesolve.studies.calibration.results import Calibration
from pdesolve.studies.calibration.summary import as_csv, as_json, as_latex, table
from pdesolve.studies.store import StoreError
from tests.tools.program import SOLVER, Capture, forbid
from tests.tools.sweeps import COST, RHO

SIGMA, MEAN, SUPPLY = "market.supply_volatility", "payoff.mean", "market.initial_supply"
LOOSE = 1e-4
MARKET = load_case("market", {"numerics.tolerance": LOOSE})
# with noise: price 1, variance 0.0419, attention 0.3
ROUGH = load_case("market", {"numerics.tolerance": 1e-3})
THREE = {"price": (1.003, 0.002), "variance": (0.0417, 2e-4), "attention": (0.302, 3e-3)}


def market_values(values: Mapping[str, float], names: tuple[str, ...]) -> np.ndarray[Any, Any]:
    """What a market with a normal payoff reports, from its closed form."""
    state = normal.normal_initial(load_case("market", dict(values)))
    return np.array([getattr(state, name) for name in names])


@pytest.fixture(scope="module")
def three() -> Calibration:
    return pdesolve.calibrate(MARKET, {RHO: {"start": 1.0}, SIGMA: None, COST: None}, THREE)


@pytest.fixture(scope="module")
def over() -> Calibration:
    """More targets than parameters."""
    return pdesolve.calibrate(MARKET, (RHO, COST), THREE, tol=1e-6)


# ---------------------------------------------------------------------- what is found


def test_the_targets_are_met_by_the_closed_form(three: Calibration) -> None:
    assert three.converged and three.identified and three.reached, three.message
    names = tuple(THREE)
    found = market_values(three.parameters, names)
    assert found == pytest.approx([THREE[name][0] for name in names], rel=1e-5)
    assert three.j_test.degrees_of_freedom == 0 and math.isnan(three.j_test.p_value)


def closed_jacobian(found: Calibration) -> np.ndarray[Any, Any]:
    names, columns = found.problem.targets.names, []
    for key, value in found.parameters.items():
        h = 1e-4 * value
        ends = [market_values({**found.parameters, key: value + k * h}, names) for k in (-1, 1)]
        columns.append((ends[1] - ends[0]) / (2 * h))
    return np.stack(columns, axis=-1)


def test_standard_errors_are_those_of_the_closed_form(three: Calibration) -> None:
    slopes = closed_jacobian(three)
    assert three.jacobian == pytest.approx(slopes, rel=2e-3, abs=1e-6)
    sd = np.array([sd for _, sd in THREE.values()])
    answer = np.linalg.inv(slopes)
    cov = answer @ np.diag(sd**2) @ answer.T
    np.testing.assert_allclose(three.cov(), cov, rtol=1e-2)
    np.testing.assert_allclose(three.se(), np.sqrt(np.diag(cov)), rtol=5e-3)
    np.testing.assert_allclose(
        three.sensitivity(), answer, rtol=1e-2, atol=1e-4 * abs(answer).max()
    )
    shares = three.sensitivity("share")
    np.testing.assert_allclose(shares, (answer * sd) ** 2 / np.diag(cov)[:, None], atol=5e-3)
    np.testing.assert_allclose(shares.sum("target"), 1.0)


def test_intervals_are_even_in_logarithms_and_tests_agree_with_them(three: Calibration) -> None:
    ci, value = three.ci(0.9), three.parameters[RHO]
    low, high = ci["low"][RHO], ci["high"][RHO]
    assert low * high == pytest.approx(value**2)
    reach = norm.ppf(0.95) * three.se()[RHO] / value
    assert math.log(high / value) == pytest.approx(reach)
    assert three.p_values(low)[RHO] == pytest.approx(0.1)
    assert three.p_values({RHO: high})[RHO] == pytest.approx(0.1)
    assert np.isnan(three.p_values({RHO: high})[COST])
    assert three.p_values()[RHO] == pytest.approx(2 * norm.sf(value / three.se()[RHO]))
    with pytest.raises(ValueError, match="level must be > 0 and < 1, got 2"):
        three.ci(2)


def test_the_least_misfit_of_more_targets_is_that_of_the_closed_form(over: Calibration) -> None:
    """By another search: normal equations with slopes of the closed form, damped by nothing."""
    names = tuple(THREE)
    value, sd = np.array(list(THREE.values())).T
    at = np.array([1.4, 0.7])
    for _ in range(6):
        here = market_values({RHO: at[0], COST: at[1]}, names)
        ends = [market_values({RHO: r, COST: c}, names) for r, c in at + 1e-5 * np.eye(2)]
        slopes = (np.stack(ends, axis=-1) - here[:, None]) / 1e-5
        at = at - np.linalg.lstsq(slopes / sd[:, None], (here - value) / sd)[0]
    least = float(np.sum(((market_values({RHO: at[0], COST: at[1]}, names) - value) / sd) ** 2))
    assert over.converged, over.message
    assert over.chi_squared == pytest.approx(least, rel=1e-3)
    np.testing.assert_allclose(over.values, at, atol=0.01 * np.min(over.se()))
    test = over.j_test
    assert test.degrees_of_freedom == 1
    assert test.p_value == pytest.approx(chi2.sf(least, 1), rel=1e-2)


def test_correlated_noise_weighs_as_its_inverse() -> None:
    """Two readings of one value that share their noise: their mean, and no better than one."""
    covariance = [[1e-6, 1e-6 - 1e-9], [1e-6 - 1e-9, 1e-6]]
    targets = {"price": 1.0, "premium": 0.058}  # premium = 1.056 - price: a price of 0.998
    found = pdesolve.calibrate(MARKET, [SUPPLY], targets, covariance=covariance)
    # d(price, premium) = (-s, s): the difference of both matters, 5e-10 + ... of variance
    weights = np.linalg.inv(np.array(covariance))
    slope = np.array([-1.0, 1.0]) * 1.4 * 0.04
    precision = slope @ weights @ slope
    assert found.se()[SUPPLY] == pytest.approx(precision**-0.5, rel=1e-3)
    expected = -slope @ weights @ (np.array([1.056, 0.0]) - np.array([1.0, 0.058])) / precision
    assert found.parameters[SUPPLY] == pytest.approx(expected, rel=1e-3)


def test_the_solvers_error_is_carried_into_the_estimates(three: Calibration) -> None:
    rough = pdesolve.calibrate(load_case("binary"), [RHO], {"price": (0.33, 1e-7)}, tol=1e-3)
    bar, slope = rough.solution.bars["price"], rough.jacobian[0, 0]
    assert bar > 1e-6
    assert rough.numerical_error[RHO] == pytest.approx(abs(bar / slope))
    assert rough.se()[RHO] == pytest.approx(np.hypot(bar, 1e-7) / abs(slope))
    assert "the solver's error of price is" in rough.message
    assert (three.numerical_error < 0.05 * three.se()).all()


# ---------------------------------------------------------------------- what is not


def test_three_parameters_of_one_target_are_not_identified() -> None:
    found = pdesolve.calibrate(
        "binary", (RHO, SIGMA, COST), {"price": (0.337, 0.002)}, tol=LOOSE, force=True
    )
    assert found.inference.rank == 1 and not found.identified
    assert found.inference.condition == math.inf and found.se().isna().all()
    notes = [note for note in found.notes if note.startswith("no target notices if")]
    assert len(notes) == 2
    assert all(any(key in note for note in notes) for key in (RHO, SIGMA, COST))
    for move in found.inference.unidentified:  # and it is so
        one = pdesolve.solve(found.problem.at((found.z + 0.01 * move).tolist()), tol=1e-6)
        assert one.initial.price == pytest.approx(0.337, abs=3e-6)


def test_a_combination_that_cannot_be_told_apart_is_named() -> None:
    """Precision k a at a cost c a² / 2: only c/k² matters for prices."""
    key = "attention.efficiency"
    found = pdesolve.calibrate(
        ROUGH, (COST, key), {"variance": (0.0417, 2e-4), "precision_rate": (3.0, 0.03)}
    )
    assert not found.identified and found.inference.rank == 1
    said = f"no target notices if {COST} rises by 1% while {key} rises by 0.5%"
    assert said in found.notes
    assert pdesolve.calibrate(
        ROUGH, (COST, key), {"precision_rate": (3.0, 0.03), "attention": (0.302, 3e-3)}
    ).identified


def test_what_no_target_depends_on_is_said_and_the_rest_is_known() -> None:
    """A normal price is the mean less rho n0 sd², whatever the attention."""
    found = pdesolve.calibrate(MARKET, (RHO, COST), {"price": (1.003, 0.002)}, force=True)
    assert f"no target depends on {COST}" in found.notes
    assert found.parameters[RHO] == pytest.approx((1.056 - 1.003) / 0.04, rel=1e-6)
    assert found.se()[RHO] == pytest.approx(0.002 / 0.04, rel=1e-3)
    assert math.isnan(found.se()[COST])


def test_a_target_that_no_parameter_moves_is_said() -> None:
    targets = {"expected_payoff": (1.1, 0.1), **THREE}
    found = pdesolve.calibrate(MARKET, (RHO, COST), targets)
    assert "no free parameter moves expected_payoff" in found.notes
    assert found.residuals[0] == pytest.approx(-0.44)


def test_a_target_out_of_reach_is_said() -> None:
    """Supply is positive, so the price is below the mean, 1.056."""
    found = pdesolve.calibrate(
        ROUGH,
        {RHO: {"low": 0.1}, COST: {"low": 0.05}},
        {"price": (1.2, 0.01), "attention": (0.3, 0.01)},
    )
    assert not found.reached
    assert any(note.startswith("targets that are not met: price by -") for note in found.notes)
    assert "no parameters within their bounds were found that meet them" in found.message
    assert found.parameters[RHO] == 0.1


def test_numbers_may_be_of_any_real_type() -> None:
    sd = np.float32(0.01)
    found = pdesolve.calibrate(ROUGH, {RHO: {"low": Fraction(1, 2)}}, {"price": (np.int64(1), sd)})
    assert found.parameters[RHO] == pytest.approx(1.4) and found.problem.free[0].low == 0.5


def test_bounds_may_hold_every_parameter() -> None:
    """A price above the expected payoff, 1.056, asks for no risk aversion at all."""
    found = pdesolve.calibrate(ROUGH, {RHO: {"low": 0.5}}, {"price": (20.0, 0.02)})
    assert found.converged and found.at_bound.all() and not found.reached
    assert found.parameters[RHO] == pytest.approx(0.5) and found.j_test.degrees_of_freedom == 1
    assert found.residuals[0] == pytest.approx((1.056 - 0.5 * 0.04 - 20.0) / 0.02)
    assert "price by -948 sd" in found.message and f"{RHO} is at its bound, 0.5" in found.message
    said = json.loads(as_json(found))
    assert said["parameters"][RHO]["standard_error"] is None and said["rank"] == 0
    assert "rank 0 of 0" in table(found)


def test_a_bound_that_binds_is_said_and_held() -> None:
    held = pdesolve.calibrate(ROUGH, {RHO: {"high": 1.2, "start": 1.0}, COST: None}, THREE)
    assert held.converged, held.message
    assert held.at_bound.tolist() == [True, False] and held.parameters[RHO] == 1.2
    assert f"{RHO} is at its bound, 1.2" in held.message
    assert math.isnan(held.se()[RHO]) and held.se()[COST] > 0.0
    given = load_case("market", {RHO: 1.2, "numerics.tolerance": 1e-3})
    alone = pdesolve.calibrate(given, [COST], THREE)
    assert held.parameters[COST] == pytest.approx(alone.parameters[COST], rel=1e-4)
    assert held.se()[COST] == pytest.approx(alone.se()[COST], rel=1e-3)


def test_a_parameter_that_hardly_matters_is_said() -> None:
    found = pdesolve.calibrate(MARKET, [COST], {"variance": (0.0418, 0.01)})
    assert any(f"{COST} is weakly identified" in note for note in found.notes)


# ---------------------------------------------------------------------- on the way


def test_cases_that_cannot_be_solved_are_stepped_back_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solve, refused = SOLVER.solve, list[float]()

    def picky(case: Case, **options: Any) -> Any:
        if case.market.risk_aversion > 1.36:
            refused.append(case.market.risk_aversion)
            raise SolveError("too averse")
        return solve(case, **options)

    monkeypatch.setattr(SOLVER, "solve", picky)
    target = {"price": (1.056 - 1.355 * 0.04, 0.002), "attention": (0.302, 3e-3)}
    free = {RHO: {"start": 0.3}, COST: {"start": 1.5}}
    found = pdesolve.calibrate(ROUGH, free, target)
    assert found.converged, found.message
    assert found.parameters[RHO] == pytest.approx(1.355, rel=1e-4)
    beyond = pdesolve.calibrate(ROUGH, free, {**target, "price": (0.99, 0.002)})
    assert refused and not beyond.converged
    assert "where cases beyond are not solved: too averse" in beyond.message
    with pytest.raises(fit.CalibrationError, match="no start can be solved: too averse"):
        pdesolve.calibrate(ROUGH, {RHO: {"start": 1.5}}, target)


def test_few_solves_and_most_of_them_loose(monkeypatch: pytest.MonkeyPatch) -> None:
    solve, asked = SOLVER.solve, list[float]()

    def counted(case: Case, *, tol: float) -> Any:
        asked.append(tol)
        return solve(case, tol=tol)

    monkeypatch.setattr(SOLVER, "solve", counted)
    free = {RHO: {"start": 1.9}, SIGMA: {"start": 0.9}, COST: {"start": 0.06}}
    targets = {"price": (0.337, 0.003), "attention": (0.93, 0.01), "price_volatility": (0.37, 0.01)}
    found = pdesolve.calibrate("binary", free, targets)
    assert found.converged, found.message
    assert found.solves == len(asked) <= 16
    assert asked == sorted(asked, reverse=True) and asked.count(1e-5) <= 4


def test_several_starts_are_kept_and_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, free = tmp_path / "starts", {RHO: {"low": 0.7, "high": 2.8}, COST: None}
    first = pdesolve.calibrate(ROUGH, free, THREE, starts=2, store=store)
    places = [one["at"] for one in first.starts]
    assert places[0] == [1.4, 0.7] and len({tuple(place) for place in places}) == 2
    assert all(0.7 <= rho <= 2.8 and 0.35 <= cost <= 1.4 for rho, cost in places)
    assert "2 of 2 starts came to an end" in first.message
    content = store.read_bytes()
    monkeypatch.setattr(starts, "search_start", forbid)
    again = pdesolve.calibrate(ROUGH, free, THREE, starts=2, store=store)
    assert again.parameters == first.parameters and store.read_bytes() == content
    with pytest.raises(StoreError, match="holds another calibration: price was"):
        targets = {**THREE, "price": (1.0, 0.002)}
        pdesolve.calibrate(ROUGH, free, targets, starts=2, store=store)


@pytest.mark.slow
def test_starts_in_processes_end_the_same() -> None:
    options: Any = {"starts": 2, "tol": 1e-3}
    here = pdesolve.calibrate(MARKET, (RHO, COST), THREE, processes=1, **options)
    there = pdesolve.calibrate(MARKET, (RHO, COST), THREE, processes=2, **options)
    assert there.parameters == here.parameters


def test_tolerances_tighten_to_the_cases_own() -> None:
    loose, middle, last = search.tolerances(load_case("binary"))
    assert (loose, last) == (1e-2, 1e-5) and middle == pytest.approx((loose * last) ** 0.5)
    assert search.tolerances(load_case("binary", {"numerics.tolerance": 0.05})) == (0.05,)


class Terminal(io.StringIO):
    """Standard error of somebody who watches."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_the_misfit_and_a_pipe_nothing(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: Any = {"tol": 1e-2, "progress": True}
    pdesolve.calibrate(MARKET, [RHO], {"price": (1.0, 0.004)}, **options)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys, "stderr", watched := Terminal())
    pdesolve.calibrate(MARKET, [RHO], {"price": (1.0, 0.004)}, **options)
    assert re.search(r"\rmarket: \d+solve .*misfit [\d.e+-]+, least", watched.getvalue())


# ---------------------------------------------------------------------- profiles


def test_a_profile_has_its_least_value_at_the_estimate(over: Calibration) -> None:
    value, se = over.parameters[RHO], over.se()[RHO]
    data = over.profile(RHO, [value + k * se for k in (-2.2, -1, 0, 1, 2.2)])
    assert data["chi_squared"].dims == (RHO,)
    rise = data["chi_squared"].to_numpy() - over.chi_squared
    assert rise[2] == pytest.approx(0.0, abs=1e-4) and (np.delete(rise, 2) > 0.1).all()
    low, high = data.attrs["low"], data.attrs["high"]
    ci = over.ci()
    assert (low, high) == pytest.approx((ci["low"][RHO], ci["high"][RHO]), rel=0.02)
    at = pdesolve.calibrate(
        load_case("market", {RHO: low, "numerics.tolerance": LOOSE}), [COST], THREE
    )
    assert at.chi_squared - over.chi_squared == pytest.approx(chi2.ppf(0.95, 1), rel=1e-2)


def test_a_profile_of_the_only_parameter_is_the_misfit_itself() -> None:
    found = pdesolve.calibrate(MARKET, [RHO], {"price": (1.0, 0.004)}, tol=1e-3)
    data = found.profile(RHO, [1.3, 1.4, 1.5])
    expected = (np.array([-0.1, 0.0, 0.1]) * 0.04 / 0.004) ** 2
    np.testing.assert_allclose(data["chi_squared"], expected, atol=1e-6)
    assert math.isnan(data.attrs["low"])
    with pytest.raises(CaseError, match=f"key must be one of the free ones, {RHO}, got '{COST}'"):
        found.profile(COST)


# ---------------------------------------------------------------------- as text and files


def test_a_calibration_is_a_table_of_what_matters(three: Calibration) -> None:
    text = repr(three)
    assert text == table(three)
    for part in (*three.keys, *THREE, "3 parameters from 3 targets", "rank 3 of 3", "converged:"):
        assert part in text
    assert max(map(len, text.splitlines())) < 120


def test_summary_has_every_estimate(three: Calibration) -> None:
    found = three.summary()
    assert list(found.index) == list(three.keys)
    columns = ["value", "standard_error", "p_value", "low", "high", "at_bound"]
    assert list(found.columns) == columns
    assert found["value"][RHO] == three.parameters[RHO]


def test_a_saved_calibration_reads_back(three: Calibration, tmp_path: Path) -> None:
    path = tmp_path / "found.nc"
    three.save(path)
    with xarray.open_dataset(path) as data:
        assert data.sizes == {"parameter": 3, "other": 3, "target": 3, "other_target": 3}
        assert data["value"].sel(parameter=RHO).item() == three.parameters[RHO]
        np.testing.assert_array_equal(data["covariance"], three.cov())
        assert data["unit"].sel(parameter=RHO).item() == "1/money"
        assert data.attrs["rank"] == 3 and data.attrs["converged"] == 1


def test_json_has_what_is_known_and_null_for_the_rest(three: Calibration) -> None:
    said = json.loads(as_json(three))
    parameter = said["parameters"][RHO]
    assert parameter["value"] == three.parameters[RHO]
    assert parameter["start"] == 1.0 and parameter["low"] == 0.0 and parameter["high"] is None
    target = said["targets"]["price"]
    assert (target["target"], target["sd"]) == THREE["price"]
    assert said["p_value"] is None and said["rank"] == 3
    assert set(said) >= {
        *("converged", "message", "rank", "condition_number", "chi_squared"),
        *("degrees_of_freedom", "solves", "seconds"),
    }


def test_csv_and_latex_have_a_row_for_each_parameter(three: Calibration) -> None:
    rows = as_csv(three).splitlines()
    assert len(rows) == 4 and rows[0].startswith("parameter,value,standard_error")
    assert float(rows[1].split(",")[1]) == three.parameters[RHO]
    latex = as_latex(three)
    assert r"market.risk\_aversion &" in latex and latex.count(r"\bottomrule") == 2
