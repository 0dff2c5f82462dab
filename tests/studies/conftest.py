import pytest
import xarray

import pdesolve
from pdesolve.case import load_case
from tests.tools.sweeps import RHO


@pytest.fixture(scope="session")
def one() -> xarray.Dataset:
    return pdesolve.sweep(load_case("binary"), {RHO: [1.0, 2.0, 4.0]}, tol=1e-4)


@pytest.fixture(scope="session")
def mixed() -> xarray.Dataset:
    """Over two axes, with points that converge, that miss the accuracy and that fail."""
    vary = {"numerics.max_steps": [4, 2000], "numerics.xi_nodes": [0, 16]}
    return pdesolve.sweep(load_case("binary"), vary, tol=1e-4)
