"""One node along an axis only where nothing depends on it."""

import pytest

from pdesolve.case import Numerics, case_names, load_case
from pdesolve.cli import program as cli
from tests.case.writing import GOOD, Write, fault, with_payoff
from tests.tools.program import Capture

XI = "numerics.xi_nodes must be 0 or from 16 to 20000: one node is for a normal payoff only, got 1"
PSI = (
    "numerics.psi_nodes must be 0 or from 8 to 2000:"
    " one node is for a discrete payoff of two values only, got 1"
)


@pytest.mark.parametrize(("key", "message"), [("xi_nodes", XI), ("psi_nodes", PSI)])
def test_one_node_is_refused_where_the_axis_matters(key: str, message: str) -> None:
    kinds = {name: load_case(name).payoff for name in case_names()}
    for name, payoff in kinds.items():
        change = {f"numerics.{key}": 1}
        degenerate = payoff.kind == "normal" if key == "xi_nodes" else _two_values(payoff)
        if degenerate:
            assert load_case(name, change).numerics == _with(name, key)
        else:
            assert fault(name, change) == f"{name} (--set): {message}"


def _two_values(payoff: object) -> bool:
    return len(getattr(payoff, "probabilities", ())) == 2


def _with(name: str, key: str) -> Numerics:
    tolerance = load_case(name).numerics.tolerance
    return Numerics(tolerance=tolerance, **{key: 1})


def test_a_mixture_of_one_component_is_a_normal(write: Write) -> None:
    text = 'kind = "mixture"\nmeans = [1, 1]\nsds = [2, 2]\nweights = [0.5, 0.5]'
    path = write(with_payoff(text))
    assert load_case(path, {"numerics.xi_nodes": 1}).numerics.xi_nodes == 1
    assert PSI in fault(path, {"numerics.psi_nodes": 1})
    assert XI in fault(path, {"numerics.xi_nodes": 1, "payoff.sds": [2, 3]})


def test_the_file_that_asks_for_it_is_blamed(write: Write) -> None:
    write(GOOD + "\n[numerics]\nxi_nodes = 1\n")
    assert fault("my.toml") == f"my.toml: {XI}"
    write('extends = "normal"\n[numerics]\nxi_nodes = 1\n', "base.toml")
    write('extends = "base.toml"\n[payoff]\nkind = "uniform"\nlow = 0\nhigh = 1\n')
    assert fault("my.toml") == f"my.toml: {XI}"


@pytest.mark.parametrize("key", ["xi_nodes", "psi_nodes"])
def test_the_program_says_so_in_a_line(key: str, capsys: Capture) -> None:
    assert cli.main(["solve", "baseline", "--set", f"numerics.{key}=1"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"numerics.{key} must be 0 or from" in err
