"""One thing for each axis of the state grid."""

from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class ByAxis(NamedTuple, Generic[T]):
    """One along xi, one along psi."""

    xi: T
    psi: T
