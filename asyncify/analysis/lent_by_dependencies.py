"""`return Repository(next(get_db()))`: sessions of which dependencies give something that keeps them.

The generator ends at once, which closes the session, and whoever uses it then opens it again. Garbage collection gave
that connection back, and cannot do so for an async one (see `unclosed`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.expiry.events import is_session_block
from asyncify.analysis.generator_uses import stepped_generator
from asyncify.analysis.nodes import last_name
from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn, has
from asyncify.knowledge import names


def taken_session(program: Program, node: ast.AST) -> ast.Call | None:
    """The call of the generator in `next(get_db())`, where that is a session."""
    made = stepped_generator(node) if isinstance(node, ast.Call) and len(node.args) < 2 else None
    return made if isinstance(made, ast.Call) and has(program.values(node), names.SESSION) else None


def is_lost(program: Program, node: ast.Call) -> bool:
    """Whether a session that is taken so gets no name and is not entered: it goes into something else."""
    function = program.function_of(node)
    holder = function.source.parent(node) if function is not None else None
    named = (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem, ast.Expr)
    return holder is not None and not isinstance(holder, named) and taken_session(program, node) is not None


def lent_by(program: Program, node: ast.Call) -> ast.Return | None:
    """The statement in which a dependency gives something with a session that it takes, the last and only `return`.
    None where others call it too, who would get a generator."""
    function = program.function_of(node)
    last = function.node.body[-1] if function is not None else None
    if function is None or function.is_generator or not isinstance(last, ast.Return) or last.value is None:
        return None
    returns = [n for n in function.nodes if isinstance(n, ast.Return)]
    taken = [n for n in function.nodes if taken_session(program, n) is not None]
    inside = node in ast.walk(last.value) and function.source.statement(node) is last
    return last if returns == [last] and taken == [node] and inside and is_only_asked_for(program, function) else None


def lent_by_lambda(program: Program, source: SourceFile, given: ast.Lambda) -> ast.Call | None:
    """The one `next(get_db())` in `Depends(lambda: Repository(next(get_db())))`, where its generator only closes."""
    if not is_dependency(program, source, given):
        return None
    taken = {n: made for n in ast.walk(given.body) if (made := taken_session(program, n)) is not None}
    node = next(iter(taken), None)
    return node if len(taken) == 1 and isinstance(node, ast.Call) and only_closes(program, taken[node]) else None


def is_dependency(program: Program, source: SourceFile, node: ast.AST) -> bool:
    """Whether an expression is what `Depends(node)` or `Depends(dependency=node)` asks FastAPI for."""
    user = source.parent(node)
    if isinstance(user, ast.keyword):
        user = source.parent(user)
    return isinstance(user, ast.Call) and node is not user.func and has(program.values(user), names.DEPENDS)


def only_closes(program: Program, call: ast.Call) -> bool:
    """Whether the generator of a call does the same at its end, after an error and when it is dropped: it closes."""
    return all(_only_closes(program, target.info) for target in program.calls(call))


def _only_closes(program: Program, function: FunctionInfo) -> bool:
    source = function.source
    yields = [n for n in function.nodes if isinstance(n, (ast.Yield, ast.YieldFrom))]
    statement = source.parent(yields[0]) if len(yields) == 1 else None
    if not isinstance(statement, ast.Expr) or isinstance(yields[0], ast.YieldFrom):
        return False
    inner: ast.AST | None = statement
    while inner is not None and inner is not function.node:
        outer = source.parent(inner)
        plain = isinstance(outer, ast.Try) and not outer.handlers and not outer.orelse
        entered = isinstance(outer, ast.With) and all(is_session_block(program, i.context_expr) for i in outer.items)
        body = getattr(outer, "body", [])
        if not (plain or entered or outer is function.node) or body[-1] is not inner:
            return False
        inner = outer
    return True


def is_asked_for(program: Program, function: FunctionInfo) -> bool:
    """Whether FastAPI calls a function: something that names it is a `Depends`, or overrides it."""
    return any(_uses(program, function))


def is_only_asked_for(program: Program, function: FunctionInfo) -> bool:
    """Whether FastAPI alone calls a function: everything that names it is a `Depends`, or overrides it."""
    uses = list(_uses(program, function))
    called = any(
        not isinstance(node, ast.arg)
        and not has(program.values(node), names.DEPENDS)
        and any(target.info is function for target in targets)
        for node, targets in program.facts.calls.items()
    )
    return bool(uses) and all(uses) and not called


def _uses(program: Program, function: FunctionInfo) -> Iterator[bool]:
    """For each expression that means a function, whether it only asks FastAPI for what that gives."""
    for module in program.modules.values():
        yield from _uses_in(program, function, module.source)


def _uses_in(program: Program, function: FunctionInfo, source: SourceFile) -> Iterator[bool]:
    overridden = {key for key, _ in override_entries(source)}
    for node in source.nodes_among(frozenset({ast.Name, ast.Attribute})):
        assert isinstance(node, (ast.Name, ast.Attribute))
        meant = _means(program, function, node)
        if meant or (isinstance(node, ast.Name) and last_name(node) == function.name and not program.values(node)):
            if not _is_renamed(program, function, source, node):
                yield is_dependency(program, source, node) or node in overridden


def _means(program: Program, function: FunctionInfo, node: ast.expr) -> bool:
    return any(isinstance(v, Fn) and v.info is function for v in program.values(node))


def _is_renamed(program: Program, function: FunctionInfo, source: SourceFile, node: ast.expr) -> bool:
    """Either side of `get_db = database.get_db`: what asks for that name means the function as well."""
    stmt = source.parent(node)
    if not isinstance(stmt, ast.Assign) or not isinstance(source.parent(stmt), ast.Module):
        return False
    return all(isinstance(t, ast.Name) for t in stmt.targets) and _means(program, function, stmt.value)
