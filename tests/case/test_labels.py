"""Names and units of parameters."""

import pytest

from pdesolve.case import load_case
from pdesolve.case.labels import describe, pretty
from pdesolve.studies.plan import flat

SCALE, EFFICIENCY = "attention.cost.scale", "attention.efficiency"


@pytest.mark.parametrize(
    ("case", "changes", "key", "unit"),
    [
        ("binary", {}, SCALE, "money/(time attention²)"),
        ("binary", {"attention.cost.exponent": 2.5}, SCALE, "money/(time attention²·⁵)"),
        ("paper", {}, SCALE, "money/(time attention)"),  # an exponential cost
        ("binary", {}, EFFICIENCY, "1/(money² time attention)"),
        (
            "binary",
            {"attention.precision": "power", "attention.elasticity": 0.5},
            EFFICIENCY,
            "1/(money² time attention⁰·⁵)",
        ),
    ],
)
def test_a_unit_has_the_power_that_the_case_gives(
    case: str, changes: dict[str, object], key: str, unit: str
) -> None:
    assert pretty(describe(key, flat(load_case(case, changes))).unit) == unit


def test_a_power_that_is_not_known_keeps_its_letter() -> None:
    assert pretty(describe(SCALE).unit) == "money/(time attentionⁿ)"
    assert pretty(describe(EFFICIENCY).unit) == "1/(money² time attentionᵑ)"
