import pytest

from pdesolve.solver.solution import Solution
from tests.tools.solutions import solved


@pytest.fixture(scope="session")
def normal() -> Solution:
    return solved("normal", tol=1e-4)
