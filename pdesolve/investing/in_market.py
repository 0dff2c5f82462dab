"""Growth in a solved market, of investors too small to move its prices (derivation.md, section 15).

Who knows the payoff trades on functions of the states: an equation on the grid, with error bars.
Who knows prices alone has a belief that depends on the path, and is simulated.
"""

from dataclasses import dataclass

from pdesolve.finance.simulation import check_counts
from pdesolve.investing.by_prices import simulate_told
from pdesolve.investing.informed import Value, informed_growth
from pdesolve.solver.solution import Solution


@dataclass(frozen=True, kw_only=True)
class MarketGrowth:
    """Growth of the log of wealth until the payoff, over that of cash.

    At announcements, at which prices jump, those who trade have options on the price just after.

    Attributes
    ----------
    informed : Value
        Of who knows the payoff and trades the asset until T, by the differential equation.
    by_law : Value
        The same by the law of the states, another route to it.
    public : Value
        Of who knows prices alone: simulated, or by Kelly's theorem informed less mutual
        information, whichever has the smaller error.
    mutual_information : Value
        Of the payoff and the prices, simulated.
    simulated : Value
        Of who knows prices alone, simulated: what Kelly's theorem is checked by.
    with_options : Value
        Of who knows prices alone and trades options on the payoff too: the divergence of P from Q
        on prices and payoff.
    announcements : int
        How many there are.
    """

    informed: Value
    by_law: Value
    public: Value
    mutual_information: Value
    simulated: Value
    with_options: Value
    announcements: int


def market_growth(
    solution: Solution,
    paths: int = 10_000,
    dates: int = 200,
    seed: int = 0,
    *,
    progress: bool = False,
) -> MarketGrowth:
    """Growth of outside investors in a solved market.

    Parameters
    ----------
    solution : Solution
    paths, dates, seed, progress
        Of the simulation: paths, dates that are traded at (an even number), and whether to show a
        bar.

    Raises
    ------
    PathError
        If paths, dates or seed are not possible.
    """
    check_counts(paths, dates, seed)
    equation, law = informed_growth(solution)
    told, simulated = simulate_told(solution, paths, dates, seed, progress=progress)
    informed = equation.until_payoff
    by_theorem = Value(informed.value - told.value, informed.error + told.error)
    return MarketGrowth(
        informed=informed,
        by_law=law.until_payoff,
        public=min(simulated, by_theorem, key=lambda one: one.error),
        mutual_information=told,
        simulated=simulated,
        with_options=equation.with_options,
        announcements=len(solution.case.market.announcements),
    )
