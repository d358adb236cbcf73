"""Classes of the tests that stand for a session: what opened one with a call and closed it, enters it now.

Source: SQLAlchemy asyncio documentation, `AsyncSession` as an asynchronous context manager.
"""

from __future__ import annotations

from collections.abc import Iterator

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Obj
from asyncify.model.ops import InsertStatements
from asyncify.transforms.awaiting.blocks import opened_by_blocks
from asyncify.transforms.tests.found import Work

ENTERING = ("__enter__", "__aenter__")

_WHY = "sessions are opened with `async with`"


def plan_entered_doubles(work: Work) -> None:
    """Let them be entered, and close themselves as they are left."""
    for closing in sorted(set(_closings(work)), key=lambda function: (function.path, function.node.lineno)):
        wait = "await " if work.waits(closing) else ""
        text = (
            "async def __aenter__(self):\n    return self\n\n"
            f"async def __aexit__(self, *args):\n    {wait}self.close()\n"
        )
        work.edit(closing.path, closing.node, InsertStatements(f"\n{text}", "after"), _WHY)


def _closings(work: Work) -> Iterator[FunctionInfo]:
    """The methods that close those which cannot be entered."""
    for info in _opened(work):
        if all(work.program.classes.method(info, name) is None for name in ENTERING):
            closing = work.program.classes.method(info, "close")
            if closing is not None and is_test(closing.path):
                yield closing


def _opened(work: Work) -> Iterator[ClassInfo]:
    for module in work.program.modules.values():
        for made in opened_by_blocks(work.program, module):
            for value in work.program.values(made):
                if isinstance(value, Obj) and is_test(value.info.path):
                    yield value.info
