import numpy as np
import pytest

from pdesolve.numerics.rootfind import NoConvergence, increasing_root
from pdesolve.typing import Array


def solve(
    f: object, start: Array, lower: float, upper: float, *, geometric: bool = False, **more: int
) -> Array:
    ends = np.full(start.shape, lower), np.full(start.shape, upper)
    return increasing_root(f, start, *ends, geometric=geometric, **more)  # type: ignore[arg-type]


def arctangent(x: Array) -> tuple[Array, Array]:
    return np.arctan(x - 1), 1 / (1 + (x - 1) ** 2)


def cubic_of_logarithm(x: Array) -> tuple[Array, Array]:
    y = np.log(x) - 3
    return y**3 + y, 3 * y**2 + 1


def test_newton_that_would_run_away_is_kept_in() -> None:
    root = solve(arctangent, np.array([-50.0, 0.9, 30.0, 1e9]), -1e3, 1e3)
    np.testing.assert_allclose(root, 1.0, rtol=1e-15)


def test_geometric_steps() -> None:
    root = solve(cubic_of_logarithm, 10.0 ** np.arange(-9.0, 10), 1e-300, 1e300, geometric=True)
    np.testing.assert_allclose(root, np.exp(3), rtol=1e-14)


def test_values_out_of_range_are_bisected() -> None:
    def gap(x: Array) -> tuple[Array, Array]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return np.log(x**40 / 1e-20), 40 * x**40 / x**40

    with np.errstate(invalid="ignore", over="ignore"):
        root = solve(gap, np.array([1e-200, 1e200]), 1e-300, 1e300, geometric=True)
    np.testing.assert_allclose(root, 10**-0.5, rtol=1e-14)


def test_linear_function_takes_two_steps() -> None:
    root = solve(lambda x: (2 * x - 6, np.full_like(x, 2.0)), np.zeros(3), -9, 9, max_iterations=2)
    np.testing.assert_array_equal(root, 3.0)


def test_functions_that_take_longer_go_on_alone_with_their_data() -> None:
    """(x/a)^e = 1, from a start far off: the less e, the closer to one step; all roots by name."""
    at, power = np.geomspace(1e-3, 1e3, 40), np.linspace(1.0, 9.0, 40)
    sizes: list[int] = []

    def gap(x: Array, at: Array, power: Array) -> tuple[Array, Array]:
        sizes.append(x.size)
        return (x / at) ** power - 1.0, power * (x / at) ** power

    ends = np.full(40, 1e-9), np.full(40, 1e9)
    start = at * np.where(np.arange(40) % 3, 1.0, 30.0)
    root = increasing_root(gap, start, *ends, at, power, geometric=True)
    np.testing.assert_allclose(root, at, rtol=1e-13)
    assert sizes[0] == 40
    assert sizes[-1] <= 14
    for k in range(40):  # whichever others there are
        one = slice(k, k + 1)
        own = (part[one] for part in (start, *ends, at, power))
        np.testing.assert_array_equal(increasing_root(gap, *own, geometric=True), root[one])


def test_no_functions() -> None:
    assert solve(arctangent, np.empty(0), 0, 1).shape == (0,)


def test_giving_up_says_where() -> None:
    start = np.array([1.0, 30.0])
    message = "3 Newton steps left 1 of 2 roots unsettled, the first between -227.5 and 30"
    with pytest.raises(NoConvergence, match=message):
        solve(arctangent, start, -1e3, 1e3, max_iterations=3)
