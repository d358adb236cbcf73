"""The reads of expired instances in a whole program."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator

from asyncify.analysis.expiry.computed import made_with, made_without
from asyncify.analysis.expiry.events import Effect, event_of, flushes_before_queries, is_sql, rolls_back_block
from asyncify.analysis.expiry.flow import Flow
from asyncify.analysis.expiry.uses import ExpiredRead, Summary, nothing_differs
from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.analysis.symbols import FunctionInfo

#: rounds after which what functions do to those that call them is taken as it is
ROUNDS = 6


def expired_reads(
    program: Program, differs: Callable[[ExpiredRead], bool] = nothing_differs
) -> tuple[ExpiredRead, ...]:
    """Every read of an instance that may be expired there, in the order of files and lines.

    differs: whether a read of an instance that was loaded before a commit finds something else than is in memory.
    """
    outdates = differs is not nothing_differs
    begin = frozenset(_beginning(program, outdates))
    if not begin:
        return ()
    yielding = frozenset(_yielding(program))
    callers = _callers(program)
    kept = callers.keys() - {route.function for route in routes(program)} - set(_given_back(program))
    flushing = flushes_before_queries(program)
    summaries: dict[FunctionInfo, Summary] = {}
    found: dict[FunctionInfo, list[ExpiredRead]] = {}
    work = set(begin | yielding)
    for _ in range(ROUNDS):
        changed = set()
        for function in sorted(work, key=_order):
            flow = Flow(program, function, summaries, differs, function in yielding, function in kept, flushing)
            summary = flow.run()
            found[function] = list(flow.reads.values())
            if summary != summaries.get(function, Summary()):
                summaries[function] = summary
                changed.add(function)
        work = {caller for function in changed for caller in callers[function]}
        if not work:
            break
    reads = [read for function in sorted(found, key=_order) for read in found[function]]
    return tuple(sorted(reads, key=lambda r: (r.function.path, r.node.lineno, r.node.col_offset)))


def _order(function: FunctionInfo) -> tuple[str, int]:
    return function.path, function.node.lineno


def _beginning(program: Program, outdates: bool) -> Iterator[FunctionInfo]:
    """The functions that expire something themselves."""
    for function in program.functions:
        for node in function.nodes:
            if isinstance(node, ast.Call):
                event = event_of(program, node)
                quiet = {Effect.LOADS, Effect.LETS_GO, *(() if outdates else (Effect.STORES,))}
                stores = (event is not None and event.effect not in quiet) or rolls_back_block(program, node)
                if stores or any(made_with(program, function, node)) or any(made_without(program, node)):
                    yield function
                    break
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                if is_sql(program, function, node.value):
                    yield function
                    break


def _yielding(program: Program) -> Iterator[FunctionInfo]:
    """The fixtures that go on behind a test, where the app rolls back: the test may have seen to that."""
    fixtures = [f for f in program.functions if program.fixtures.is_fixture(f)]
    app = (f for f in program.functions if not program.fixtures.is_fixture(f))
    if fixtures and any(_rolls_back(program, function) for function in app):
        yield from (f for f in fixtures if any(isinstance(node, ast.Yield) for node in f.nodes))


def _rolls_back(program: Program, function: FunctionInfo) -> bool:
    events = (event_of(program, node) for node in function.nodes if isinstance(node, ast.Call))
    return any(event is not None and event.effect is Effect.EXPIRES_ALL for event in events)


def _given_back(program: Program) -> Iterator[FunctionInfo]:
    """The functions of which some caller returns at once what they return."""
    for function in program.functions:
        for node in function.nodes:
            value = node.value if isinstance(node, ast.Return) else None
            value = value.value if isinstance(value, ast.Await) else value
            yield from (called.info for called in program.calls(value)) if isinstance(value, ast.Call) else ()


def _callers(program: Program) -> dict[FunctionInfo, set[FunctionInfo]]:
    found: dict[FunctionInfo, set[FunctionInfo]] = defaultdict(set)
    for function in program.functions:
        for node in function.nodes:
            if isinstance(node, ast.Call):
                for called in program.calls(node):
                    found[called.info].add(function)
    return found
