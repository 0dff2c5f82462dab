"""SciPy's method of lines, with differences of its own, gives the values that `solve` gives."""

from pdesolve.solver.values import ERRORS, scales
from tests.tools.peers import by_scipy
from tests.tools.solutions import solved


def test_a_general_tool_finds_the_same_values() -> None:
    found = solved("baseline", {"numerics.tolerance": 1e-5})
    sizes = scales(found.economy, found.initial)
    gaps = []
    for n_xi, n_psi in ((80, 16), (160, 32)):
        values, _ = by_scipy(found.case, n_xi, n_psi, 4, 1e-6)
        gap = {name: abs(values[name] - getattr(found.initial, name)) for name in ERRORS}
        gaps.append(max(gap[name] / sizes[name] for name in ERRORS))
    assert gaps[1] < 2e-4  # 5.4e-5 when it was written, and 8.3e-4 on half the nodes
    assert gaps[1] < gaps[0] / 8.0  # order 4, or 3 along psi
