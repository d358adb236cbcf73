"""Tests that look into the database again after the app was at work.

A commit expired what the session held, and the next query read it anew. The async session keeps what it holds: a query
for an object that it has already gives that object as it was. Only `populate_existing` has the rows of the query
replace it, what its loader options load included; a statement whose result nobody looks at is there for its options.
Source: SQLAlchemy ORM Querying Guide, "Populate Existing".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.expiry.events import Effect, event_of
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Values, has, objects, of_type
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of
from asyncify.model.ops import AppendCall, EditCall, Op
from asyncify.transforms.tests.found import Work
from asyncify.transforms.tests.still_fresh import is_still_fresh

_RUN = frozenset({"execute", "scalars", "scalar", "exec"})
_GET = frozenset({"get", "get_one"})
_WHY = "the session would give the object as it was before the app changed it"


def plan_rereads(work: Work) -> None:
    """Look at every test that becomes async."""
    for function in sorted(work.changing, key=lambda f: (f.path, f.node.lineno)):
        if work.program.fixtures.is_test(function):
            _test(work, function)


def _test(work: Work, function: FunctionInfo) -> None:
    program = work.program
    known = {o.info for arg in function.parameters for o in objects(program.values(arg))}
    worked = False
    before: list[ast.Call] = []
    expired: set[str] = set()  # the sessions that were told to forget everything since: what they give is read anew
    calls = [n for n in function.nodes if isinstance(n, ast.Call)]
    for call in sorted(calls, key=lambda n: (n.end_lineno or 0, n.end_col_offset or 0)):
        loaded = set(_loaded(work, call))
        if loaded:
            again = any(work.program.classes.are_kin(one, other) for one in loaded for other in known)
            looked_at = worked and again and _is_looked_at(work.source(function.path).statement(call), call)
            anew = ast.unparse(call.func.value) in expired if isinstance(call.func, ast.Attribute) else False
            if looked_at and not anew and not is_still_fresh(program, function, call, loaded, before):
                _reread(work, function, call)
            known |= loaded
            continue
        known |= {o.info for o in objects(program.values(call)) if program.orm.is_model(o.info)}
        event = event_of(program, call)
        works = _works(work, call)
        worked = worked or works
        if works or event or any(work.waits(target.info) for target in program.calls(call)):
            before.append(call)
            expired.clear()
        if event and event.effect is Effect.EXPIRES_ALL:
            always = work.source(function.path).statement(call) in function.node.body
            if always and getattr(call.func, "attr", "") == "expire_all":
                expired.add(ast.unparse(event.session))


def _is_looked_at(statement: ast.stmt, call: ast.Call) -> bool:
    """Whether a statement is more than a call and methods of its result."""
    node = statement.value if isinstance(statement, ast.Expr) else None
    while node is not None and node is not call:
        inner = node.func if isinstance(node, ast.Call) else getattr(node, "value", None)
        node = inner if isinstance(inner, ast.expr) else None
    return node is None


def _works(work: Work, call: ast.Call) -> bool:
    """Whether a call has the app at work: a request, or a function of the app that becomes async."""
    func = call.func
    if isinstance(func, ast.Attribute) and has(work.program.values(func.value), names.TEST_CLIENT):
        return form_of(names.TEST_CLIENT, func.attr) is Form.AWAIT
    targets = (t.info for t in work.program.calls(call))
    return any(t in work.changing and not is_test_path(t.path) for t in targets)


def _loaded(work: Work, call: ast.Call) -> Iterator[ClassInfo]:
    """The mapped classes whose instances a call of a session loads."""
    func = call.func
    if not isinstance(func, ast.Attribute) or not call.args or not has(work.program.values(func.value), names.SESSION):
        return
    first = work.program.values(call.args[0])
    if func.attr in _GET:
        yield from _classes(work, first)
    elif func.attr in _RUN:
        for select in of_type(first, names.SELECT):
            for entity in select.args:
                yield from _classes(work, entity)


def _classes(work: Work, values: Values) -> Iterator[ClassInfo]:
    return (v.info for v in values if isinstance(v, Cls) and work.program.orm.is_model(v.info))


def _reread(work: Work, function: FunctionInfo, call: ast.Call) -> None:
    assert isinstance(call.func, ast.Attribute)
    node: ast.expr = call if call.func.attr in _GET else call.args[0]
    if "populate_existing" in work.source(function.path).segment(call):
        return
    op: Op = AppendCall("execution_options", "populate_existing=True")
    if node is call:
        op = EditCall(set=(("populate_existing", "True"),))
    work.edit(function.path, node, op, _WHY)
