"""The result of colouring: who becomes async, who waits otherwise, and why."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from asyncify.analysis.kept_calls import KeptCalls
from asyncify.analysis.operators import Operation
from asyncify.analysis.points import Point
from asyncify.analysis.script_blocks import ScriptBlock
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.twins import Twins
from asyncify.analysis.values import Fn
from asyncify.analysis.wrappers import Wrappers
from asyncify.knowledge.barriers import Barrier
from asyncify.model.edit import Finding


@dataclass(frozen=True)
class Reason:
    """Why a function changes: in words, at which line, and the function behind it (None for a place that waits)."""

    text: str
    path: str
    line: int
    via: FunctionInfo | None = None


@dataclass
class Colouring:
    """The result.

    becomes_async: plain functions that become `async def`.
    bridged: functions that stay plain and wait through SQLAlchemy's greenlet.
    entries: sync entry points that become async with `asyncio.run` around them.
    points: the places that wait by themselves, by node.
    spawned: library calls (`sorted(...)`) that run as a whole in the greenlet.
    unrolled: calls of `map` and `filter` that become comprehensions.
    unwrapped: awaited calls that run a lambda in a thread; its body is awaited instead.
    lambdas: lambdas that give the coroutine of the call that is their body; who calls them awaits.
    bridged_lambdas: lambdas that wait somewhere inside; who calls them runs them in the greenlet.
    written_out: lambdas for a library that become an async function in front of their statement.
    scripts: statements at the top of a module that go into an async function, with the block they belong to.
    one_loop: files of scripts that wait at their top in several places, all of them in one loop.
    barriers: what keeps a function that waits from becoming a coroutine function for its callers.
    kept: functions that stay as they are: SQLAlchemy gives them sync sessions (event listeners, `run_sync` callbacks),
    a person keeps them synchronous, or they open their own. kept_calls: how async code uses those of a person.
    own_loops: whether parts of the program run event loops of their own, beside that of the server.
    loops_at_import: the files that do so while they are imported.
    events: by file, places that fire an attribute event whose listener waits.
    twins: what they need: engines and factories that stay sync, or that get a sync twin.
    forked: wrappers of decorators that are needed twice, plain and async.
    """

    becomes_async: dict[FunctionInfo, Reason] = field(default_factory=dict)
    bridged: dict[FunctionInfo, Reason] = field(default_factory=dict)
    entries: dict[FunctionInfo, Reason] = field(default_factory=dict)
    points: dict[ast.AST, Point] = field(default_factory=dict)
    spawned: set[ast.AST] = field(default_factory=set)
    unrolled: set[ast.AST] = field(default_factory=set)
    unwrapped: set[ast.AST] = field(default_factory=set)
    lambdas: set[ast.Lambda] = field(default_factory=set)
    bridged_lambdas: set[ast.Lambda] = field(default_factory=set)
    written_out: set[ast.Lambda] = field(default_factory=set)
    scripts: dict[ast.stmt, ScriptBlock] = field(default_factory=dict)
    one_loop: set[str] = field(default_factory=set)
    barriers: dict[FunctionInfo, Barrier] = field(default_factory=dict)
    kept: set[FunctionInfo] = field(default_factory=set)
    kept_calls: KeptCalls = field(default_factory=KeptCalls)
    twins: Twins = field(default_factory=Twins)
    own_loops: bool = False
    loops_at_import: set[str] = field(default_factory=set)
    events: dict[str, list[Operation]] = field(default_factory=dict)
    forked: dict[FunctionInfo, Reason] = field(default_factory=dict)
    wrappers: Wrappers = field(default_factory=Wrappers)
    findings: list[Finding] = field(default_factory=list)

    def runs(self, target: Fn) -> FunctionInfo:
        """The function that decides what a call gives: one that is wrapped, where its wrapper is as it is."""
        for info in self.wrappers.chain(target):
            if info in self.becomes_async or info in self.bridged:
                break
        return info

    def waits(self, function: FunctionInfo) -> bool:
        """Whether calling a function gives a coroutine (or async generator) in the end."""
        return function in self.becomes_async or function.is_async

    def is_async_context(self, function: FunctionInfo | None) -> bool:
        """Whether `await` can stand in the body of a function."""
        if function is None:
            return False
        return function in self.becomes_async or function.is_async or function in self.forked
