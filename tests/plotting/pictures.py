"""Every figure at low resolution, each computed once a run."""

from functools import cache

from pdesolve.plotting import gallery


@cache
def picture(name: str) -> gallery.Picture:
    return gallery.make(name, quick=True)
