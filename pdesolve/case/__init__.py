"""The economy as data: parameters, case files, and every check on input; no arrays."""

from pdesolve.case.io import case_from_dict, case_to_dict, case_to_toml, load_case
from pdesolve.case.parameters import (
    Attention,
    BetaPayoff,
    Case,
    Cost,
    DiscretePayoff,
    LognormalPayoff,
    Market,
    MixturePayoff,
    NormalPayoff,
    Numerics,
    PayoffSpec,
    SamplePayoff,
    UniformPayoff,
)
from pdesolve.case.sources import CaseError, case_names, parse_overrides

__all__ = [
    "Attention",
    "BetaPayoff",
    "Case",
    "CaseError",
    "Cost",
    "DiscretePayoff",
    "LognormalPayoff",
    "Market",
    "MixturePayoff",
    "NormalPayoff",
    "Numerics",
    "PayoffSpec",
    "SamplePayoff",
    "UniformPayoff",
    "case_from_dict",
    "case_names",
    "case_to_dict",
    "case_to_toml",
    "load_case",
    "parse_overrides",
]
