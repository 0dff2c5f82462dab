"""What is to be matched: reported values and quotes of options, with the noise in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pdesolve.case import Case, CaseError
from pdesolve.case.rules import SIZE, is_sized
from pdesolve.case.sources import nearest, shown
from pdesolve.finance.arbitrage import check_arbitrage
from pdesolve.finance.by_name import QuantityError, about, check_dates, check_names, reported
from pdesolve.finance.marches import Measured
from pdesolve.finance.quote_files import QuotesLike, as_quotes
from pdesolve.finance.quotes import KINDS, Quotes, model_prices
from pdesolve.solver.solution import Solution
from pdesolve.typing import Array

GIVEN = ("value", "sd")
SYMMETRIC = 1e-9  # of its size, that a covariance may be from its mirror image


@dataclass(frozen=True, kw_only=True, eq=False)
class Targets:
    """What is to be matched: n numbers.

    Attributes
    ----------
    names : tuple of str
        Of the reported values; they come first.
    quotes : Quotes or None
    values : array, shape (n,)
    covariance : array, shape (n, n)
        Of the noise in them.
    warnings : tuple of str
        What has to be said of them.
    """

    names: tuple[str, ...]
    quotes: Quotes | None
    values: Array
    covariance: Array
    warnings: tuple[str, ...] = ()

    @property
    def sd(self) -> Array:
        """Standard errors of the targets, shape (n,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def price(self) -> tuple[float, float] | None:
        """The price and its standard error, if it is a target."""
        if "price" not in self.names:
            return None
        place = self.names.index("price")
        return float(self.values[place]), float(self.sd[place])

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for each, all different."""
        found: list[str] = list(self.names)
        for label in _of_quotes(self.quotes):
            again = sum(one == label or one.startswith(f"{label} (") for one in found)
            found.append(f"{label} ({again + 1})" if again else label)
        return tuple(found)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Unit of each."""
        return (
            *(about(name).unit for name in self.names),
            *["money"] * len(_of_quotes(self.quotes)),
        )

    def observe(self, solution: Solution) -> Measured:
        """What a solved market says of each, with the errors of that, shape (n,)."""
        known = reported(solution, self.names)
        value, error = np.array([known[name] for name in self.names]).reshape(-1, 2).T
        if self.quotes is not None:
            options = model_prices(solution, self.quotes)
            value = np.concatenate([value, options.value])
            error = np.concatenate([error, options.error])
        return Measured(value, error)


def read_targets(
    case: Case,
    targets: Mapping[str, Any],
    quotes: QuotesLike | None = None,
    covariance: ArrayLike | None = None,
    where: str = "calibrate",
    folder: Path = Path(),
) -> Targets:
    """Check what is to be matched.

    Parameters
    ----------
    case : Case
    targets : mapping
        Name of a reported value (:func:`pdesolve.finance.by_name.reported`) -> its value and
        standard error, as a pair or as a mapping with value and sd; or the value alone, where the
        covariance is given.
    quotes : Quotes, path of a CSV file or list of mappings, optional
    covariance : array_like, optional
        Of the targets, in place of their standard errors; quotes are independent.
    where : str
        What messages blame.
    folder : Path
        Where files of quotes are sought.

    Raises
    ------
    CaseError
        If there is no such target, or something is wrong with one.
    """
    if not isinstance(targets, Mapping):
        raise CaseError(f"{where}: targets must map names to values, got {shown(targets)}")
    try:
        names = check_names(targets)
        check_dates(names, case.market.horizon)
    except QuantityError as fault:
        raise CaseError(f"{where}: targets: {fault}") from None
    given = [_one(f"{where}: targets.{name}", targets[name], covariance) for name in names]
    values, sds = np.array(given).reshape(-1, 2).T
    noise = np.diag(sds**2) if covariance is None else _covariance(covariance, len(names), where)
    found = Targets(names=names, quotes=None, values=values, covariance=noise)
    if quotes is None:
        if not values.size:
            raise CaseError(f"{where}: there must be at least one target or quote, got none")
        return found
    options = as_quotes(quotes, where, folder)
    warnings = check_arbitrage(options, case.market.horizon, found.price)
    whole = np.diag(np.concatenate([np.zeros(len(names)), options.sd**2]))
    whole[: len(names), : len(names)] = noise
    return Targets(
        names=names,
        quotes=options,
        values=np.concatenate([values, options.price]),
        covariance=whole,
        warnings=tuple(warnings),
    )


def _one(name: str, given: Any, covariance: object) -> tuple[float, float]:
    """Value and standard error of a target; 1 where the covariance has it."""
    if isinstance(given, list | tuple) and len(given) == 2 and covariance is None:
        given = dict(zip(GIVEN, given, strict=True))
    if not isinstance(given, Mapping):
        given = {"value": given}
    for key in given:
        if key not in GIVEN:
            close = ", ".join(nearest(str(key), GIVEN)) or ", ".join(GIVEN)
            raise CaseError(f"{name}.{key} is not a known key (nearest: {close})")
    for key, rule in (("value", "a finite number"), ("sd", "> 0")):
        if key == "sd" and covariance is not None:
            if key in given:
                raise CaseError(f"{name}.sd must be absent where the covariance is given")
            continue
        if key not in given:
            raise CaseError(f"{name}.{key} is missing: {rule}")
        number = given[key]
        sound = isinstance(number, Real) and not isinstance(number, bool)
        if not sound or not abs(number) < math.inf or (key == "sd" and not number > 0):
            raise CaseError(f"{name}.{key} must be {rule}, got {shown(number)}")
        if not is_sized(number):
            raise CaseError(f"{name}.{key} must be {SIZE}, got {shown(number)}")
    return float(given["value"]), float(given.get("sd", 1.0))


def _covariance(covariance: ArrayLike, n: int, where: str) -> Array:
    """A covariance matrix of so many targets."""
    name = f"{where}: covariance"
    try:
        found = np.asarray(covariance, float)
    except (ValueError, TypeError, OverflowError):
        raise CaseError(f"{name} must be a list of {n} rows of {n} numbers") from None
    if found.shape != (n, n):
        raise CaseError(f"{name} must have {n} rows and columns, got the shape {found.shape}")
    if not np.isfinite(found).all():
        raise CaseError(f"{name} must be of finite numbers")
    if np.abs(found - found.T).max(initial=0.0) > SYMMETRIC * np.abs(found).max(initial=0.0):
        raise CaseError(f"{name} must be symmetric")
    sd = np.sqrt(np.maximum(np.diag(found), 0.0))
    if not (sd > 0.0).all() or np.linalg.eigvalsh(found / np.outer(sd, sd)).min(initial=1) < 1e-12:
        raise CaseError(f"{name} must be positive definite")
    return found


def _of_quotes(quotes: Quotes | None) -> list[str]:
    """What quotes are called: "call 9", "put 9.5 at 0.5"."""
    if quotes is None:
        return []
    named = []
    for strike, maturity, call in zip(quotes.strike, quotes.maturity, quotes.call, strict=True):
        when = "" if np.isnan(maturity) else f" at {maturity:g}"
        named.append(f"{KINDS[0 if call else 1]} {strike:g}{when}")
    return named
