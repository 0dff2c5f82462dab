"""The README's picture: price, variance and attention of the baseline case."""

import sys
from pathlib import Path

import pdesolve
from pdesolve.plots import render


def main(folder: str = ".") -> None:
    """Solve the baseline case and write baseline.png and baseline.pdf into a folder."""
    solution = pdesolve.solve(pdesolve.load_case("baseline"))
    for kind in ("png", "pdf"):
        (Path(folder) / f"baseline.{kind}").write_bytes(render(solution, kind))


if __name__ == "__main__":
    main(*sys.argv[1:])
