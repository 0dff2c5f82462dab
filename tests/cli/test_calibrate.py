"""`pdesolve calibrate`."""

import json
import re
from pathlib import Path

import pytest

from pdesolve.cli import program as cli
from pdesolve.studies.calibration import fit, starts
from tests.tools.program import Capture, forbid, json_only
from tests.tools.sweeps import COST, RHO

FREE = f'[free."{RHO}"]\nstart = 1.2\nlow = 0.2\nhigh = 5\n'
TARGETS = "[targets]\nprice = { value = 0.335, sd = 0.001 }\n"
HUGE = "1" + 400 * "0"
NAMES = [f"binary-calibrate.{ending}" for ending in ("nc", "json", "csv", "tex", "svg")]
STORE = "binary-calibrate.jsonl"
WORDS = ["calibrate", "binary", "--tol", "1e-3"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "targets.toml"
    path.write_text(FREE + TARGETS)
    return path


def test_json_is_as_agreed(file: Path, capsys: Capture) -> None:
    assert cli.main([*WORDS, str(file), "--json"]) == 0
    out, err = capsys.readouterr()
    said = json_only(out)
    assert err == ""
    parameter = said["parameters"][RHO]
    assert set(parameter) >= {"value", "standard_error", "start", "low", "high", "at_bound"}
    assert (parameter["start"], parameter["low"], parameter["high"]) == (1.2, 0.2, 5.0)
    target = said["targets"]["price"]
    assert set(target) >= {"target", "model", "sd", "residual"}
    assert target["model"] == pytest.approx(0.335, abs=1e-5)
    assert (said["converged"], said["rank"], said["degrees_of_freedom"]) == (True, 1, 0)
    assert set(said) >= {"message", "condition_number", "chi_squared", "solves", "seconds"}


def test_a_table_files_and_a_picture(
    file: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    words = [*WORDS, str(file), "--out", str(out), "--format", "svg"]
    assert cli.main(words) == 0
    text, err = capsys.readouterr()
    assert err == "" and "1 parameter from 1 target" in text and RHO in text
    assert sorted(path.name for path in out.iterdir()) == sorted([*NAMES, STORE])
    assert all(f"wrote {out / name}" in text for name in [*NAMES, STORE])
    store = (out / STORE).read_bytes()
    monkeypatch.setattr(fit, "search_all", spy := Spy(starts.search_all))
    assert cli.main(words) == 0  # goes on from there
    assert spy.called and (out / STORE).read_bytes() == store
    capsys.readouterr()
    file.write_text(FREE + TARGETS.replace("0.335", "0.336"))
    assert cli.main(words) == 2  # of other targets
    assert "price was 0.335, is now 0.336" in capsys.readouterr().err


class Spy:
    """A function that remembers that it was called."""

    def __init__(self, function: object) -> None:
        self._function, self.called = function, False

    def __call__(self, *arguments: object) -> object:
        self.called = True
        return self._function(*arguments)  # type: ignore[operator]


def test_what_is_not_identified_ends_with_status_one(file: Path, capsys: Capture) -> None:
    more = f'[free."market.supply_volatility"]\n[free."{COST}"]\n'
    file.write_text(FREE + more + TARGETS)
    assert cli.main([*WORDS, str(file), "--force"]) == 1
    out, err = capsys.readouterr()
    assert "rank 1 of 3, not identified" in out
    assert err.startswith("pdesolve: binary: converged, but not identified")
    assert err.count("\n") == 1 and "no target notices if " in err


def test_a_profile_is_printed(file: Path, capsys: Capture) -> None:
    assert cli.main([*WORDS, str(file), "--profile", RHO]) == 0
    assert re.search(
        rf"interval of {RHO} by its profile: [\d.]+ to [\d.]+\n", capsys.readouterr().out
    )


def test_quotes_are_read_from_beside_the_file(
    file: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quotes.csv").write_text("strike,call,sd\n0.4,0.2,0.001\n0.6,0.133,0.001\n")
    file.write_text(FREE + '[[quotes]]\nfile = "quotes.csv"\n')
    monkeypatch.chdir("/")
    assert cli.main([*WORDS, str(file), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["targets"]) == ["call 0.4", "call 0.6"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("free = 1\n", "free must be a table, got 1"),
        (FREE, "there must be at least one target or quote, got none"),
        (TARGETS, "at least one key must be free, got none"),
        ("x =", "must be TOML"),
        (f"{FREE}{TARGETS}[tragets]\n", "tragets is not a known key (nearest: targets)"),
        (
            FREE + "[targets]\nprise = 1\n",
            "targets: no reported value is named 'prise'; nearest: p",
        ),
        (FREE + '[targets]\n"price@2" = {value = 1, sd = 1}\n', "must be from 0 and up to the hor"),
        (FREE + "[targets]\nprice = 1\n", "targets.price.sd is missing: > 0"),
        (FREE + TARGETS.replace("0.001", "0"), "targets.price.sd must be > 0, got 0"),
        (FREE + TARGETS.replace("0.001", "-1"), "targets.price.sd must be > 0, got -1"),
        (FREE + TARGETS.replace("0.001", "1e-300"), "targets.price.sd must be 0 or between 1e-50"),
        (FREE + TARGETS.replace("0.001", HUGE), "targets.price.sd must be 0 or between 1e-50"),
        (FREE + TARGETS.replace("0.335", HUGE), "targets.price.value must be 0 or between 1e-50"),
        (FREE.replace("1.2", HUGE) + TARGETS, f"free.{RHO}.start must be 0 or between 1e-50"),
        (f"covariance = [[{HUGE}]]\n{FREE}[targets]\nprice = 1\n", "a list of 1 rows of 1 numbers"),
        (
            FREE + TARGETS.replace("0.335", '"a"'),
            "targets.price.value must be a finite number, got",
        ),
        (FREE + TARGETS.replace("0.335", "nan"), "must be a finite number, got nan"),
        (
            FREE + TARGETS.replace("sd", "se"),
            "targets.price.se is not a known key (nearest: value, sd)",
        ),
        (f"covariance = [[1, 2]]\n{FREE}[targets]\nprice = 1\n", "must have 1 rows and columns"),
        (f"covariance = [[-1.0]]\n{FREE}[targets]\nprice = 1\n", "must be positive definite"),
        (f"covariance = [[1.0]]\n{FREE}{TARGETS}", "sd must be absent where the covariance is"),
        (FREE.replace("1.2", "9") + TARGETS, f"free.{RHO}.start must be from low = 0.2 to high"),
        (FREE.replace("1.2", "-1") + TARGETS, f"free.{RHO}.start must be > 0, got -1"),
        (FREE.replace("low = 0.2", "low = 7") + TARGETS, f"free.{RHO}.low must be < high = 5"),
        (FREE.replace("low", "lo") + TARGETS, f"free.{RHO}.lo is not a known key (nearest: low"),
        (FREE.replace("1.2", "true") + TARGETS, f"free.{RHO}.start must be a number, got true"),
        (FREE.replace("aversion", "avers") + TARGETS, f"is not a key of the case (nearest: {RHO}"),
        (FREE.replace(RHO, "attention.signals") + TARGETS, "must be a real key of the case, got 1"),
        (FREE.replace(RHO, "payoff.kind") + TARGETS, "real key of the case, got 'discrete'"),
        ('[free."attention.capacity"]\n' + TARGETS, "start must be given: it is inf in the case"),
        (FREE + f'[free."{COST}"]\n' + TARGETS, "2 free parameters need at least as many targets"),
        (
            FREE + f"[[quotes]]\nstrike = 0.4\ncall = {HUGE}\nsd = 0.1\n",
            "quotes[0].call must be 0 or between 1e-50",
        ),
        (
            FREE + "[[quotes]]\nstrike = 0.4\ncall = 0.2\nsd = 0\n",
            "quotes[0].sd must be > 0, got 0",
        ),
        (FREE + "[[quotes]]\nstrike = 0.4\nsd = 1\n", "call is missing"),
        (FREE + '[[quotes]]\nfile = "none.csv"\n', "must be a readable file"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_solved(
    text: str, message: str, file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "search_all", forbid)
    file.write_text(text)
    out = file.parent / "out"
    assert cli.main(["calibrate", "binary", str(file), "--out", str(out)]) == 2
    said, err = capsys.readouterr()
    assert said == "" and err.count("\n") == 1, err
    assert err.startswith(f"pdesolve: {file}") and message in err, err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--starts", "0"], "--starts: must be at least 1, got '0'"),
        (["--profile", COST], f"--profile must be a free key, got '{COST}'; nearest: {RHO}"),
        (["--format", "png"], "--format needs --out"),
    ],
)
def test_bad_options_are_one_line(
    words: list[str], message: str, file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "search_all", forbid)
    assert cli.main(["calibrate", "binary", str(file), *words]) == 2
    said, err = capsys.readouterr()
    assert said == "" and message in err and err.count("\n") == 1


def test_every_fault_of_the_free_keys_is_said(file: Path, capsys: Capture) -> None:
    file.write_text(FREE.replace("1.2", "9") + f'[free."{COST}"]\nlow = -1\n' + TARGETS)
    assert cli.main(["calibrate", "binary", str(file)]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_quotes_of_a_key_may_be_left_out(file: Path, capsys: Capture) -> None:
    file.write_text("[free.market.risk_aversion]\nstart = 9\nhigh = 5\n" + TARGETS)
    assert cli.main(["calibrate", "binary", str(file)]) == 2
    assert f"free.{RHO}.start must be from" in capsys.readouterr().err
