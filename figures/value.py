"""The value of information, and who gains."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from pdesolve.case import load_case
from pdesolve.model.economy import Economy
from pdesolve.plotting.gallery import STROKES, solved, swept
from pdesolve.plotting.layout import letter, panels
from pdesolve.solver.normal import normal_path
from pdesolve.typing import Array

CASE, COST, NOISE = "normal", "attention.cost.scale", "market.supply_volatility"
FLOWS = "supply traders' loss", "spent on attention"
CAPTION = (
    "What attention does, against its cost relative to the case's. (a) Each investor's gain, less"
    " that where nobody can attend. Each alone gains by it; together they compete away rents from"
    " supply traders, whose welfare is not modelled (Kurlat and Veldkamp 2015). It costs each"
    " {cost:.3f} in normal (σ = 0.8), and brings {worth:.3f} at σ = 0.2; it costs 0.017 in"
    " three_states at σ = 0.25, and brings 0.008 in binary at σ = 0.5. (b) Case normal: those who"
    " must trade lose most if attention is neither cheap nor dear. (c) At T = 1 the price moves"
    " towards the static one: a seller gains if rare news is bad (baseline), loses if good"
    " (binary). At T = 0.1 binary's moves away, from 0.2972 to 0.2991 (static: 0.2852)."
)


class Found(NamedTuple):
    """Costs, and over them: gains by noise, flows until T, prices by case."""

    costs: Array
    gains: dict[str, Array]
    flows: dict[str, Array]
    prices: dict[str, Array]


def solve(quick: bool) -> Found:
    costs = 10.0 ** np.linspace(-1.5, 1.5, 3 if quick else 13)
    return Found(
        costs,
        {f"σ = {x:g}": effect(CASE, quick, costs, {NOISE: x}) for x in (0.2, 0.4, 0.8)},
        dict(zip(FLOWS, np.array([flows(cost) for cost in costs]).T, strict=True)),
        {name: effect(name, quick, costs) for name in ("baseline", CASE, "binary")},
    )


def effect(name: str, quick: bool, costs: Array, terms: dict[str, object] | None = None) -> Array:
    """Gain on these terms, else price, less that in a market where nobody can attend."""
    value, terms = "certainty_equivalent_gain" if terms else "price", terms or {}
    scales = costs * load_case(name).attention.cost.scale
    nobody = solved(name, quick, {**terms, "attention.capacity": 1e-9}).initial
    return swept(name, quick, COST, scales, terms)[value].to_numpy() - getattr(nobody, value)


def flows(cost: float) -> tuple[float, float]:
    """What supply traders lose, sigma kappa p_xi, and an investor spends, from t = 0 to T."""
    case = load_case(CASE, {COST: cost * load_case(CASE).attention.cost.scale})
    economy, sigma = Economy.of(case), case.market.supply_volatility
    path = normal_path(case, np.append(0.0, np.geomspace(1e-3, economy.horizon, 65)))
    kappa = np.sqrt(economy.motion(path.precision_rate).kappa2)
    flow = sigma * kappa / (economy.prior.sd**-2 + path.psi), economy.respond(path.variance).cost
    return float(np.trapezoid(flow[0], path.times)), float(np.trapezoid(flow[1], path.times))


def numbers(found: Found) -> dict[str, float]:
    quiet, _, noisy = (float(gain[gain.size // 2]) for gain in found.gains.values())
    return {"cost": -noisy, "worth": quiet}


def draw(found: Found, width: float) -> Figure:
    figure, axes = panels(width, (1, 3), (3, 1), heights=(2.6, 2.2))
    labels = "gain (money)", "from t = 0 to T (money)", "price (money)"
    for ax, curves, label in zip(axes, found[1:], labels, strict=True):
        for (name, values), stroke in zip(curves.items(), STROKES, strict=False):
            ax.semilogx(found.costs, values, label=name, **stroke)
        ax.set(xlabel="attention cost /\nthat of the case", ylabel=label)
        ax.legend()
    letter(axes, ("gain from attention", "who pays", "price effect of attention"))
    return figure
