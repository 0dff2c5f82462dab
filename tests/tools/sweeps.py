"""What tests of sweeps share."""

from collections.abc import Iterable, Mapping
from typing import Any

RHO = "market.risk_aversion"
COST = "attention.cost.scale"
Axes = Mapping[str, Iterable[Any]]
RESULTS = [f"binary-statics.{ending}" for ending in ("nc", "json", "csv", "tex", "png", "pdf")]
