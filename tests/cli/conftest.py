from collections.abc import Callable

import pytest

from tests.tools.program import SOLVER


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Let the program get this from the solver: a solution, or an error."""

    def put(result: object) -> None:
        def solve(case: object, **_: object) -> object:
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr(SOLVER, "solve", solve)

    return put
