"""What solving costs: `python tests/tools/benchmark.py [CASE...]` prints a line for each case.

Every case is solved in a process of its own, once plainly, for time and memory, and once with a
clock around the parts: attention (the choice at every node), rates (right-hand sides without it),
factor and solve (the implicit steps), and the rest (priors, interpolation, the driver).

`python tests/tools/benchmark.py --errors [FILE.csv]` prints seconds against true errors instead,
beside those of general tools: see `work_precision.py`.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from pdesolve.studies.executors import THREADS

HEADER = (
    f"{'case':16} {'nodes':>9} {'passes':>6} {'steps':>5} {'evals':>6} {'seconds':>8} "
    f"{'attention':>9} {'rates':>6} {'factor':>6} {'solve':>6} {'rest':>6} {'MB':>5}  verdict"
)
PARTS = ("attention", "rates", "factor", "solve")


class Clock:
    """Time spent in wrapped functions, each without the wrapped ones that it calls."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(PARTS, 0.0)
        self._inner = [0.0]

    def wrap(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed; what it returns is timed as `solve` if it is a function."""

        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            self._inner.append(0.0)
            try:
                result = function(*arguments, **options)
            finally:
                elapsed = time.perf_counter() - began
                self.spent[part] += elapsed - self._inner.pop()
                self._inner[-1] += elapsed
            return self.wrap("solve", result) if callable(result) else result

        return timed


def measure(name: str, clocked: bool) -> dict[str, Any]:
    """Solve a case in this process."""
    solver: Any = import_module("pdesolve.solver.pde.solver")
    system: Any = import_module("pdesolve.solver.pde.system")
    load_case = import_module("pdesolve.case").load_case
    clock, passes, counts = Clock(), [0], {"accepted": 0, "evaluations": 0}

    def counted(single: Callable[..., Any]) -> Callable[..., Any]:
        def one(*arguments: Any, **options: Any) -> Any:
            passes[0] += 1
            found = single(*arguments, **options)
            for key in counts:
                counts[key] += found.steps[key]
            return found

        return one

    for room in ("budget", "ladder", "step_ladder", "contributions"):
        module: Any = import_module(f"pdesolve.solver.pde.{room}")
        for kind in ("run_pass", "retrace"):
            if hasattr(module, kind):
                setattr(module, kind, counted(getattr(module, kind)))
    if clocked:
        whole, local = system.Equilibrium, system.EquilibriumAt
        whole.respond = clock.wrap("attention", whole.respond)
        whole.rates = clock.wrap("rates", whole.rates)
        local.factor = clock.wrap("factor", local.factor)
    began = time.perf_counter()
    found = solver.solve(load_case(name))
    return {
        "nodes": f"{found.space.n_xi}x{found.space.n_psi}",
        "passes": passes[0],
        "steps": counts["accepted"],
        "evals": counts["evaluations"],
        "seconds": time.perf_counter() - began,
        "parts": clock.spent,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "verdict": found.message,
    }


def apart(*arguments: str) -> dict[str, Any]:
    """Measure in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"failure": done.stderr.strip().splitlines()[-1]}
    return dict(json.loads(done.stdout))


def line(name: str) -> str:
    """One line of the table."""
    plain, clocked = apart("--one", name), apart("--one", name, "--clocked")
    if "failure" in plain or "failure" in clocked:
        return f"{name:16} {(plain | clocked)['failure']}"
    shares = [100 * clocked["parts"][part] / clocked["seconds"] for part in PARTS]
    attention, rates, factor, solve = shares
    return (
        f"{name:16} {plain['nodes']:>9} {plain['passes']:6} {plain['steps']:5} "
        f"{plain['evals']:6} {plain['seconds']:8.2f} {attention:8.0f}% {rates:5.0f}% "
        f"{factor:5.0f}% {solve:5.0f}% {100 - sum(shares):5.0f}% {plain['megabytes']:5.0f}  "
        f"{plain['verdict']}"
    )


def start_up() -> float:
    """Seconds of `pdesolve list`, the best of five."""
    code = "import sys; from pdesolve.cli.program import main; sys.exit(main(['list']))"
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        times.append(time.perf_counter() - began)
    return min(times)


def main(arguments: list[str]) -> int:
    """Print the table, or measure one case for it."""
    if arguments[:1] == ["--one"]:
        print(json.dumps(measure(arguments[1], "--clocked" in arguments)))
        return 0
    if arguments[:1] == ["--errors"]:
        os.environ.update(dict.fromkeys(THREADS, "1"))
        sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
        found: int = import_module("tests.tools.work_precision").main(arguments[1:])
        return found
    names = arguments or import_module("pdesolve.case").case_names()
    print(f"{os.cpu_count()} CPUs; steps and evaluations of all passes; shares of a clocked run")
    print(f"pdesolve list: {start_up():.2f} s")
    print(HEADER)
    for name in names:
        print(line(name), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
