"""Objects of a test that the app has just loaded again, so that `get()` of their key sent nothing.

`user = create_user(db, data); again = db.get(User, user.id)`: a function that ends with a refresh of what it gives back
leaves it loaded, and a session gives the object that it has, before and after the migration. Source: SQLAlchemy
"Session API", `Session.get`: the object in the identity map is given "if present and not expired".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry.events import Effect, event_of
from asyncify.analysis.mock_calls import arguments
from asyncify.analysis.primary_keys import primary_key
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import objects


def is_still_fresh(
    program: Program, function: FunctionInfo, get: ast.Call, loaded: Iterable[ClassInfo], before: Iterable[ast.Call]
) -> bool:
    """Whether a `get()` is for the key of an object which all calls before it left loaded.

    function: the test. loaded: the class of what `get()` gives. before: the calls before it that have the app at work,
    run something else that waits, or do something to the instances of a session.
    """
    key = get.args[1] if len(get.args) > 1 else None
    if not isinstance(get.func, ast.Attribute) or not isinstance(key, ast.Attribute):
        return False
    named, session = key.value, ast.unparse(get.func.value)
    classes = {value.info for value in objects(program.values(named))}
    if not isinstance(named, ast.Name) or classes != set(loaded) or not is_path(get.func.value):
        return False
    if any(primary_key(program, info) != [key.attr] for info in classes):
        return False
    is_made = False
    for call in before:
        statement = function.source.statement(call)
        ends = [_refreshed_last(program, target.info) for target in program.calls(call)]
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if not ends or None in ends or all(ast.unparse(value) != session for value in given):
            return False
        if isinstance(statement, ast.Assign) and statement.value is call:
            targets = [ast.unparse(target) for target in statement.targets]
            if targets == [named.id] and all(end is not None and end[1] for end in ends):
                is_made = True
                continue
        handed = {(f, p.arg) for f, p, v in arguments(program, call) if isinstance(v, ast.Name) and v.id == named.id}
        for target, end in zip(program.calls(call), ends, strict=True):
            if end is None or (target.info, end[0]) not in handed:
                return False
    return is_made


def _refreshed_last(program: Program, function: FunctionInfo) -> tuple[str, bool] | None:
    """What a function loads again as the last thing in every run, and whether that is what it returns."""
    body = list(function.node.body)
    last = body.pop() if isinstance(body[-1], ast.Return) else None
    statement = body[-1] if body else None
    call = statement.value if isinstance(statement, ast.Expr) else None
    call = call.value if isinstance(call, ast.Await) else call
    event = event_of(program, call) if isinstance(call, ast.Call) else None
    if event is None or event.effect is not Effect.LOADS or event.attributes or "." in event.path:
        return None
    if any(isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and node is not last for node in function.nodes):
        return None
    given = last.value if isinstance(last, ast.Return) else None
    if given is not None and not isinstance(given, (ast.Name, ast.Constant)):
        return None
    return event.path, isinstance(given, ast.Name) and given.id == event.path
