"""The commands ``list`` and ``show``: which cases there are, and what is in one."""

import argparse
from typing import Any

from pdesolve.case import case_names, case_to_toml, load_case
from pdesolve.cli.common import DONE, add_case, add_command, read_case


def add_list(commands: Any) -> None:
    """Add the command ``list``."""
    add_command(commands, "list", "named cases, one line each", _list, ["list"])


def add_show(commands: Any) -> None:
    """Add the command ``show``."""
    about = "a case after defaults and overrides, as TOML"
    examples = ["show baseline", "show normal --set market.horizon=2 > longer.toml"]
    add_case(add_command(commands, "show", about, _show, examples))


def _list(_: argparse.Namespace) -> int:
    """Print name and title of every named case."""
    titles = {name: load_case(name).title for name in case_names()}
    width = max(map(len, titles), default=0)
    print("\n".join(f"{name:{width}}  {title}" for name, title in titles.items()))
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    """Print a case as TOML."""
    print(case_to_toml(read_case(arguments)), end="")
    return DONE
