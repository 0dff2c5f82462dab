"""The root of all exceptions that the package raises on purpose."""


class PdesolveError(Exception):
    """What went wrong, in one sentence.

    Every exception that the package raises on purpose is one of these, and a ``ValueError`` too if
    the input is to blame.
    """
