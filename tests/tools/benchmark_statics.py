"""What a sweep costs: `python tests/tools/benchmark_statics.py [COUNT]` prints times.

The sweep of the README over COUNT values (15 by default), with its files, and how one of four times
as many scales from one process to two: starting processes takes a second or two, which a sweep this
short feels. Only on cores that are otherwise idle do the numbers mean anything.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUN = "import sys; from pdesolve.cli.program import main; sys.exit(main())"


def seconds(*words: str) -> float:
    """Wall time of the program with these arguments."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", RUN, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main(count: int) -> None:
    """Time the sweep."""
    sweep, more = (
        ["statics", "baseline", "--vary", f"market.risk_aversion=0.5:4:{n}"]
        for n in (count, 4 * count)
    )
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        out = ["--processes", "2", "--out", str(Path(folder) / "out")]
        print(f"{count} points, two processes, all files   {seconds(*sweep, *out):6.1f} s")
        print(f"the same again, from the store       {seconds(*sweep, *out):6.1f} s")
    bare = seconds(*sweep, "--processes", "2", "--no-slopes")
    print(f"{count} points, two processes, table only, no slopes {bare:4.1f} s")
    times = []
    for processes in (1, 2):
        times.append(min(seconds(*more, "--processes", str(processes)) for _ in range(2)))
        print(f"{4 * count} points, {processes} process(es), table only  {times[-1]:6.1f} s")
    print(f"from one process to two: {times[0] / times[1]:.2f} times faster")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
