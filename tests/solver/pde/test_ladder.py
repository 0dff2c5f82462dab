"""Ladders of thin grids: what they say a node count leaves, against far finer full grids."""

from dataclasses import replace

import numpy as np
import pytest

from pdesolve.case import load_case
from pdesolve.model.economy import Economy
from pdesolve.numerics.grid import Grid
from pdesolve.solver.pde import accuracy, climb
from pdesolve.solver.pde.announcements import respaced
from pdesolve.solver.pde.axes import ByAxis
from pdesolve.solver.pde.budget import BudgetSpent, Metered
from pdesolve.solver.pde.certificate import CertificateTuning
from pdesolve.solver.pde.domain import choose_domain
from pdesolve.solver.pde.errors import ErrorTuning, change, error_scales, worst
from pdesolve.solver.pde.first import as_close, coarseness
from pdesolve.solver.pde.ladder import Ladder, Rung
from pdesolve.solver.pde.ladder_tuning import JUMPED, LadderTuning
from pdesolve.solver.pde.passes import PassError, retrace
from pdesolve.solver.pde.solver import solve
from pdesolve.solver.pde.tuning import Tuning
from pdesolve.solver.solution import Solution
from pdesolve.solver.values import TRACKED
from pdesolve.typing import Array
from tests.tools.families import family_case
from tests.tools.solutions import solved

DOUBT, HOW = ErrorTuning(), LadderTuning()


def metered(name: str, work: float = 4e6) -> tuple[Metered, Solution]:
    """A budget of work, and a first pass on few nodes."""
    case, tuning = load_case(name), Tuning()
    economy = Economy.of(case)
    run = Metered(case, economy, 1e-5, tuning.budget, tuning.steps)
    first = run(choose_domain(economy, 1e-5), ByAxis(36, 9), 1e-4)
    run.left = work
    return run, first


def truly(first: Solution, nodes: ByAxis[int], finer: ByAxis[int]) -> float:
    """What finer nodes change on full grids and more steps, by the scales of the tolerance."""
    steps = respaced(first.times, first.case.market, 12)
    some, more = (retrace(first, first.space.resized(*size), steps) for size in (nodes, finer))
    return worst(first, change(more, some, DOUBT))


@pytest.mark.parametrize("name", ["baseline", "three_states", "mixture", "sample"])
def test_thin_grids_say_what_full_ones_do(name: str) -> None:
    run, first = metered(name)
    xi, psi = (Ladder(run, first, axis, LadderTuning(), DOUBT) for axis in ByAxis._fields)
    along = truly(first, ByAxis(56, 25), ByAxis(84, 25))
    assert along <= xi.at(56).size <= 5.0 * along
    up = truly(first, ByAxis(56, 17), ByAxis(56, 37))
    assert up <= psi.at(17).size <= 6.0 * up


def test_errors_on_finer_grids_are_seldom_small_by_luck() -> None:
    assert HOW.at(1e-3) == HOW.at(1e-4) == HOW
    some, fine = HOW.at(3e-5), HOW.at(1e-5)
    assert fine == HOW.at(1e-8)
    assert JUMPED.at(1e-8) == JUMPED
    for usual, fewer, fewest in zip(HOW.coupled, some.coupled, fine.coupled, strict=True):
        assert usual > fewer > fewest > 0.5 * usual
    assert 0.5 < HOW.counted < some.counted < fine.counted == JUMPED.counted == 1.0


@pytest.mark.parametrize("target", [1e-4, 3e-6])
def test_a_climb_ends_where_the_error_is_small_enough(target: float) -> None:
    run, first = metered("three_states")
    for axis in ByAxis._fields:
        ladder = Ladder(run, first, axis, LadderTuning(), DOUBT)
        found = ladder.climb(target)
        assert found.size <= 1.001 * target
        again = ladder.at(found.nodes)
        assert again.size <= 1.5 * target


@pytest.mark.parametrize(
    ("change", "share"),
    [(1e-2, 1.0), (3e-5, 1.0), (3e-5 / 10**0.5, 0.5), (3e-6, 0.0), (1e-9, 0.0), (0.0, 0.0)],
)
@pytest.mark.parametrize(
    ("spacing", "most"),
    [(0.5, 1.2), (1.4, 1.2), (1.7, (1.2 * 1.7) ** 0.5), (2.0, 1.7), (5.0, 1.7)],
)
def test_more_is_added_for_safety_where_grids_are_coarse(
    change: float, share: float, spacing: float, most: float
) -> None:
    assert HOW.on(spacing).wary(change) == pytest.approx(most**share)


def test_nodes_that_do_not_resolve_the_finest_length_have_wider_bars() -> None:
    """The same ladders, seen from first passes whose xi nodes are closer together or not."""
    run, first = metered("three_states")
    domain = choose_domain(run.economy, 1e-5)
    spacing = coarseness(domain, first.space)
    assert spacing == pytest.approx(2.0 * coarseness(domain, first.space.resized(71, 9)))
    fine, coarse = (
        Ladder(run, first, "xi", HOW.on(apart), DOUBT)._rung(36, 45, None)
        for apart in (spacing, 2.0)
    )
    assert spacing < 1.4
    assert coarse.size == pytest.approx(1.7 / 1.2 * fine.size)
    lines = []
    for apart in (spacing, 2.0):
        psi = Ladder(run, first, "psi", replace(HOW.on(apart), coarse=(1.0, 1.0, 1.0)), DOUBT)
        psi.at(17)
        lines.append(psi.telling)
    assert lines[1] == pytest.approx(lines[0] * 2.0 ** (1.0 / (HOW.beyond * HOW.orders[1])))


def test_a_first_rung_along_xi_is_less_sure() -> None:
    run, first = metered("three_states")
    nodes, after = 36, 54
    usual, surer = (
        Ladder(run, first, "xi", replace(HOW, alone=alone), DOUBT)._rung(nodes, after, None)
        for alone in (HOW.alone, 1.0)
    )
    assert usual.size == pytest.approx(1.3 * surer.size)
    psi, same = (
        Ladder(run, first, "psi", replace(HOW, alone=alone), DOUBT)._rung(17, 25, None)
        for alone in (HOW.alone, 1.0)
    )
    assert psi.size == same.size  # there luck is what is doubted


def test_between_rungs_each_value_has_at_least_the_error_that_it_fell_from() -> None:
    """The worst one's falls at order 9, the variance's at 11, the price's at 4."""
    run, first = metered("three_states")
    ladder = Ladder(run, first, "xi", HOW, DOUBT)
    orders = {"log_value": 9.0, "variance": 11.0, "price": 4.0}
    at_here = {name: np.full(5, 1e-7) for name in TRACKED} | {"log_value": np.full(5, 1e-5)}
    before = {name: at_here[name] * 1.5 ** orders.get(name, 9.0) for name in TRACKED}
    below, here = Rung(40, before, 1e-5 * 1.5**9), Rung(60, at_here, 1e-5)
    found = ladder._near(below, here, 4e-5)
    assert 48 <= found.nodes < 60
    for name in TRACKED:
        order = max(orders.get(name, 9.0), 9.0)
        assert found.error[name] == pytest.approx(at_here[name] * (60 / found.nodes) ** order)


def test_where_attention_jumps_a_few_more_psi_nodes_need_not_be_measured() -> None:
    """At the least order that is believed; steps are measured on the nodes that were."""
    run, first = metered("three_states")
    ladder = Ladder(run, first, "psi", JUMPED, DOUBT)
    here = ladder._rung(17, 25, None)
    more, far = (ladder._some(here, here.size / share) for share in (1.2, 9.0))
    assert more.nodes == 21 and far is here
    assert more.size == here.size * (17 / 21) ** (JUMPED.unsure[1] * JUMPED.orders[1])
    assert ladder._rung(21, 29, None).size < more.size
    assert ladder.closest(20) is ladder.solved(17)
    assert ladder.closest(21) is ladder.solved(21)
    assert Ladder(run, first, "psi", HOW, DOUBT)._some(here, here.size / 1.2) is here


def test_xi_has_what_psi_leaves_of_the_tolerance() -> None:
    run, first = metered("three_states")
    doubtless = replace(DOUBT, coupled=0.0)
    shares = {}
    for share in (0.5, 0.01):
        how = replace(HOW, share=(HOW.share[0], share))
        ladders = ByAxis(*(Ladder(run, first, axis, how, doubtless) for axis in ByAxis._fields))
        xi, psi = climb._rungs(ladders, first, 1e-4, how)
        assert psi.size <= share * 1e-4
        assert xi.size <= 1.001 * how.share[0] * (1e-4 - psi.size)
        shares[share] = psi.size, xi.nodes
    assert shares[0.01][0] < shares[0.5][0] and shares[0.01][1] <= shares[0.5][1]


@pytest.mark.parametrize(("name", "ratio"), [("heavy_tails", 2.0), ("three_states", 1.45)])
def test_where_nodes_gather_psi_rungs_are_compared_with_twice_their_nodes(
    name: str, ratio: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neighbours are alike more often there: 25 nodes and 37, where a rare event is one payoff."""
    run, first = metered(name)
    assert bool(first.space.clusters) == (ratio == HOW.gathered)
    rungs, measure = [], Ladder._rung

    def rung(self: Ladder, nodes: int, after: int, below: Rung | None) -> Rung:
        rungs.append((nodes, after))
        return measure(self, nodes, after, below)

    monkeypatch.setattr(Ladder, "_rung", rung)
    Ladder(run, first, "psi", HOW, DOUBT).climb(1e-7)
    assert len(rungs) > 1
    for nodes, after in rungs:
        assert ratio <= (after - 1) / (nodes - 1) or ratio <= after / nodes


def test_there_a_rung_is_a_grid_that_was_solved_if_hardly_more_nodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, first = metered("heavy_tails")
    solved_on, measure = list[int](), Ladder._rung

    def rung(self: Ladder, nodes: int, after: int, below: Rung | None) -> Rung:
        solved_on.extend((nodes, after))
        return measure(self, nodes, after, below)

    monkeypatch.setattr(Ladder, "_rung", rung)
    found = {}
    for alike in (1.0, HOW.alike):
        how = replace(HOW, alike=alike)
        found[alike] = Ladder(run, first, "psi", how, DOUBT).climb(1e-4).nodes
        grids, solved_on = len(set(solved_on)), []
        assert grids == (5 if alike == 1.0 else 4)
    assert 1.0 < found[HOW.alike] / found[1.0] <= HOW.alike


def test_a_grid_that_both_ladders_have_is_solved_once() -> None:
    """Xi is looked at on all the lines; the ladder along psi had as many xi nodes."""
    run, first = metered("three_states")
    for thinner in (1.0, 1.2):
        how = replace(JUMPED, thinner=thinner, some=1.0, begun_steps=(6.2, 6.2))
        ladders = ByAxis(*(Ladder(run, first, axis, how, DOUBT) for axis in ByAxis._fields))
        lines = climb._rungs(ladders, first, 1e-3, how).psi.nodes
        nodes = first.space.n_xi
        there, here = ladders.psi.solved(lines), ladders.xi.solved(nodes)
        assert there is not None and here is not None
        assert (there is here) == (thinner == 1.0)
        again = retrace(first, first.space.resized(nodes, lines), here.times)
        assert np.array_equal(here.states, again.states)


def test_but_not_with_other_time_steps() -> None:
    run, first = metered("three_states")
    ladders = ByAxis(*(Ladder(run, first, axis, JUMPED, DOUBT) for axis in ByAxis._fields))
    there = ladders.psi.solved(17)
    ladders.xi.widen(17)
    ladders.xi.shorten(2 * ladders.psi.steps)
    ladders.xi.borrow(there)
    assert ladders.xi.known(first.space.n_xi) is None


def test_on_one_line_xi_leaves_less(binary: Solution) -> None:
    run, _ = metered("binary")
    first = retrace(binary, binary.space.resized(36, 1))
    for share in (HOW.on_line, 0.01):
        how = replace(HOW, on_line=share)
        ladders = ByAxis(*(Ladder(run, first, axis, how, DOUBT) for axis in ByAxis._fields))
        xi, psi = climb._rungs(ladders, first, 1e-6, how)
        assert psi.nodes == 1 and 0.3 * share * 1e-6 < xi.size <= 1.001 * share * 1e-6


def test_nodes_hardly_more_than_a_first_pass_has_are_not_held_against_it() -> None:
    """Neighbours may be alike by luck: a change between them, extrapolated, says nothing."""
    run, first = metered("three_states")
    ladder = Ladder(run, first, "xi", HOW, DOUBT)
    close, alone = ladder.at(first.space.n_xi + 1), ladder._rung(first.space.n_xi + 1, 47, None)
    assert close.size == alone.size
    far = 2 * first.space.n_xi
    assert ladder.at(far).size == ladder._rung(far, 90, ladder._rung(36, far, None)).size


def test_work_is_counted_and_ends() -> None:
    run, first = metered("three_states", work=36.0 * 9 * 20)
    with pytest.raises(BudgetSpent):
        Ladder(run, first, "psi", LadderTuning(), DOUBT).climb(1e-9)
    assert run.left < 0.0


def test_one_node_leaves_nothing(binary: Solution) -> None:
    run, _ = metered("binary")
    found = Ladder(run, binary, "psi", LadderTuning(), DOUBT).climb(1e-9)
    assert found.nodes == 1 and found.size == 0.0


def test_kinks_have_ladders_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the other ladders say too little; and on jumps steps have to be short."""
    asked, how = [], Tuning()
    monkeypatch.setattr(accuracy, "climbed", lambda *given: asked.append(given[-1]))
    solve(load_case("inattention"), tol=1e-2)
    assert asked == [how.kinked]
    solve(load_case("three_states"), tol=1e-2)  # as if ladders had led nowhere
    assert asked == [how.kinked, how.ladder, how.kinked]
    monkeypatch.setattr(accuracy, "has_jump", lambda *_: True)
    solve(load_case("inattention"), tol=1e-2)
    assert asked == [how.kinked, how.ladder, how.kinked, how.jumped]


def test_luck_is_not_believed() -> None:
    """An error that hardly shows on a rung is taken from the one below it."""
    run, first = metered("inattention")
    how = replace(Tuning().kinked, luck=(0.0, 0.0), rungs=3)
    xi = Ladder(run, first, "xi", how, DOUBT)
    with pytest.raises(PassError, match="no xi nodes are found to be enough"):
        xi.climb(1e-4)
    assert Ladder(run, first, "xi", Tuning().kinked, DOUBT).climb(1e-4).size <= 1e-4


def test_ladders_that_break_down_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    run, first = metered("three_states")
    monkeypatch.setattr("pdesolve.solver.pde.ladder.retrace", broken)
    with pytest.raises(PassError, match="no psi nodes are found to be enough"):
        Ladder(run, first, "psi", LadderTuning(), DOUBT).climb(1e-6)
    assert run.left > 3.9e6


def test_a_ladder_whose_grid_breaks_down_has_more_time_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From there on, and it alone; the pass has no fewer."""
    steps, usual = list[tuple[int, int]](), retrace

    def fragile(first: Solution, space: Grid, times: Array) -> Solution:
        begun = 1.5 * (first.times.size - 1)
        if space.n_xi > first.space.n_xi and times.size - 1 < begun:  # the next rung along xi
            raise ZeroDivisionError
        steps.append((space.n_xi, times.size - 1))
        return usual(first, space, times)

    monkeypatch.setattr("pdesolve.solver.pde.ladder.retrace", fragile)
    found, plain = solve("three_states", tol=1e-4), solved("three_states", tol=1e-4)
    assert found.converged
    for name in ("price", "variance", "attention"):
        gap = abs(getattr(found.initial, name) - getattr(plain.initial, name))
        assert gap < found.error[name]
    few, more = sorted({count for _, count in steps})
    assert more == np.ceil(1.5 * few) <= found.steps["accepted"]
    assert max(nodes for nodes, count in steps if count == few) < max(steps)[0]


@pytest.mark.parametrize(
    ("hardly", "errors"),
    [
        (0.0, [1e-2, 3e-3, 4e-3, 3e-3, 4e-3, 5e-3, 1e-9]),
        (HOW.hardly, [1e-2, 3e-3, 2.9e-3, 1e-3, 9.9e-4, 9.8e-4, 1e-9]),
    ],
)
def test_ladders_on_which_errors_grow_are_left(
    monkeypatch: pytest.MonkeyPatch, hardly: float, errors: list[float]
) -> None:
    """Or hardly fall: the first rung at which they have done so twice in a row is the last."""
    run, first = metered("three_states")
    errors = [*errors]

    def rung(self: Ladder, nodes: int, after: int, below: Rung | None) -> Rung:
        return Rung(nodes, {}, errors.pop(0))

    monkeypatch.setattr(Ladder, "_rung", rung)
    with pytest.raises(PassError, match="no psi nodes are found to be enough"):
        Ladder(run, first, "psi", replace(HOW, hardly=hardly), DOUBT).climb(1e-6)
    assert errors == [1e-9]


@pytest.mark.parametrize("times", [1, 2])
def test_more_time_steps_where_ladders_lead_nowhere(
    monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Twice as many, and twice again."""
    steps, usual = list[int](), Ladder.climb

    def climb(self: Ladder, target: float) -> Rung:
        steps.append(self._first.steps["accepted"])
        if len(steps) <= times:
            raise PassError("errors grow", None, 0)
        return usual(self, target)

    monkeypatch.setattr(Ladder, "climb", climb)
    found, plain = solve("three_states", tol=1e-3), solved("three_states", tol=1e-3)
    assert found.converged
    assert abs(found.initial.price - plain.initial.price) < found.error["price"]
    assert steps[times] == 2**times * steps[0] <= found.steps["accepted"]


def test_four_times_as_many_where_twice_break_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first pass among them, which had its steps where its own nodes called for them."""
    passes, usual, climb = list[int](), Metered.along, Ladder.climb

    def along(self: Metered, found: Solution, grid: Grid, times: Array) -> Solution:
        passes.append(times.size - 1)
        if len(passes) == 1:
            raise PassError("the steps are unstable", None, 0)
        return usual(self, found, grid, times)

    def breaks(self: Ladder, target: float) -> Rung:
        if not passes:
            raise PassError("errors grow", None, 0)
        return climb(self, target)

    monkeypatch.setattr(Metered, "along", along)
    monkeypatch.setattr(Ladder, "climb", breaks)
    found, plain = solve("three_states", tol=1e-3), solved("three_states", tol=1e-3)
    assert found.converged
    assert abs(found.initial.price - plain.initial.price) < found.error["price"]
    assert passes[1] == 2 * passes[0] <= found.steps["accepted"]


@pytest.mark.parametrize("whole", [True, False])
def test_steps_that_lines_needed_are_those_of_nodes_on_as_many_lines(whole: bool) -> None:
    """If xi is looked at on all the lines; on few of them fewer do."""
    run, first = metered("three_states")
    how = replace(HOW, whole=whole)
    ladders = ByAxis(*(Ladder(run, first, axis, how, DOUBT) for axis in ByAxis._fields))
    begun = ladders.xi.steps
    ladders.psi.shorten(3 * begun)
    climb._rungs(ladders, first, 1e-3, how)
    assert ladders.xi.steps == (3 * begun if whole else begun)


def test_a_pass_that_blew_up_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its values are nowhere near a first pass's: all again with more steps."""
    passes, usual = list[int](), Metered.along

    def along(self: Metered, found: Solution, grid: Grid, times: Array) -> Solution:
        passes.append(times.size - 1)
        one = usual(self, found, grid, times)
        return replace(one, states=1e3 * one.states) if len(passes) == 1 else one

    plain = solved("three_states", tol=1e-3)
    monkeypatch.setattr(Metered, "along", along)
    found = solve("three_states", tol=1e-3)
    assert found.converged and len(passes) == 3  # what blew up, a first one in more steps, the last
    assert abs(found.initial.price - plain.initial.price) < found.error["price"]
    assert found.steps["accepted"] == passes[2] >= passes[1] > passes[0]


@pytest.mark.parametrize(("fixed", "tries"), [({}, 1), ({"numerics.xi_nodes": 40}, 3)])
def test_not_where_that_takes_more_work_than_there_is(
    monkeypatch: pytest.MonkeyPatch, fixed: dict[str, object], tries: int
) -> None:
    """There is no limit where the case file says how many nodes."""
    tried = list[float]()

    def climb_(self: Ladder, target: float) -> Rung:
        tried.append(self._run.left)
        self._run.left *= 0.6
        raise PassError("errors grow", None, 0)

    monkeypatch.setattr(Ladder, "climb", climb_)
    solve(load_case("three_states", fixed), tol=1e-2)
    assert len(tried) == 2 * tries  # without kinks, and as if there were some


@pytest.mark.parametrize("breaks", [False, True])
def test_an_accepted_pass_is_continued_on_a_wider_domain(
    monkeypatch: pytest.MonkeyPatch, breaks: bool
) -> None:
    """With nodes as close, by the same ladders; by new ones if that breaks down."""
    climbs, usual, plain = list[str](), Ladder.climb, solved("three_states", tol=1e-3)

    def climb_(self: Ladder, target: float) -> Rung:
        climbs.append(self._axis)
        return usual(self, target)

    monkeypatch.setattr(Ladder, "climb", climb_)
    if breaks:
        monkeypatch.setattr(climb, "_over", lambda *_: None)
    certain = Tuning(certificate=CertificateTuning(leaving=1e-100))  # 21 deviations
    found = solve("three_states", tol=1e-3, tuning=certain)
    assert found.converged
    assert climbs == ["psi", "xi"] * (1 + breaks)
    assert abs(found.initial.price - plain.initial.price) < found.error["price"]
    assert found.space.xi[0, -1] > 1.2 * plain.space.xi[0, -1]


def test_nodes_as_close_on_a_wider_domain() -> None:
    case = load_case("three_states")
    narrow = choose_domain(Economy.of(case), 1e-4)
    wider = replace(narrow, reach=1.5 * narrow.reach, psi_top=1.5 * narrow.psi_top)
    grid, start = narrow.grid(60, 17, 8), narrow.start
    found = as_close(wider, grid, start)
    assert found.xi[-1, -1] > grid.xi[-1, -1] and found.psi_known > grid.psi_known
    assert 0.8 < np.diff(found.eta).max() / np.diff(grid.eta).max() <= 1.0
    apart = [
        np.interp(start, (one.xi[0, 1:] + one.xi[0, :-1]) / 2, np.diff(one.xi[0]))
        for one in (found, grid)
    ]
    assert 0.8 < apart[0] / apart[1] < 1.01
    assert as_close(narrow, grid, start) == grid


def broken(*_: object) -> Solution:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "name", ["baseline", "mixture", pytest.param("three_states", marks=pytest.mark.slow)]
)
def test_bars_are_not_much_wider_than_errors(name: str) -> None:
    found, better = solved(name, tol=1e-5), solved(name, tol=1e-7)
    errors = {
        field: abs(getattr(found.initial, field) - getattr(better.initial, field))
        for field in found.error
    }
    assert all(errors[field] <= found.error[field] for field in errors)
    assert max(errors[field] / found.error[field] for field in errors) > 0.1


@pytest.mark.parametrize("size", [3e-5, 5e-5, 1e-4, 1.6e-4, 2.5e-4, 2e-3])
@pytest.mark.parametrize("order", [2.0, 5.0, 7.3])
def test_coarse_grids_have_as_many_nodes_as_some_rung(
    monkeypatch: pytest.MonkeyPatch, size: float, order: float
) -> None:
    """Between them an error may be another by luck; on finer ones it falls from node to node."""
    run, first = metered("baseline")
    scales, solved_on = error_scales(first), set[int]()

    def rung(self: Ladder, nodes: int, after: int, below: Rung | None) -> Rung:
        solved_on.update((nodes, after))
        left = size * (36.0 / nodes) ** order
        return Rung(nodes, {n: np.array([left * scale]) for n, scale in scales.items()}, left)

    monkeypatch.setattr(Ladder, "_rung", rung)
    found = Ladder(run, first, "xi", HOW, DOUBT).climb(2.0 * HOW.rough_target)
    assert found.size <= 2.0 * HOW.rough_target
    assert found.nodes in solved_on


def test_finer_grids_have_as_many_nodes_as_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    run, first = metered("baseline")
    scales, solved_on = error_scales(first), set[int]()

    def rung(self: Ladder, nodes: int, after: int, below: Rung | None) -> Rung:
        solved_on.update((nodes, after))
        left = 1.07e-4 * (36.0 / nodes) ** 7.3
        return Rung(nodes, {n: np.array([left * scale]) for n, scale in scales.items()}, left)

    monkeypatch.setattr(Ladder, "_rung", rung)
    found = Ladder(run, first, "xi", HOW, DOUBT).climb(0.4 * HOW.rough_target)
    assert found.size <= 0.4 * HOW.rough_target
    assert found.nodes not in solved_on


@pytest.mark.parametrize("stuck", [False, True])
def test_no_long_step_from_nodes_that_do_not_resolve_what_there_is(
    monkeypatch: pytest.MonkeyPatch, stuck: bool
) -> None:
    """Along xi, where the error did not fall between two rungs, the last is near one measured."""
    run, first = metered("baseline")
    scales, few = error_scales(first), 1.3 * first.space.n_xi if stuck else 1.0
    steps = []
    tried = list[int]()

    def rung(self: Ladder, nodes: int, after: int, below: Rung | None) -> Rung:
        tried.append(nodes)
        size = 1e-3 * (36.0 / max(nodes, few)) ** 6.5
        error = {name: np.array([size * scale]) for name, scale in scales.items()}
        return Rung(nodes, error, size)

    monkeypatch.setattr(Ladder, "_rung", rung)
    for target in np.geomspace(1e-8, 1e-6, 9):
        tried.clear()
        found = Ladder(run, first, "xi", HOW, DOUBT).climb(target)
        assert found.size <= target
        steps.append(found.nodes / max(tried))
    assert (max(steps) <= HOW.fewer) == stuck


def test_nor_from_a_rung_that_leaves_much(monkeypatch: pytest.MonkeyPatch) -> None:
    run, first = metered("baseline")
    tried, how = list[int](), replace(HOW, rough_target=1.0)

    def rung(self: Ladder, nodes: int, after: int, below: Rung | None) -> Rung:
        tried.append(nodes)
        size = 2.0 * HOW.rough_rung * (36.0 / nodes) ** 6.5
        error = {name: np.array([size * scale]) for name, scale in error_scales(first).items()}
        return Rung(nodes, error, size)

    monkeypatch.setattr(Ladder, "_rung", rung)
    found = Ladder(run, first, "xi", how, DOUBT).climb(0.15 * HOW.rough_rung)
    assert len(tried) > 1
    assert found.nodes <= HOW.fewer * max(tried)


def test_a_ladder_on_too_few_nodes_across_is_climbed_again() -> None:
    """31 xi nodes saw less than half of what too few along psi leave, and its bar said so."""
    found = solve(family_case("smoothed samples", 80502), tol=1e-4)
    space = found.space
    lines = retrace(found, space.resized(space.n_xi, 2 * space.n_psi - 1), found.times)
    moved = change(lines, found, DOUBT)
    assert found.converged
    assert all(moved[name] <= found.bars[name] for name in moved)
