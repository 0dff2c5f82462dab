"""Makes announcement_quotes.csv: option quotes from before an announcement, made up.

They are quotes of the case baseline with other numbers, which a calibration is to find: the
market's own prices somewhere between bid and ask, each anywhere there with the same chance.

    python announcement_quotes.py > announcement_quotes.csv
"""

import numpy as np

import pdesolve

TRUE = {
    "market.risk_aversion": 0.5,
    "market.supply_volatility": 0.8,
    "attention.cost.scale": 0.8,
}
STRIKES = (7.0, 7.5, 8.0, 8.5, 9.0, 9.5, 10.0, 10.5, 11.0)
MATURITIES = (0.5, 1.0)  # half-way, and the announcement
SPREAD, MORE = 0.04, 0.04  # bid to ask, and of the price
SEED = 1


def rows() -> list[str]:
    """Quotes out of the money, a row each."""
    solution = pdesolve.solve(pdesolve.load_case("baseline", TRUE), tol=1e-6)
    rng, found = np.random.default_rng(SEED), []
    for maturity in MATURITIES:
        data = solution.option_prices(STRIKES, maturity)
        for strike, call, put in zip(STRIKES, data.call.values, data.put.values, strict=True):
            kind, price = ("call", call) if strike > solution.initial.price else ("put", put)
            spread = SPREAD + MORE * price
            bid = max(price - spread * rng.uniform(), 0.0)
            found.append(f"{strike:g},{kind},{bid:.3f},{bid + spread:.3f},{maturity:g}")
    return found


if __name__ == "__main__":
    print("# option quotes on a share before an announcement; made up (announcement_quotes.py)")
    print("strike,kind,bid,ask,maturity")
    print("\n".join(rows()))
