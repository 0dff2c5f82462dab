"""Short names for long lists of numbers, so that signatures can be read."""

from dataclasses import fields


class Brief:
    """A dataclass with a default for every field, whose repr has what differs from them."""

    def __repr__(self) -> str:
        usual = type(self)()
        values = {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]
        said = [f"{name}={x!r}" for name, x in values.items() if x != getattr(usual, name)]
        return f"{type(self).__name__}({', '.join(said)})"
