"""Recipes that change a file of the package, followed in a copy of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

QUANTITY = """    volatility_of_evidence: float = field(
        metadata=_reported(
            long_name="volatility of the evidence kappa",
            unit="1/(money sqrt(time))",
            latex="k",
            label="evidence κ",
            value=lambda at, xi: np.sqrt(at.economy.motion(at.precision_rate(xi)).kappa2),
            scale=lambda economy, initial: economy.rho_sigma,
            bar=True,
            column="evidence",
            place=6,
        )
    )
"""


def edit(copy: Path, name: str, old: str, new: str) -> None:
    path = copy / "pdesolve" / name
    text = path.read_text()
    assert text.count(old) == 1, name
    path.write_text(text.replace(old, new))


def run(copy: Path, *arguments: str) -> str:
    return python(copy, "-m", "pdesolve", *arguments)


def python(copy: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("pdesolve", "cases", "figures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.slow
def test_a_quantity_is_added_with_a_field(copy: Path) -> None:
    run(copy, "solve", "paper", "--tol", "1e-3", "--out", "before")
    marker = "    static_price: float = field(\n"
    edit(copy, "solver/values.py", marker, QUANTITY + marker)
    assert "volatility of evidence" in run(copy, "solve", "binary", "--tol", "1e-3")
    assert '"volatility_of_evidence"' in run(copy, "solve", "binary", "--tol", "1e-3", "--json")
    axis = ["--vary", "market.horizon=0.5:1:2", "--tol", "1e-3", "--processes", "1"]
    assert "evidence" in run(copy, "statics", "binary", *axis, "--slopes", "--out", "swept")
    assert (copy / "swept" / "binary-statics.pdf").stat().st_size > 1000
    checks = run(copy, "verify", "binary", "--quick")
    assert "volatility of evidence" in checks and "no second route is known" in checks
    saved = next((copy / "before").glob("*.nc"))
    code = f"import pdesolve; print(pdesolve.load_solution({str(saved)!r}).bars)"
    assert "'volatility_of_evidence': nan" in python(copy, "-c", code)


@pytest.mark.slow
def test_a_scheme_along_xi_is_added_with_an_order(copy: Path) -> None:
    orders = "ORDERS = (2, 4, 6, 8, 10)"
    edit(copy, "numerics/stencils.py", orders, "ORDERS = (2, 4, 6, 8, 10, 12)")
    rule = 'Rule("one of 2, 4, 6, 8, 10", lambda x: x in (2, 4, 6, 8, 10))'
    new = 'Rule("one of 2, 4, 6, 8, 10, 12", lambda x: x in (2, 4, 6, 8, 10, 12))'
    edit(copy, "case/rules.py", rule, new)
    last = "            10: Study((30, 36, 40, 46), 1e-10),\n"
    more = last + "            12: Study((32, 36, 40, 44), 1e-11),\n"
    edit(copy, "verification/order_studies.py", last, more)
    order = ["--set", "numerics.order=12"]
    run(copy, "solve", "three_states", *order, "--tol", "1e-4", "--out", "out")
    saved = next((copy / "out").glob("*.nc"))
    code = f"""
import pdesolve
print(pdesolve.load_solution({str(saved)!r}).space.order)
from pdesolve.verification.order_studies import xi_table
print(xi_table(12).passed)
from pdesolve.verification.identities import identity_checks
print(all(one.passed for one in identity_checks(pdesolve.load_solution({str(saved)!r}))))
"""
    assert python(copy, "-c", code).split() == ["12", "True", "True"]
