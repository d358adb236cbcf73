"""Queries that are handed to a library which takes a session and a select as well."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext
from asyncify.knowledge.query_takers import TAKERS
from asyncify.model.ops import Replace
from asyncify.transforms.query.decisions import Decision, Place, Problem
from asyncify.transforms.query.found_sessions import SessionText

WHY = "the library is given the session together with a select"
FindSession = Callable[[Place, ast.expr], SessionText | Problem]


def takes_select(program: Program, call: ast.Call) -> bool:
    """Whether a call is of such a function, in a version that takes selects."""
    found = {v.name for v in program.values(call.func) if isinstance(v, Ext)}
    if len(found) != 1 or not found <= TAKERS.keys():
        return False
    taker = TAKERS[found.pop()]
    version = read_dependencies(program.workspace.files).version(taker.distribution)
    plain = not any(isinstance(a, ast.Starred) for a in call.args) and all(k.arg is not None for k in call.keywords)
    return plain and (version is None or version >= taker.since)


def hand_session(place: Place, call: ast.Call, query: ast.AST, session: FindSession) -> Iterator[Decision]:
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
