"""Elements along psi of unlike lengths: where how many of them are."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True)
class Density:
    """Elements per unit of eta, in proportion.

    Attributes
    ----------
    cuts : tuple of float
        Values of eta at which it changes, increasing from above 0.
    sizes : tuple of float
        It below the first of those, between any two, and above the last.
    """

    cuts: tuple[float, ...]
    sizes: tuple[float, ...]

    @classmethod
    def of(cls, table: Any) -> "Density":
        """Read it from a table of numbers, as `dataclasses.asdict` makes one.

        Raises
        ------
        ValueError
            If that is not what it is.
        """
        try:
            cuts, sizes = (tuple(map(float, table[name])) for name in ("cuts", "sizes"))
        except (KeyError, TypeError, ValueError):
            cuts, sizes = (), ()
        rising = np.diff([0.0, *cuts, np.inf])
        if len(sizes) != rising.size or not (np.isfinite(sizes).all() and min(sizes) > 0.0):
            raise ValueError("a density that is none")
        if not (rising > 0.0).all():
            raise ValueError("a density that is none")
        return cls(cuts=cuts, sizes=sizes)

    def place(self, shares: Array, top: float) -> Array:
        """Values of eta below which there are these shares of all elements up to `top`."""
        edges, counts = self._counted(top)
        return np.interp(shares * counts[-1], counts, edges)

    def beyond(self, elements: int, top: float) -> float:
        """How long one more element is, above so many up to `top`."""
        edges, counts = self._counted(top)
        return float(counts[-1] / elements / self.sizes[edges.size - 2])

    def _counted(self, top: float) -> tuple[Array, Array]:
        """Where it changes, from 0 to `top`, and the elements below, in proportion."""
        edges = np.array([0.0, *(cut for cut in self.cuts if cut < top), top])
        lengths = np.diff(edges)
        return edges, np.append(0.0, np.cumsum(lengths * self.sizes[: lengths.size]))
