"""Reported values by name, and SVIX."""

import json
import math
from typing import Any

import numpy as np
import pytest

import pdesolve
from pdesolve.finance import by_name
from pdesolve.finance.by_name import LATER, QuantityError, about, reported
from pdesolve.solver.normal import normal_path
from pdesolve.solver.solution import Solution
from pdesolve.solver.summary import as_json
from pdesolve.solver.values import VALUES, svix, svix_bar
from tests.tools.program import forbid
from tests.tools.solutions import discrete, solved


def test_rows_are_those_of_expectations_just_before_the_payoff(binary: Solution) -> None:
    found = reported(binary, [*LATER, "price@0.5", "variance@T", "premium@0"])
    data = binary.expectations(dates=[0.0, 0.5, 1.0])
    assert {"informativeness", "r_squared", "price_variance", "premium_earned"} <= set(LATER)
    for name in LATER:
        value, error = found[name]
        assert value == pytest.approx(float(data[name][-1]), rel=1e-9), name
        assert error == pytest.approx(float(data[f"{name}_error"][-1]), rel=1e-2), name
        assert about(name).unit == data[name].attrs["units"]
    half, last = data.sel(t=0.5), data.isel(t=-1)
    assert found["price@0.5"].value == pytest.approx(float(half.price), rel=1e-9)
    assert found["variance@T"].value == pytest.approx(float(last.variance), rel=1e-9)
    assert found["premium@0"].value == pytest.approx(binary.initial.premium, rel=1e-9)


def test_initial_values_take_no_march(binary: Solution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_name, "expectations", forbid)
    found = binary.reported(*VALUES)
    for name in VALUES:
        assert found[name] == (getattr(binary.initial, name), binary.bars.get(name, 0.0))


@pytest.mark.parametrize("maturity", [0.5, 1.0])
def test_svix_is_that_of_the_options(binary: Solution, maturity: float) -> None:
    name = f"svix@{maturity}"
    options = binary.option_prices([0.3], maturity)
    assert reported(binary, [name])[name] == (float(options.svix), float(options.svix_error))
    if maturity == 1.0:
        assert (float(options.svix), float(options.svix_error)) == (
            binary.initial.svix,
            binary.bars["svix"],
        )


@pytest.mark.slow
def test_a_normal_payoff_has_them_in_closed_form() -> None:
    """There V, psi and the variance of the price are known functions of time."""
    solution = solved("normal", tol=1e-6)
    case, start = solution.case, solution.initial
    path, tau = normal_path(case, [0.5, 1.0]), 1.0 / solution.prior.variance
    load = case.market.risk_aversion * case.market.initial_supply
    exact = {
        "svix": start.variance**0.5 / start.price,
        "svix@0.5": (start.variance - path.variance[0]) ** 0.5 / start.price,
        "premium_earned": load / tau - load / (tau + path.psi[1]),
        "premium@0.5": load / (tau + path.psi[0]),
    }
    for name, (value, error) in reported(solution, exact).items():
        assert abs(value - exact[name]) <= error, name
        assert error <= 2e-4 * abs(exact[name]), name


def test_what_the_price_tells_adds_up(three_states: Solution) -> None:
    """Cov(x, p) is E (x - p)² the other way round."""
    prior = three_states.prior
    found = three_states.reported(
        "informativeness", "r_squared", "price_variance", "squared_error", "price@T"
    )
    told, share, spread, off, price = (float(one.value) for one in found.values())
    assert share == pytest.approx(told**2 / prior.variance, rel=1e-9)
    covariance = told * spread**0.5
    apart = prior.variance + spread - 2.0 * covariance + (prior.mean - price) ** 2
    assert off == pytest.approx(apart, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("informativness", "no reported value is named 'informativness'; nearest: informativeness"),
        ("varianc@0.5", "no reported value is named 'varianc@0.5'; nearest: variance@0.5"),
        ("static_price@0.5", "no reported value is named 'static_price@0.5'; nearest: "),
        ("", "no reported value is named ''; nearest: none"),
        (3, "no reported value is named 3; nearest: none"),
        ("price@noon", "what follows @ must be a date or T, got 'price@noon'"),
        ("price@ 0.5", "what follows @ must be a date or T, got 'price@ 0.5'"),
        ("price@1.5", "the date of 'price@1.5' must be from 0 and up to the horizon, 1$"),
        ("price@nan", "the date of 'price@nan' must be from 0"),
        ("svix@0", "the date of 'svix@0' must be after 0"),
    ],
)
def test_what_is_not_reported_is_said(
    name: Any, message: str, binary: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_name, "expectations", forbid)
    with pytest.raises(QuantityError, match=message):
        reported(binary, ["informativeness", name])


# ---------------------------------------------------------------------- SVIX


def test_the_bar_of_svix_covers_all_that_price_and_variance_may_be() -> None:
    variance, price, bars = 0.2, 0.01, (0.05, 0.009)
    bar = svix_bar(variance, price, *bars)
    shares = np.linspace(-1.0, 1.0, 21)
    near = svix(variance + shares[:, None] * bars[0], price + shares * bars[1])
    assert np.abs(near - svix(variance, price)).max() == pytest.approx(bar, rel=1e-12)
    assert math.isnan(svix_bar(variance, price, 0.05, 0.01))  # the price may be zero


def test_there_is_none_at_a_price_that_is_not_positive() -> None:
    low = pdesolve.load_case("normal", {"payoff.mean": -1.0})
    solution = pdesolve.solve(low, tol=1e-2)
    assert math.isnan(solution.initial.svix) and math.isnan(solution.bars["svix"])
    found = json.loads(as_json(solution))
    assert found["svix"] is None and found["derived_error"]["svix"] is None
    row = next(line for line in repr(solution).splitlines() if line.startswith("svix"))
    assert row.split() == ["svix", "-"]
    data = pdesolve.sweep("normal", {"payoff.mean": [-1.0, 1.0]}, tol=1e-2)
    assert np.isfinite(data["svix"].to_numpy()).tolist() == [False, True]
    for part in ("attention_slope", "attention_slope_error"):  # it takes nothing else with it
        assert np.isfinite(data[part]).all()


def test_the_discrete_model_has_it_too() -> None:
    found = discrete("binary", 8, tol=1e-3)
    initial = found.initial
    assert initial.svix == pytest.approx(initial.variance**0.5 / initial.price, rel=1e-14)
    assert 0.0 < found.bars["svix"] < 1e-2
