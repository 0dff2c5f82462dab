"""What is said about a quantity that is computed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pdesolve.model.economy import Economy


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A quantity that is computed, with all that is said about it.

    Attributes
    ----------
    name : str
    long_name, unit : str
        As in the attributes of a data set.
    latex : str
        Its symbol in LaTeX.
    label : str
        What axes and titles call it, with its symbol.
    value : callable or None
        (reading, xi) -> the value there, at psi = 0 and t = 0; of reported quantities. The reading
        is a :class:`pdesolve.solver.reading.Reading`, xi may be an array.
    scale : callable or None
        (economy, initial values) -> what its error is measured against.
    asked : bool
        Whether the tolerance holds for it.
    bar : bool
        Whether an error bar is reported.
    bar_from : callable or None
        (economy, initial values, bars of others) -> the bar, where it follows from theirs; else it
        is measured.
    made_of : callable or None
        (economy, initial values) -> so much of each value that is measured, for small changes;
        where several make it up, whose errors may cancel.
    static : str
        Name of the same with no trade after now; empty if there is none.
    column : str
        Heading in tables and panels over parameters; empty if it is not shown there.
    place : int
        Of that column, from the left.
    """

    name: str = ""
    long_name: str
    unit: str
    latex: str = ""
    label: str = ""
    value: Callable[[Any, Any], Any] | None = None
    scale: Callable[[Economy, Any], float] | None = None
    asked: bool = False
    bar: bool = False
    bar_from: Callable[[Economy, Any, Mapping[str, float]], float] | None = None
    made_of: Callable[[Economy, Any], dict[str, float]] | None = None
    static: str = ""
    column: str = ""
    place: int = 0

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes of a labelled array."""
        return {"units": self.unit, "long_name": self.long_name}
