"""A case file to change, and what reading it says."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pdesolve.case import CaseError, load_case

GOOD = """\
title = "Three-state payoff"

[market]
risk_aversion = 1.5
supply_volatility = 1.2
initial_supply = 0.3
horizon = 1

[payoff]
kind = "discrete"
values = [0.0, 1.0, 3.0]
probabilities = [0.5, 0.3, 0.2]

[attention]
signals = 2
precision = "linear"
efficiency = 1.0

[attention.cost]
kind = "power"
scale = 0.3
exponent = 2.0
"""
DISCRETE = GOOD[GOOD.index("[payoff]") : GOOD.index("[attention]")]

Write = Callable[..., Path]


def fault(source: object, overrides: Mapping[str, object] | None = None) -> str:
    (message,) = faults(source, overrides)
    return message


def faults(source: object, overrides: Mapping[str, object] | None = None) -> list[str]:
    with pytest.raises(CaseError) as caught:
        load_case(source, overrides)  # type: ignore[arg-type]
    return str(caught.value).split("\n")


def with_payoff(text: str) -> str:
    return GOOD.replace(DISCRETE, f"[payoff]\n{text}\n\n")
