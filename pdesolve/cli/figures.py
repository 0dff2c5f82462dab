"""The command ``figures``: the gallery."""

import argparse
from typing import Any

from pdesolve.cli.common import DONE, add_command, read_folder, write


def add_figures(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "figures", "draw the gallery's figures", _figures)
    parser.add_argument("names", metavar="NAME", nargs="*", help="figures; all by default")
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="out",
        help="write NAME.png and NAME.pdf to DIR (default: out)",
    )
    parser.add_argument(
        "--width", metavar="INCHES", default="7", help="7 for a screen (default), 3.3 for a column"
    )
    parser.add_argument("--quick", action="store_true", help="fewer points, lower accuracy")


def _figures(arguments: argparse.Namespace) -> int:
    """Solve for figures one by one, write them and print their captions."""
    from pdesolve.plotting import gallery

    names, width = gallery.chosen(arguments.names), gallery.parse_width(arguments.width)
    files = [f"{name}.{kind}" for name in names for kind in ("png", "pdf")]
    out = read_folder(arguments.out, files)
    assert out is not None
    for name in names:
        picture = gallery.make(name, quick=arguments.quick)
        write(out, gallery.writers(picture, width), quiet=False)
        print(f"{picture.caption}\n", flush=True)
    return DONE
