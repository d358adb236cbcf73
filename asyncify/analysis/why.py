"""Why a function becomes async, what stands in its way, or why it stays as it is; and what its callers do then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.call_index import CallIndex
from asyncify.analysis.colouring import Reason
from asyncify.analysis.kept_files import is_alembic
from asyncify.analysis.lookup import Definitions, definitions_in, dotted_name, find_definitions, module_paths
from asyncify.analysis.lookup import named_anywhere as named
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.model.edit import Finding
from asyncify.model.errors import UsageError

CANDIDATES = 8  #: of a name that means several functions, so many are listed


@dataclass(frozen=True)
class Link:
    """One step of the chain, or one use: at this place a function does what the text says."""

    function: str
    place: str
    text: str


@dataclass(frozen=True)
class Explanation:
    """The answer for a function.

    verdict: what happens to it. chain: from the function to the place that waits for the database. uses: the places
    that call it, where these must do something for it. findings: what is reported about it.
    """

    function: str
    place: str
    verdict: str
    chain: tuple[Link, ...] = ()
    uses: tuple[Link, ...] = ()
    findings: tuple[Finding, ...] = ()


def explain_definitions(program: Program, name: str) -> tuple[Explanation, ...]:
    """Explain what the migration does with a function of the program as it stands; with each method of a class.

    name: `module:qualname` or `path.py:qualname`, as in `app.services:Orders.place`; `path.py:line`; or a name alone,
    where only one function or class has it.
    Raises `UsageError` when there is no such function, with those that are near, or when it may be one of several.
    """
    found = find_definitions(program.modules, name) if ":" in name else _find_anywhere(program, name)
    functions: list[FunctionInfo] = []
    for definition in found:
        functions += definition.methods.values() if isinstance(definition, ClassInfo) else [definition]
    if not functions:
        raise UsageError(f"{name} is a class without methods; nothing in it becomes async")
    index = CallIndex(program, program.colouring.wrappers)
    return tuple(_explain(program, index, function) for function in functions)


def _find_anywhere(program: Program, name: str) -> Definitions:
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        paths = module_paths(program.modules, ".".join(parts[:cut]))
        inside = [d for p in paths for d in definitions_in(program.modules[p], ".".join(parts[cut:]))]
        if inside:
            return _only(name, tuple(inside))
    return _only(name, named(program.modules, name))


def _only(name: str, found: Definitions) -> Definitions:
    """Several definitions of one name in one file are one function (in branches, of a property)."""
    if not found:
        raise UsageError(f"there is no function or class {name!r} here; write module:function or path.py:function")
    if len({(d.path, d.qualname) for d in found}) > 1:
        known = [f"{dotted_name(d.path)}:{d.qualname}" for d in found]
        more = f" or {len(known) - CANDIDATES} more" if len(known) > CANDIDATES else ""
        raise UsageError(f"{name!r} may be {', '.join(known[:CANDIDATES])}{more}; name one of them")
    return found


def _explain(program: Program, index: CallIndex, function: FunctionInfo) -> Explanation:
    return Explanation(
        function.qualname,
        f"{function.path}:{function.node.lineno}",
        _verdict(program, index, function),
        tuple(_chain(program, function)),
        tuple(dict.fromkeys(_uses(program, index, function))),
        tuple(f for f in program.colouring.findings if _is_about(program, function, f)),
    )


def _verdict(program: Program, index: CallIndex, function: FunctionInfo) -> str:
    colouring = program.colouring
    barrier = colouring.barriers.get(function)
    why = f": {barrier.why}" if barrier is not None else ""
    if function in program.overrides.functions:
        kept = program.overrides.functions[function]
        return f"stays as it is: {kept.why}" + (f" (line {kept.line})" if kept.line else "")
    if function.is_async:
        return "is async already"
    if function in colouring.entries:
        return f"waits inside, and stays plain for its callers{why}"
    if function in colouring.becomes_async:
        return "becomes async"
    if function in colouring.bridged:
        return f"stays plain and waits through SQLAlchemy's greenlet{why}"
    if function in colouring.twins.functions:
        return f"stays as it is, on a sync engine of its own{why}"
    if function in colouring.kept:
        return f"stays as it is: {_kept_with(program, index, function)}"
    if is_alembic(program, function.path):
        return "stays as it is: its file belongs to Alembic"
    return "stays as it is: nothing in it waits for the database"


def _kept_with(program: Program, index: CallIndex, function: FunctionInfo) -> str:
    """Why a function stays that nobody has named."""
    around = {program.function_of(node) for node in index.callers.get(function, ())}
    by_person = sorted(f.qualname for f in around if f is not None and f in program.overrides.functions)
    if by_person:
        return f"it works for {', '.join(by_person)} too, which is kept synchronous"
    if around and None not in around and around <= program.colouring.kept:
        return f"only {', '.join(sorted(f.qualname for f in around if f is not None))} uses it, and stays as it is"
    return "SQLAlchemy calls it with a sync session"


def _chain(program: Program, function: FunctionInfo) -> Iterator[Link]:
    seen: set[FunctionInfo] = set()
    now: FunctionInfo | None = function
    while now is not None and now not in seen:
        seen.add(now)
        reason = _reason(program, now)
        if reason is None:
            return
        yield Link(now.qualname, f"{reason.path}:{reason.line}", reason.text.rstrip(","))
        now = reason.via


def _reason(program: Program, function: FunctionInfo) -> Reason | None:
    colouring = program.colouring
    found = colouring.becomes_async.get(function) or colouring.bridged.get(function)
    point = colouring.kept_calls.waiting.get(function)
    if found is None and point is not None:
        return Reason(point.what, function.path, getattr(point.node, "lineno", function.node.lineno))
    return found


def _uses(program: Program, index: CallIndex, function: FunctionInfo) -> Iterator[Link]:
    """What callers do for a function that waits and stays plain."""
    colouring = program.colouring
    if function not in colouring.bridged and function not in colouring.kept:
        return
    for node in sorted(index.callers.get(function, ()), key=lambda n: (index.paths[n], getattr(n, "lineno", 0))):
        outer = program.function_of(node)
        if outer is None or not colouring.is_async_context(outer):
            continue
        if function in colouring.bridged:
            text = f"{outer.qualname} runs it in SQLAlchemy's greenlet"
        elif node in colouring.points:
            text = f"{outer.qualname} runs it in SQLAlchemy's greenlet, with the sync session inside of its own"
        elif isinstance(node, ast.Call):
            text = f"{outer.qualname} calls it"
        else:
            continue
        yield Link(outer.qualname, f"{index.paths[node]}:{getattr(node, 'lineno', 0)}", text)


def _is_about(program: Program, function: FunctionInfo, finding: Finding) -> bool:
    if finding.path != function.path or finding.span is None:
        return False
    span = program.modules[function.path].source.span(function.node)
    return span.line <= finding.span.line <= span.end_line
