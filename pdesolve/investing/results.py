"""Portfolios that were found, and what `print` says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdesolve.case.errors import PdesolveError
from pdesolve.investing.methods import METHODS
from pdesolve.investing.moments import Moments

HOLDINGS = 4  # of a portfolio that a table names
MOST = 20  # assets whose weights the table of one portfolio has
COLUMNS = {  # of a portfolio: its heading and format
    "volatility": ("volatility", ".6f"),
    "mean": ("mean", ".6f"),
    "sharpe": ("Sharpe", ".4f"),
    "diversification_ratio": ("div. ratio", ".4f"),
    "effective_assets": ("eff. assets", ".2f"),
    "optimality": ("optimality", ".0e"),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Portfolio:
    """Weights and what they imply, per period.

    Attributes
    ----------
    method : str
    assets : tuple of str
    weights : pandas Series or array
        As the returns came; they add up to one.
    volatility : float
    mean, sharpe : float or None
        Mean return, and that above the riskless rate over volatility; None if no means are known.
    diversification_ratio : float
        Average volatility of what is held over that of the whole.
    effective_assets : float
        1/Σw².
    optimality : float
        Residual of the condition that defines the method; 0 at the answer.
    """

    method: str
    assets: tuple[str, ...]
    weights: Any
    volatility: float
    mean: float | None
    sharpe: float | None
    diversification_ratio: float
    effective_assets: float
    optimality: float

    def __repr__(self) -> str:
        return portfolio_table(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Portfolios:
    """Portfolios of the same assets.

    Attributes
    ----------
    moments : Moments
    found : dict
        Portfolio by the method's name.
    missing : dict
        Why there is none, by the method's name.
    bets : float
        Number of independent bets; infinite if the assets can be combined without any risk.
    quality_ratio : float
        Bets per asset.
    """

    moments: Moments
    found: Mapping[str, Portfolio]
    missing: Mapping[str, PdesolveError]
    bets: float
    quality_ratio: float

    def __repr__(self) -> str:
        return table(self)


def portfolio_table(found: Portfolio) -> str:
    """One portfolio: what it implies, and its largest weights."""
    weights = np.asarray(found.weights)
    order = np.argsort(-weights, kind="stable")[:MOST]
    rows = [[found.assets[k], f"{weights[k]:.2%}"] for k in order.tolist()]
    rest = found.assets[MOST:] and f"and {len(found.assets) - MOST} more assets"
    values = [[head, cell(getattr(found, n), f)] for n, (head, f) in COLUMNS.items()]
    head = f"{METHODS[found.method].label}, per period"
    return "\n".join([head, *aligned(values), "", *aligned(rows), *([rest] if rest else [])])


def table(found: Portfolios) -> str:
    """What every portfolio implies, and its largest weights."""
    rows = [
        [METHODS[name].label, *(cell(getattr(one, n), f) for n, (_, f) in COLUMNS.items())]
        for name, one in found.found.items()
    ]
    count = len(found.moments.assets)
    bets = "no end of" if np.isinf(found.bets) else f"{found.bets:.4f}"
    ratio = "" if np.isinf(found.bets) else f", quality ratio {found.quality_ratio:.4f}"
    return "\n".join(
        [
            f"{bets} independent bets in {count} assets{ratio}",
            "",
            *aligned([["per period", *(head for head, _ in COLUMNS.values())], *rows]),
            "",
            *aligned([[METHODS[n].label, _holdings(one)] for n, one in found.found.items()], "<"),
            *(f"{METHODS[name].label}: none" for name in found.missing),
        ]
    )


def _holdings(found: Portfolio) -> str:
    """The largest weights."""
    weights = np.asarray(found.weights)
    order = np.argsort(-weights, kind="stable")
    held = int((weights > 0.0).sum())
    parts = [f"{found.assets[k]} {weights[k]:.1%}" for k in order[: min(HOLDINGS, held)].tolist()]
    return ", ".join([*parts, *([f"{held - HOLDINGS} more"] if held > HOLDINGS else [])])


def cell(value: float | None, form: str) -> str:
    """A number in a table; a dash where there is none."""
    return "-" if value is None or not np.isfinite(value) else f"{value:{form}}"


def aligned(rows: list[list[str]], side: str = ">") -> list[str]:
    """The first column to the left, the others to one side."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))] if rows else []
    sides = ["<", *side * (len(widths) - 1)]
    lines = [zip(row, sides, widths, strict=True) for row in rows]
    return ["  ".join(f"{x:{to}{wide}}" for x, to, wide in line).rstrip() for line in lines]
