"""Rows that an UPDATE changes behind the back of a session, with `synchronize_session=False`, and that are asked for
again behind the commit.

A sync session has expired by then whatever of them anybody holds; an async one gives that as it was, unless the
statement says `populate_existing`. That throws away what waits to be flushed, where nothing flushes before it.
Source: SQLAlchemy, "ORM-Enabled INSERT, UPDATE, and DELETE statements", "Selecting a Synchronization Strategy";
"Populate Existing".
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from asyncify.analysis.evaluated import comes_before
from asyncify.analysis.expiry.changes import Change, Changes
from asyncify.analysis.expiry.events import STORES, asked, flushes_before_queries
from asyncify.analysis.expiry.flow import LOOPS
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Ext
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import EditCall
from asyncify.transforms.eager.session_calls import session_call

UPDATE = "sqlalchemy.update"
OPTION = "populate_existing"
RUNS = ("scalar", "scalars", "execute", "exec")
GETS = ("get", "get_one")


def unsynchronized_edits(program: Program, changes: Changes, done: Collection[ast.stmt]) -> Iterator[Edit | Finding]:
    """All such statements, and findings where what they load again may wait to be flushed. done: those before which an
    instance that has a name is expired or refreshed."""
    flushing = flushes_before_queries(program)
    for function in program.functions:
        changed = list(_changed(program, function))
        commits = [n for n in function.nodes if changed and session_call(program, n, "commit")]
        for node in function.nodes if commits else ():
            call = session_call(program, node, *RUNS, *GETS)
            if call is None or function.source.statement(call) in done or _says(call):
                continue
            infos = set(asked(program, call))
            if any(_is_behind(function, call, change, commits) for change, info in changed if info in infos):
                waiting = () if flushing else _waiting(changes, function, call)
                if any(_is_pending(program, one, infos) for one in waiting):
                    yield _left(function, call)
                    continue
                gets = isinstance(call.func, ast.Attribute) and call.func.attr in GETS
                given = (OPTION, "True") if gets else ("execution_options", f'{{"{OPTION}": True}}')
                because = "an UPDATE has changed the row, and told no instance of it that somebody may hold"
                target = function.source.target(call)
                yield Edit("eager", function.path, target, EditCall(set=(given,)), because=because)


def _changed(program: Program, function: FunctionInfo) -> Iterator[tuple[ast.Call, ClassInfo]]:
    """`update(User)...execution_options(synchronize_session=False)`, and the class."""
    for node in function.nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "execution_options":
            given = [k.value for k in node.keywords if k.arg == "synchronize_session"]
            if not given or not isinstance(given[0], ast.Constant) or given[0].value:
                continue
            for inner in ast.walk(node.func):
                if isinstance(inner, ast.Call) and Ext(UPDATE) in program.values(inner.func) and inner.args:
                    infos = (v.info for v in program.values(inner.args[0]) if isinstance(v, Cls))
                    yield from ((node, info) for info in infos)


def _says(call: ast.Call) -> bool:
    """Whether a call says already what it does with instances that are there."""
    return any(k.arg in ("execution_options", OPTION, None) for k in call.keywords)


def _is_behind(function: FunctionInfo, call: ast.Call, change: ast.Call, commits: Collection[ast.AST]) -> bool:
    source = function.source
    return any(comes_before(source, change, c) and comes_before(source, c, call) for c in commits)


def _waiting(changes: Changes, function: FunctionInfo, call: ast.Call) -> Iterator[Change]:
    """What a function may have written since the last store before a call, itself or by others; in a loop also behind
    the call."""
    source = function.source
    stores = [s for n in function.nodes if (s := session_call(changes.program, n, *STORES)) is not None]
    start = max((s.lineno for s in stores if comes_before(source, s, call)), default=0)
    end = call.end_lineno or call.lineno
    end = max([end, *(loop.end_lineno or end for loop in _loops(function, call) if loop.lineno > start)])
    yield from (change for node, change in changes.own(function) if start < node.lineno <= end)
    for node, called in changes.callees(function):
        if start < node.lineno <= end:
            yield from changes.reached(called)


def _loops(function: FunctionInfo, call: ast.Call) -> Iterator[ast.stmt]:
    """The loops that run a call again: not those over what it gives."""
    inner: ast.AST = call
    outer = function.source.parent(inner)
    while outer is not None and outer is not function.node:
        if isinstance(outer, LOOPS) and inner is not getattr(outer, "iter", None):
            yield outer
        inner, outer = outer, function.source.parent(outer)


def _is_pending(program: Program, change: Change, infos: Collection[ClassInfo]) -> bool:
    """Whether a change is one of an instance of some classes that is there, and waits for a flush."""
    kin = change.info is None or any(program.classes.are_kin(change.info, info) for info in infos)
    return kin and bool(change.attribute) and not change.behind and not change.made


def _left(function: FunctionInfo, call: ast.Call) -> Finding:
    message = "an UPDATE may have changed what this loads, and instances that are there keep what they had"
    advice = "flush what waits before it, and give it populate_existing"
    return Finding("eager", function.path, function.source.span(call), "eager-outdated", message, advice)
