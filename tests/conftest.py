"""What several rooms look at, made once a run."""

import pytest

from pdesolve.case import load_case
from pdesolve.solver.solution import Solution
from pdesolve.verification.suite import Report, verify
from tests.tools.solutions import solved


@pytest.fixture(scope="session")
def binary() -> Solution:
    return solved("binary")


@pytest.fixture(scope="session")
def three_states() -> Solution:
    return solved("three_states", tol=1e-4)


@pytest.fixture(scope="session")
def verified() -> Report:
    return verify(load_case("binary"), quick=True)
