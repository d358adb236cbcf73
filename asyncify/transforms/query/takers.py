"""Queries that are handed to libraries of which it is known what they do with them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext, Inst, Obj, Value
from asyncify.knowledge.query_takers import TAKERS, Taker, Takes
from asyncify.model.ops import Replace
from asyncify.transforms.query.decisions import Decision, Place, Problem
from asyncify.transforms.query.found_sessions import SessionText

WHY = "the library is given the session together with a select"
FindSession = Callable[[Place, ast.expr], SessionText | Problem]


def taker_of(program: Program, call: ast.Call) -> Taker | None:
    """The row of what a call surely calls, in a version that does what the row says."""
    found = _function(program, call) or _method(program, call)
    if found is None or program.calls(call):
        return None
    version = read_dependencies(program.workspace.files).version(found.distribution)
    return found if version is None or version >= found.since else None


def _function(program: Program, call: ast.Call) -> Taker | None:
    names = {v.name for v in program.values(call.func) if isinstance(v, Ext)}
    return TAKERS.get(names.pop()) if len(names) == 1 else None


def _method(program: Program, call: ast.Call) -> Taker | None:
    """`users.filter(query)`, where the class of `users` is one of the library, and no class of the program has a method
    of that name in its place."""
    if not isinstance(call.func, ast.Attribute):
        return None
    receivers = program.values(call.func.value)
    for taker in TAKERS.values():
        if taker.method == call.func.attr and any(_is_of(program, v, taker) for v in receivers):
            others = [v for v in receivers if not _is_of(program, v, taker) and not _is_marker(v, taker)]
            derived = [c for c in program.classes.all if program.classes.derives_from(c, taker.owner)]
            return None if others or any(taker.method in c.methods for c in derived) else taker
    return None


def _is_of(program: Program, value: Value, taker: Taker) -> bool:
    if isinstance(value, Obj):
        return program.classes.derives_from(value.info, taker.owner)
    return isinstance(value, Inst) and value.type == taker.owner


def _is_marker(value: Value, taker: Taker) -> bool:
    """Whether a value is a default of the library that says which object FastAPI puts there: `FilterDepends(...)`."""
    package = taker.name.partition(".")[0]
    return isinstance(value, Inst) and value.type.partition(".")[0] == package


def given_back(program: Program, call: ast.Call) -> ast.expr | None:
    """The first argument of a call, where it is a statement that the call gives back with more in it."""
    taker = taker_of(program, call)
    return call.args[0] if taker is not None and taker.takes is Takes.SELECT and call.args else None


def hand_over(taker: Taker, place: Place, call: ast.Call, query: ast.AST, session: FindSession) -> Iterator[Decision]:
    """What a call needs when the query in its arguments becomes a select, or why it cannot become one."""
    if taker.takes is Takes.QUERY:
        message = f"{taker.method}() of {taker.distribution} works with a legacy query only"
        yield Problem(place.source, query, "query-escapes", message, taker.instead)
    elif any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        message = f"not all that {taker.method}() of {taker.distribution} is given is written here"
        yield Problem(place.source, query, "query-escapes", message, "Write its arguments one by one.")
    elif taker.takes is Takes.SESSION_AND_SELECT:
        yield from _hand_session(place, call, query, session)


def _hand_session(place: Place, call: ast.Call, query: ast.AST, session: FindSession) -> Iterator[Decision]:
    """`paginate(query, params)` to `paginate(session, query, params)`; with a session before it, it is that already."""
    if not call.args or call.args[0] is not query:
        return
    found = session(place, call.args[0])
    if isinstance(found, Problem):
        yield found
        return
    positional = [f"$a{i}" for i in range(len(call.args))]
    named = [f"{keyword.arg}=$k{i}" for i, keyword in enumerate(call.keywords)]
    template = f"$f({', '.join([found.text, *positional, *named])})"
    holes = [place.hole("f", call.func), *found.holes]
    holes += [place.hole(f"a{i}", argument) for i, argument in enumerate(call.args)]
    holes += [place.hole(f"k{i}", keyword.value) for i, keyword in enumerate(call.keywords)]
    yield place.edit(call, Replace(template, tuple(holes)), WHY, found.imports)
