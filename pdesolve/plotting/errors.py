"""Why a picture could not be made; apart, so that asking costs no import of matplotlib."""

from pdesolve.case.errors import PdesolveError


class FigureError(PdesolveError, RuntimeError):
    """A figure of the gallery that could not be solved for, in one sentence."""
