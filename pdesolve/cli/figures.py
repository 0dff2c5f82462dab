"""The command ``figures``: the gallery."""

import argparse
from functools import partial
from typing import Any

from pdesolve.cli.common import (
    DONE,
    add_command,
    add_format,
    completed,
    picture_files,
    read_folder,
    read_formats,
    write,
)
from pdesolve.cli.completion import figures_like


def add_figures(commands: Any) -> None:
    """Add the command."""
    examples = ["figures response --quick", "figures price value --width 3.3 --format pdf"]
    parser = add_command(commands, "figures", "draw the gallery's figures", _figures, examples)
    names = parser.add_argument("names", metavar="NAME", nargs="*", help="all by default")
    completed(names, figures_like)
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="out",
        help="write the pictures to DIR (default: out)",
    )
    add_format(parser)
    parser.add_argument(
        "--width", metavar="INCHES", default="7", help="7 for a screen (default), 3.3 for a column"
    )
    parser.add_argument("--quick", action="store_true", help="fewer points, lower accuracy")


def _figures(arguments: argparse.Namespace) -> int:
    """Solve for figures one by one, write them and print their captions."""
    from pdesolve.plotting import gallery

    names, width = gallery.chosen(arguments.names), gallery.parse_width(arguments.width)
    kinds = read_formats(arguments)
    files = [f"{name}.{kind}" for name in names for kind in kinds]
    out = read_folder(arguments.out, files)
    assert out is not None
    for name in names:
        picture = gallery.make(name, quick=arguments.quick)
        render = partial(picture.render, width=width)
        write(out, picture_files(name, render, kinds), quiet=False)
        print(f"{picture.caption}\n", flush=True)
    return DONE
