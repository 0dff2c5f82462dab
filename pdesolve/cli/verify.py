"""The command ``verify``: one case through every check."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from pdesolve.cli.common import (
    DONE,
    MISSED,
    Stop,
    add_case,
    add_command,
    add_format,
    add_json,
    picture_files,
    read_case,
    read_folder,
    read_formats,
    text_file,
    write,
)


def add_verify(commands: Any) -> None:
    """Add the command."""
    about = "check a case: error bars, orders of convergence, discrete model, simulation"
    examples = ["verify binary --quick", "verify my_case.toml --out results"]
    parser = add_command(commands, "verify", about, _verify, examples)
    add_case(parser)
    parser.add_argument("--quick", action="store_true", help="fewer resolutions, periods and paths")
    add_json(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="also write CASE-verify.json, .md and a picture to DIR"
    )
    add_format(parser)


def _verify(arguments: argparse.Namespace) -> int:
    """Put a case through every check, print the report, write files if asked to."""
    case, kinds = read_case(arguments), read_formats(arguments)
    name = f"{case.name}-verify"
    out = read_folder(arguments.out, [f"{name}.{ending}" for ending in ("json", "md", *kinds)])
    import json

    from pdesolve.verification import suite
    from pdesolve.verification.summary import as_dict, as_markdown, as_text, verdict

    report = suite.verify(case, quick=arguments.quick, tell=_telling())
    result = json.dumps(as_dict(report), indent=2, allow_nan=False)
    print(result if arguments.json else as_text(report), flush=True)
    if out is not None:
        from pdesolve.plotting.verification_page import render

        files = {
            f"{name}.json": text_file(result + "\n"),
            f"{name}.md": text_file(as_markdown(report)),
            **picture_files(name, lambda kind: render(report, kind), kinds),
        }
        write(out, files, quiet=arguments.json)
    if report.passed:
        return DONE
    raise Stop(MISSED, f"{case.name}: {verdict(report)}")


def _telling() -> Callable[[str], None]:
    """Say on a terminal what comes next."""

    def tell(what: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{what} ...", end="", file=sys.stderr, flush=True)

    return tell
