"""Where evidence tells payoffs apart, and which states it leads to."""

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.finance.paths import trade_paths
from pdesolve.model.economy import Economy
from pdesolve.model.payoff.factory import make_prior
from pdesolve.model.payoff.mixture import MixturePrior
from tests.tools.solutions import solved


def prior_of(**payoff: object) -> MixturePrior:
    keys = {f"payoff.{key}": value for key, value in payoff.items()}
    found = make_prior(load_case("baseline", keys).payoff)
    assert isinstance(found, MixturePrior)
    return found


RARE = {"kind": "discrete", "values": [0.0, 1.0, 10.0], "probabilities": [0.3, 0.6999, 1e-4]}


def test_partings_by_hand() -> None:
    """Odds of 10 against the rest are even where 1e-4 e^(10 xi) = 0.3 + 0.6999 e^xi."""
    prior = prior_of(**RARE)
    wide, narrow = prior.partings(0.5, 6)
    xi = wide.centre
    assert 1e-4 * np.exp(10 * xi) == pytest.approx(0.3 + 0.6999 * np.exp(xi), rel=1e-6)
    mean = 0.6999 * np.exp(xi) / (0.3 + 0.6999 * np.exp(xi))
    assert wide.distance == pytest.approx(10.0 - mean)
    assert wide.slope == pytest.approx(5.5 - prior.centre)
    assert narrow.slope == pytest.approx(0.5 - prior.centre)
    assert len(prior.partings(2.0, 6)) == len(prior.partings(0.5, 1)) == 1
    assert prior.partings(9.5, 6) == []


def test_the_variance_is_where_partings_are() -> None:
    """At every psi: within four times 1/distance of the line that tells 1 and 10 apart."""
    prior = prior_of(**RARE)
    wide = prior.partings(2.0, 1)[0]
    for psi in (0.0, 0.1, 1.0, 5.0, 20.0):
        line = wide.centre + wide.slope * psi
        xi = line + np.linspace(-30.0, 30.0, 6001) * (1.0 + psi)
        variance = prior.cumulants(xi, psi).variance
        assert abs(xi[np.argmax(variance)] - line) < 4.0 / wide.distance
        assert variance.max() > 0.9 * 0.25 * 9.0**2


def test_components_of_unequal_sds_that_never_part_are_left_out() -> None:
    """The wide one is likelier at either end, however strong the tilt."""
    keys = {"means": [0.0, 4.0], "sds": [3.0, 0.01], "weights": [0.999, 0.001]}
    assert prior_of(kind="mixture", **keys).partings(0.1, 6) == []


def test_a_density_has_no_partings_and_is_visited_everywhere() -> None:
    economy = Economy.of(load_case("uniform"))
    assert economy.prior.partings(0.0, 6) == []
    assert economy.visits(np.array([-1e6, 0.0, 1e6]), 1.0, 5.0).all()


def test_states_between_far_payoffs_are_not_visited_once_evidence_tells_them_apart() -> None:
    economy = Economy.of(load_case("jackpot"))
    between = np.array([0.5 * (1.0 - 5.0 + 10.0 - 5.0)])  # per unit of psi
    assert economy.visits(0.1 * between, 0.1, 5.0).all()
    assert not economy.visits(10.0 * between, 10.0, 5.0).any()
    assert economy.visits(10.0 * between, 10.0, np.inf).all()
    for payoff in (0.0, 1.0, 10.0):
        assert economy.visits(np.array([10.0 * (payoff - 5.0)]), 10.0, 1.0).all()


def test_states_are_visited_about_where_some_component_leads() -> None:
    economy = Economy.of(load_case("mixture", {"market.initial_supply": 0.3}))
    means, widths = economy.prior.parts()
    assert np.unique(widths).size > 1
    rate = np.array([0.0, 0.1, 1.0, 10.0])[:, None]
    psi = economy.horizon * economy.motion(rate).psi_dot
    zeta = economy.start + np.linspace(-1.0, 1.0, 401) * (5.0 + 20.0 * psi)
    off = np.abs(zeta[..., None] - economy.start - psi[..., None] * means)
    sd = np.sqrt(psi + economy.horizon * economy.motion(rate).risk)[..., None]
    near = (off <= 2.0 * np.hypot(sd, psi[..., None] * widths)).any(axis=-1)
    assert 0.02 < near.mean() < 0.98
    np.testing.assert_array_equal(economy.visits(zeta, psi, 2.0), near)


@pytest.mark.parametrize(
    "sds", [3.0, *(pytest.param(sds, marks=pytest.mark.slow) for sds in (1.0, 2.0))]
)
def test_no_more_paths_are_elsewhere_than_of_a_normal(sds: float) -> None:
    """Of simulated economies at T, as often as the bound on what is added to the evidence says."""
    found = solved("three_states", tol=1e-4)
    path = trade_paths(found, np.random.default_rng(5), 4000, 100, 1).fine
    zeta = path.xi - found.prior.centre * path.psi
    out = ~found.economy.visits(zeta, path.psi, sds)
    assert np.mean(out) < {1.0: 0.32, 2.0: 0.046, 3.0: 0.0027}[sds] + 3.0 * (0.05 / 4000) ** 0.5
