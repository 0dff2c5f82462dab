"""Growth-optimal weights of several cases as a person or a program reads them."""

import csv
import io
import json
from collections.abc import Iterator

from pdesolve.files import plain
from pdesolve.investing.among_cases import CasesPortfolio


def as_json(found: CasesPortfolio, rate: float) -> str:
    """Return everything, by case what is."""

    def by_case(values: object) -> dict[str, float]:
        return dict(zip(found.assets, plain(values), strict=True))

    said = {
        "assets": list(found.assets),
        "rate": rate,
        "weights": by_case(found.weights),
        "shares": by_case(found.shares),
        "growth": found.growth,
        "volatility": found.volatility,
        "small_limit": by_case(found.small_limit),
        "optimality": found.optimality,
        "error": {
            "weights": by_case(found.weights_error),
            "shares": by_case(found.shares_error),
            "growth": found.growth_error,
        },
    }
    return json.dumps(plain(said), indent=2, allow_nan=False)


def table(found: CasesPortfolio, rate: float) -> str:
    """The same for a person to read."""
    wide = max(len(name) for name in (*found.assets, "case"))
    lines = [
        "growth-optimal shares of wealth, bought at the prices of t = 0 and held to the payoffs,",
        f"which are independent; riskless rate {rate:g} until then",
        "",
        f"{'case':{wide}}  {'weight':>12}  {'± error':>8}  {'shares':>12}  small-return limit",
    ]
    for name, weight, error, shares, _, limit in _rows(found):
        lines.append(f"{name:{wide}}  {weight:12.7g}  {error:8.0e}  {shares:12.7g}  {limit:.7g}")
    cash = 1.0 - found.weights.sum()
    return "\n".join(
        [
            *lines,
            f"{'cash':{wide}}  {cash:12.7g}  {found.weights_error.sum():8.0e}",
            "",
            f"growth of log wealth {found.growth:.7g} ± {found.growth_error:.0e},"
            f" volatility {found.volatility:.7g}; optimal to {found.optimality:.0e}",
        ]
    )


def as_csv(found: CasesPortfolio) -> str:
    """Return the weights, every digit kept."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["case", "weight", "weight_error", "shares", "shares_error", "small_limit"])
    writer.writerows(_rows(found))
    return out.getvalue()


def _rows(found: CasesPortfolio) -> Iterator[tuple[str, float, float, float, float, float]]:
    columns = (found.weights, found.weights_error, found.shares, found.shares_error)
    numbers = (one.tolist() for one in (*columns, found.small_limit))
    yield from zip(found.assets, *numbers, strict=True)
