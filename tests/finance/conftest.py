import pytest
import xarray as xr

from pdesolve.finance.paths import Trades
from pdesolve.solver.solution import Solution
from tests.finance.drawn import draw
from tests.tools.solutions import solved


@pytest.fixture(scope="session")
def normal() -> Solution:
    return solved("normal", tol=1e-4)


@pytest.fixture(scope="session")
def mixture() -> Solution:
    return solved("mixture", tol=1e-4)


@pytest.fixture(scope="session")
def three_physical(three_states: Solution) -> xr.Dataset:
    return three_states.expectations()


@pytest.fixture(scope="session")
def three_neutral(three_states: Solution) -> xr.Dataset:
    return three_states.expectations("risk-neutral")


@pytest.fixture(scope="session")
def trades(three_states: Solution) -> Trades:
    return draw(three_states)
