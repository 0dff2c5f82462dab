"""The root of the package's exceptions."""


class PdesolveError(Exception):
    """What went wrong, in one sentence.

    Every exception class of the package is one of these, and a ``ValueError`` too if the input is
    to blame. Arguments that no function can take (a negative psi, a page of three parameters) get
    a plain ``ValueError``, as everywhere in Python.
    """
