"""Wrappers: the inner functions of decorators, and what is known of the functions that they stand for.

A decorator is often used on functions that wait and on functions that do not. Then its wrapper is needed twice, once
plain and once async; what it stands for says which of them a call runs. Source: `inspect.iscoroutinefunction`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from asyncify.analysis.barriers import handing_of
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn, has
from asyncify.knowledge import names
from asyncify.knowledge.barriers import Handing

#: functions that ask whether a function is async. Source: inspect, asyncio; Starlette `_utils`
ASKS = frozenset({"iscoroutinefunction", "is_async_callable"})


@dataclass(frozen=True)
class Wrapper:
    """parameter: the name under which the decorator was given a function. calls: where the wrapper calls it.
    told_apart: the decorator asks itself whether the function is async."""

    function: FunctionInfo
    parameter: str
    calls: tuple[ast.Call, ...]
    told_apart: bool


@dataclass(frozen=True)
class Wrappers:
    """The wrappers of a program whose calls can be told apart by the function that they wrap.

    known: by the inner function. calls: the calls in wrappers of what they wrap, with the wrapper.
    """

    known: Mapping[FunctionInfo, Wrapper] = field(default_factory=dict)
    calls: Mapping[ast.AST, FunctionInfo] = field(default_factory=dict)

    def chain(self, target: Fn) -> Iterator[FunctionInfo]:
        """The functions that a call may run because of how it is coloured: known wrappers, and what is below them."""
        for info in (target.info, *target.wraps):
            yield info
            if info not in self.known:
                return

    def inner(self, target: Fn) -> FunctionInfo:
        """The function below all known wrappers."""
        *_, last = self.chain(target)
        return last


def wrappers_of(program: Program) -> Wrappers:
    """Find the wrappers of a program."""
    found = {f: w for f in _candidates(program) if (w := _look_at(program, f)) is not None}
    return Wrappers(found, {call: f for f, wrapper in found.items() for call in wrapper.calls})


def asks_at_all(source: SourceFile) -> bool:
    """Whether a file asks such a question; most do not, and need no closer look."""
    return any(name in source.text for name in ASKS)


def is_asked_about(source: SourceFile, node: ast.AST) -> bool:
    """Whether a callable is called, or handed over, where the code has asked whether it is async: it has an answer to
    both, `await f()` and `await run_in_threadpool(f)`."""
    text = source.segment(node.func if isinstance(node, ast.Call) else node)
    outer = source.parent(node)
    while outer is not None:
        for asked in ast.walk(outer.test) if isinstance(outer, (ast.If, ast.IfExp)) else ():
            if _asks(asked) and any(source.segment(argument) == text for argument in asked.args):  # type: ignore[attr-defined]
                return True
        outer = source.parent(outer)
    return False


def _asks(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ASKS


def _candidates(program: Program) -> list[FunctionInfo]:
    """Functions that decorators make, unless they are also used in other ways."""
    facts = program.facts
    found = {t.info for targets in (*facts.calls.values(), *facts.handed.values()) for t in targets if t.wraps}
    bare = {t.info for targets in (*facts.calls.values(), *facts.handed.values()) for t in targets if not t.wraps}
    decorating = {t.info for f in program.functions for d in f.node.decorator_list for t in program.calls(d)}
    return [f for f in program.functions if f not in bare and (f in found or f.parent in decorating)]


def _look_at(program: Program, function: FunctionInfo) -> Wrapper | None:
    decorator = function.parent
    if decorator is None or function.is_generator or function.cls is not None:
        return None
    called = {n.func.id for n in function.nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    parameters = [a.arg for a in decorator.parameters if a.arg in called - function.local_names]
    if len(parameters) != 1 or _says_session(program, function):
        return None
    name = parameters[0]
    calls = tuple(n for n in function.nodes if isinstance(n, ast.Call) and _is_name(n.func, name))
    if any(_is_opaque(program, c) for c in calls) or not _only_called(program, function, name, calls):
        return None
    return Wrapper(function, name, calls, told_apart=any(map(_asks, ast.walk(decorator.node))))


def _says_session(program: Program, function: FunctionInfo) -> bool:
    """Whether the wrapper names the type of a session, which cannot be both."""
    annotated = [a for a in function.parameters if a.annotation is not None]
    return any(has(program.values(a), names.SESSION, names.CONNECTION) for a in annotated)


def _is_opaque(program: Program, call: ast.Call) -> bool:
    """Whether what is called may be no function, so that nobody can ask whether it is async."""
    return call in program.facts.lambdas or any(t.info.name == "__call__" for t in program.calls(call))


def _only_called(program: Program, function: FunctionInfo, name: str, calls: tuple[ast.Call, ...]) -> bool:
    """Whether the wrapper does nothing with what it wraps but call it, ask for its name and show it."""
    source = function.source
    called = {c.func for c in calls}
    for node in ast.walk(function.node):
        if not _is_name(node, name) or node in called:
            continue
        user = source.parent(node)
        shown = isinstance(user, ast.Call) and handing_of(program, user) is Handing.ACCEPTS
        if not isinstance(user, ast.Attribute) and not shown:
            return False
    return True


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
