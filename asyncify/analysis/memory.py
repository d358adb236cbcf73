"""Memory while a program is analysed: what is collected, and how deep calls may go."""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from asyncify.analysis.nodes import children

#: how deep trees may be, far more than people write: what a tool has generated, `"a" + "b" + ...` 1,000 times
DEEPEST = 500
#: calls for one level of a tree, with room: the analysis was seen to make two or three
FRAMES = 12


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


@contextmanager
def deep_calls() -> Iterator[None]:
    """Let functions call themselves for every level of the deepest tree that `is_too_deep` lets pass."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST * FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def is_too_deep(tree: ast.Module) -> bool:
    """Whether a tree has more levels than can be worked on."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [inner for node in level for inner in children(node)]
        if not level:
            return False
    return True
