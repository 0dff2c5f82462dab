"""The commands ``list``, ``show`` and ``new``: which cases there are, what is in one, a new one."""

import argparse
import os
from pathlib import Path
from typing import Any

from pdesolve.case import case_names, case_to_dict, case_to_toml, load_case
from pdesolve.case.keys import CHOICES, Listed, list_keys
from pdesolve.case.sources import nearest
from pdesolve.case.template import new_case
from pdesolve.cli.common import (
    BAD_INPUT,
    DONE,
    Stop,
    add_case,
    add_command,
    add_json,
    completed,
    read_case,
    text_file,
)
from pdesolve.files import write_file

LONGEST = 20  # numbers of a list that are all shown


def add_list(commands: Any) -> None:
    """Add the command ``list``."""
    add_command(commands, "list", "named cases, one line each", _list, ["list"])


def add_show(commands: Any) -> None:
    """Add the command ``show``."""
    about = "a case after defaults and overrides, as TOML"
    examples = [
        "show baseline",
        "show normal --set market.horizon=2 > longer.toml",
        "show --keys",
    ]
    parser = add_command(commands, "show", about, _show, examples)
    add_case(parser, optional=True)
    parser.add_argument("--keys", action="store_true", help="every key of a case file, with range")
    add_json(parser)


def add_new(commands: Any) -> None:
    """Add the command ``new``."""
    about = "write a commented case file to start from"
    examples = ["new my_case.toml", "new returns.toml --payoff sample"]
    parser = add_command(commands, "new", about, _new, examples)
    parser.add_argument("path", metavar="PATH", help="the file, which must not be there: NAME.toml")
    kinds = ", ".join(CHOICES["payoff.kind"].classes)
    option = parser.add_argument(
        "--payoff", metavar="KIND", default="discrete", help=f"{kinds} (default: discrete)"
    )
    completed(option, lambda **_: list(CHOICES["payoff.kind"].classes))


def _list(_: argparse.Namespace) -> int:
    """Print name and title of every named case."""
    titles = {name: load_case(name).title for name in case_names()}
    width = max(map(len, titles), default=0)
    print("\n".join(f"{name:{width}}  {title}" for name, title in titles.items()))
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    """Print a case, or what every key is."""
    case = None
    if arguments.keys:
        if arguments.case is not None or arguments.set:
            raise Stop(BAD_INPUT, "--keys lists the keys of every case: it takes no CASE, no --set")
        table: dict[str, Any] = {"keys": [_entry(one) for one in list_keys()]}
    else:
        if arguments.case is None:
            raise Stop(BAD_INPUT, "the following arguments are required: CASE (or --keys)")
        case = read_case(arguments)
        table = {"case": case.name, **case_to_dict(case)}
    if arguments.json:
        import json

        from pdesolve.files import plain

        print(json.dumps(plain(table), indent=2, allow_nan=False))
    else:
        print(_keys() if case is None else case_to_toml(case, longest=LONGEST), end="")
    return DONE


def _entry(one: Listed) -> dict[str, Any]:
    """All that is said about a key."""
    key = one.key
    return {
        "key": key.name,
        "kinds": one.kinds,
        "unit": key.about.unit,
        "range": key.range,
        "required": key.required,
        "default": key.preset,
        "meaning": key.about.meaning,
    }


def _keys() -> str:
    """A line for every key of a case file."""
    keys = list_keys()
    width = max(len(one.key.name) for one in keys)
    return "".join(
        f"{one.key.name:{width}}  {one.only}{one.key.said(one.key.usual)}\n" for one in keys
    )


def _new(arguments: argparse.Namespace) -> int:
    """Write a new case file."""
    path, kinds = Path(arguments.path), list(CHOICES["payoff.kind"].classes)
    if arguments.payoff not in kinds:
        close = ", ".join(nearest(arguments.payoff, kinds)) or "none"
        rule = f"must be one of {', '.join(kinds)}"
        raise Stop(BAD_INPUT, f"--payoff {rule}, got {arguments.payoff!r}; nearest: {close}")
    if path.suffix != ".toml":
        raise Stop(BAD_INPUT, f"PATH must end in .toml, got {arguments.path!r}")
    try:
        if os.path.lexists(path):
            raise FileExistsError(0, "it is there already")
        write_file(path, text_file(new_case(arguments.payoff)))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        rule = "must be a new file that can be written"
        raise Stop(BAD_INPUT, f"PATH {rule}, got {arguments.path!r} ({why})") from error
    print(f"wrote {path}")
    return DONE
