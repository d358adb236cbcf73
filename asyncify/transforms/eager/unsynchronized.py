"""Rows that an UPDATE changes behind the back of a session, with `synchronize_session=False`, and that are asked for
again behind the commit.

A sync session has expired by then whatever of them anybody holds; an async one gives that as it was, unless the
statement says `populate_existing`. Source: SQLAlchemy, "ORM-Enabled INSERT, UPDATE, and DELETE statements",
"Selecting a Synchronization Strategy"; "Populate Existing".
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from asyncify.analysis.evaluated import comes_before
from asyncify.analysis.expiry.events import asked
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall
from asyncify.transforms.eager.created import session_call

UPDATE = "sqlalchemy.update"
OPTION = "populate_existing"
RUNS = ("scalar", "scalars", "execute", "exec")
GETS = ("get", "get_one")


def unsynchronized_edits(program: Program, done: Collection[ast.stmt]) -> Iterator[Edit]:
    """All such statements. done: those before which an instance that has a name is expired or refreshed."""
    for function in program.functions:
        changed = list(_changed(program, function))
        commits = [n for n in function.nodes if changed and session_call(program, n, "commit")]
        for node in function.nodes if commits else ():
            call = session_call(program, node, *RUNS, *GETS)
            if call is None or function.source.statement(call) in done or _says(call):
                continue
            infos = set(asked(program, call))
            if any(_is_behind(function, call, change, commits) for change, info in changed if info in infos):
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
