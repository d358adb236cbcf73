"""Memory while a program is analysed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Do without the cyclic garbage collector for a while.

    A program is millions of objects that live until the end; each pass of the collector goes over all of them and
    finds nothing. `ast.parse` alone takes half its time without.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
