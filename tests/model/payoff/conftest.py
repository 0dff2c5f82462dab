from typing import Any

import pytest
from mpmath import mp


@pytest.fixture(autouse=True)
def forty_digits() -> Any:
    with mp.workdps(40):
        yield
