"""A commented case file to start from: every key that a case with one kind of payoff may have."""

from textwrap import wrap

from pdesolve.case.keys import CHOICES, FILE_KEYS, Listed, list_keys
from pdesolve.case.sources import toml_value

HEAD = """\
# A case for pdesolve: change what follows. Units of money, shares, time and attention are your own.
# In parentheses: unit, range, and what holds where a key is not given. A line that starts with #
# and no space is a key that is not given here.
"""


def new_case(payoff: str) -> str:
    """Text of a case file, complete as it is, with that kind of payoff."""
    chosen = {"title": "My case", "payoff.kind": payoff}
    kinds = {name: choice.default for name, choice in CHOICES.items()} | chosen
    text, table = HEAD, ""
    for one in list_keys():
        name, belongs = one.key.name, not one.kinds or kinds[one.chooser] in one.kinds
        if one.chooser == "payoff.kind" and not belongs:
            continue
        if (here := name.rpartition(".")[0]) != table:
            table = here
            text += f"\n[{table}]"
        text += _lines(one, chosen.get(name), belongs)
    return text


def _lines(one: Listed, chosen: object, belongs: bool) -> str:
    """A key with its comment."""
    key, kinds = one.key, "" if one.chooser == "payoff.kind" else one.only
    usual = None if key.required or key.default == () else key.default
    given = belongs and (key.required or usual is not None) and key.name not in FILE_KEYS
    value = key.about.example if usual is None else usual
    shown = toml_value(value if chosen is None else chosen)
    comment = "".join(f"# {line}\n" for line in wrap(f"{kinds}{key.said(key.usual)}", 98))
    return f"\n{comment}{'' if given else '#'}{key.field} = {shown}\n"
