"""What is in a case, what its keys are, and a new one to start from."""

import json
import tomllib
from pathlib import Path

import pytest

from pdesolve.case import case_from_dict, case_to_dict, load_case
from pdesolve.case.keys import list_keys
from pdesolve.case.parameters import PAYOFFS
from pdesolve.cli import program as cli
from tests.tools.program import Capture, json_only, program


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---------------------------------------------------------------------- show


def test_a_long_list_is_shown_short(capsys: Capture) -> None:
    assert cli.main(["show", "returns"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "values" in line]
    assert line.startswith("values = [") and len(line) < 100
    shown = line.partition("[")[2].partition("]")[0].split(", ")
    values = case_to_dict(load_case("returns"))["payoff"]["values"]
    assert shown == [*map(repr, values[:3]), "…", repr(values[-1])]
    assert "# 500 numbers; --json prints them all" in line


def test_twenty_numbers_are_not_long(capsys: Capture) -> None:
    assert cli.main(["show", "sample"]) == 0
    table = tomllib.loads(capsys.readouterr().out)
    assert case_from_dict(table, "sample") == load_case("sample")


@pytest.mark.parametrize("name", ["returns", "baseline"])
def test_json_is_whole(name: str, capsys: Capture) -> None:
    assert cli.main(["show", name, "--json", "--set", "market.horizon=2"]) == 0
    found = json_only(capsys.readouterr().out)
    case = load_case(name, {"market.horizon": 2})
    assert found.pop("case") == name
    assert found["attention"].pop("capacity") is None  # none is set
    assert case_from_dict(found, name) == case


def test_every_key_has_a_line(capsys: Capture) -> None:
    assert cli.main(["show", "--keys"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [one.key.name for one in list_keys()]
    line = next(line for line in lines if line.startswith("payoff.high") and "lognormal:" in line)
    assert line.endswith("where the lognormal is cut off (money; > 0; to be given)")


def test_every_key_in_json(capsys: Capture) -> None:
    assert cli.main(["show", "--keys", "--json"]) == 0
    keys = json_only(capsys.readouterr().out)["keys"]
    assert [key["key"] for key in keys] == [one.key.name for one in list_keys()]
    found = {(key["key"], *key["kinds"]): key for key in keys}
    assert found["attention.signals",] == {
        "key": "attention.signals",
        "kinds": [],
        "unit": "",
        "range": "a whole number, from 1 to 1000000",
        "required": False,
        "default": "1",
        "meaning": "number J of signals to attend to",
    }
    assert found["payoff.high", "lognormal"]["required"] is True
    assert found["payoff.high", "lognormal"]["default"] is None
    assert found["attention.capacity",]["default"] == "inf"


# ---------------------------------------------------------------------- many faults


def test_every_fault_is_a_line(capsys: Capture, folder: Path) -> None:
    Path("my.toml").write_text('[payoff]\nkind = "lognormal"\n')
    for command in ("show", "solve"):
        assert cli.main([command, "my.toml"]) == 2
        out, err = capsys.readouterr()
        lines = err.splitlines()
        assert out == "" and len(lines) == 7
        assert all(line.startswith("pdesolve: my.toml: ") for line in lines)
        assert any("payoff.high is missing: the greatest payoff" in line for line in lines)
    assert [path.name for path in folder.iterdir()] == ["my.toml"]


def test_faults_of_several_overrides(capsys: Capture) -> None:
    overrides = ["--set", "rho=2", "--set", "market.horizon=-1", "--set", "attention.signals=0"]
    assert cli.main(["solve", "binary", *overrides]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 3
    assert "rho is not a known key (nearest: market.risk_aversion), got 2" in err


def test_a_case_without_a_title_is_called_by_its_name() -> None:
    Path("mine.toml").write_text('extends = "normal"\n')
    done = program("solve", "mine.toml", "--tol", "1e-3")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "mine"


# ---------------------------------------------------------------------- new


@pytest.mark.parametrize("payoff", PAYOFFS)
def test_a_new_case_is_accepted_as_it_is(payoff: str, capsys: Capture) -> None:
    assert cli.main(["new", "my.toml", "--payoff", payoff]) == 0
    assert capsys.readouterr() == ("wrote my.toml\n", "")
    assert cli.main(["show", "my.toml"]) == 0
    assert f'kind = "{payoff}"' in capsys.readouterr().out
    assert [path.name for path in Path().iterdir()] == ["my.toml"]


@pytest.mark.parametrize("payoff", ["normal", "discrete"])
def test_a_new_case_is_solved_as_it_is(payoff: str, capsys: Capture) -> None:
    assert cli.main(["new", "my.toml", "--payoff", payoff]) == 0
    capsys.readouterr()
    assert cli.main(["solve", "my.toml", "--json", "--tol", "1e-3"]) == 0
    assert json.loads(capsys.readouterr().out)["converged"]


def test_a_new_case_is_discrete_unless_told_otherwise() -> None:
    assert cli.main(["new", "my.toml"]) == 0
    assert load_case("./my.toml").payoff.kind == "discrete"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new"], "required: PATH"),
        (["new", "taken.toml"], "PATH must be a new file that can be written, got 'taken.toml'"),
        (["new", "link.toml"], "got 'link.toml' (it is there already)"),
        (["new", "no/my.toml"], "got 'no/my.toml' (No such file or directory)"),
        (["new", "taken.toml/my.toml"], "(Not a directory)"),
        (["new", "my"], "PATH must end in .toml, got 'my'"),
        (["new", "a\0b.toml"], "PATH must be a new file that can be written"),
        (["new", "my.toml", "--payoff", "lognorm"], "got 'lognorm'; nearest: lognormal"),
        (["new", "my.toml", "--payoff", "twin"], "--payoff must be one of discrete, normal, "),
        (["show", "--keys", "binary"], "--keys lists the keys of every case: it takes no CASE"),
        (["show", "--keys", "--set", "market.horizon=1"], "it takes no CASE, no --set"),
        (["show", "--json"], "required: CASE (or --keys)"),
    ],
)
def test_nothing_is_overwritten_and_nothing_is_left(
    arguments: list[str], message: str, capsys: Capture, folder: Path
) -> None:
    Path("taken.toml").write_text("mine")
    Path("link.toml").symlink_to("nowhere")
    before = sorted(folder.rglob("*"))
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.startswith("pdesolve: ") and message in err
    assert sorted(folder.rglob("*")) == before
    assert Path("taken.toml").read_text() == "mine"


def test_a_new_case_that_cannot_be_finished_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, folder: Path
) -> None:
    def full(self: Path, *_: object, **__: object) -> int:
        with self.open("w") as file:
            file.write("# A case")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert cli.main(["new", "my.toml"]) == 2
    assert "(No space left on device)" in capsys.readouterr().err
    assert not list(folder.iterdir())
