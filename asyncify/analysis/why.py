"""Why a function becomes async, what stands in its way, or why it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from asyncify.analysis.colour import Colouring, Reason
from asyncify.analysis.kept_files import is_alembic
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.model.edit import Finding
from asyncify.model.errors import UsageError


@dataclass(frozen=True)
class Link:
    """One step of the chain: at this place a function does what makes it wait."""

    function: str
    place: str
    text: str


@dataclass(frozen=True)
class Explanation:
    """The answer for a function. verdict: what happens to it; chain: from the function to the place that waits for
    the database; findings: what is reported about it."""

    function: str
    place: str
    verdict: str
    chain: tuple[Link, ...] = ()
    findings: tuple[Finding, ...] = ()


def explain_function(program: Program, name: str) -> Explanation:
    """Explain what the migration does with a function of the program as it stands.

    name: `module:qualname` or `path.py:qualname`, as in `app.services:Orders.place`.
    Raises `UsageError` when there is no such function, with those that are near.
    """
    function = find_function(program, name)
    colouring = program.colouring
    return Explanation(
        function.qualname,
        f"{function.path}:{function.node.lineno}",
        _verdict(program, function),
        tuple(_chain(colouring, function)),
        tuple(f for f in colouring.findings if _is_about(program, function, f)),
    )


def find_function(program: Program, name: str) -> FunctionInfo:
    """The function that a name means. Errors: see `explain_function`."""
    module, _, qualname = name.partition(":")
    path = module if module in program.modules else program.names.index.find(module, "")
    if path is None or path not in program.modules:
        raise UsageError(f"there is no module {module!r} here; write module:function or path.py:function")
    functions = {f.qualname: f for f in program.modules[path].functions.values()}
    if qualname not in functions:
        near = get_close_matches(qualname, functions, n=2)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"there is no function {qualname!r} in {path}{hint}")
    return functions[qualname]


def _verdict(program: Program, function: FunctionInfo) -> str:
    colouring = program.colouring
    barrier = colouring.barriers.get(function)
    why = f": {barrier.why}" if barrier is not None else ""
    if function.is_async:
        return "is async already"
    if function in colouring.entries:
        return f"waits inside, and stays plain for its callers{why}"
    if function in colouring.becomes_async:
        return "becomes async"
    if function in colouring.bridged:
        return f"stays plain and waits through SQLAlchemy's greenlet{why}"
    if function in program.overrides.functions:
        return f"stays as it is: {program.overrides.functions[function].why}"
    if function in colouring.twins.functions:
        return f"stays as it is, on a sync engine of its own{why}"
    if function in colouring.kept:
        return "stays as it is: SQLAlchemy calls it with a sync session"
    if is_alembic(program, function.path):
        return "stays as it is: its file belongs to Alembic"
    return "stays as it is: nothing in it waits for the database"


def _chain(colouring: Colouring, function: FunctionInfo) -> Iterator[Link]:
    seen: set[FunctionInfo] = set()
    now: FunctionInfo | None = function
    while now is not None and now not in seen:
        seen.add(now)
        reason = _reason(colouring, now)
        if reason is None:
            return
        yield Link(now.qualname, f"{reason.path}:{reason.line}", reason.text)
        now = reason.via


def _reason(colouring: Colouring, function: FunctionInfo) -> Reason | None:
    return colouring.becomes_async.get(function) or colouring.bridged.get(function)


def _is_about(program: Program, function: FunctionInfo, finding: Finding) -> bool:
    if finding.path != function.path or finding.span is None:
        return False
    span = program.modules[function.path].source.span(function.node)
    return span.line <= finding.span.line <= span.end_line
