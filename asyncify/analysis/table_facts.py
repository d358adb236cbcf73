"""Who creates tables, and who uses the database."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from asyncify.analysis.program import Program
from asyncify.analysis.script_blocks import is_main_guard
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext, Fn, Inst, Member, has
from asyncify.knowledge import names
from asyncify.knowledge.names import is_a

_DATABASE = (names.SESSION, names.CONNECTION, names.QUERY, names.ENGINE)
#: methods of sessions and engines that do no I/O
_QUIET = frozenset({"dispose", "execution_options", "close", "configure", "expunge_all", "remove"})
_CREATING = frozenset({"create_all", "drop_all"})
_REFLECTING = frozenset({"sqlalchemy.inspect"})


def is_creation(program: Program, node: ast.AST) -> bool:
    """`metadata.create_all(...)` or `drop_all`, on whatever is the metadata of models."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CREATING):
        return False
    owner = node.func.value
    if has(program.values(owner), names.METADATA):
        return True
    return isinstance(owner, ast.Attribute) and owner.attr == "metadata"


def creates_tables(program: Program, path: str, statement: ast.stmt, depth: int = 0) -> bool:
    """Whether a statement creates or drops tables, now and in one thread, and does nothing else."""
    if isinstance(statement, ast.Expr):
        call = statement.value
        if is_creation(program, call):
            return True
        functions = program.calls(call)
        if not isinstance(call, ast.Call) or len(functions) != 1 or depth > 3:
            return False
        info = functions[0].info
        if info.is_async or info.is_generator or info.node.decorator_list:
            return False
        body = [s for s in info.node.body if not _does_nothing(s)]
        return bool(body) and all(creates_tables(program, info.path, s, depth + 1) for s in body)
    if is_main_guard(statement):
        return False  # when the file is run, and not when it is imported
    if isinstance(statement, ast.If):
        tested = any(touches_database(program, [n]) for n in ast.walk(statement.test))
        parts = [*statement.body, *statement.orelse]
        return not tested and all(creates_tables(program, path, s, depth) for s in parts)
    if isinstance(statement, ast.With):
        items = [item.context_expr for item in statement.items]
        opened = all(has(program.values(i.func.value), names.ENGINE) for i in items if _is_method(i))  # type: ignore[attr-defined]
        creating = all(creates_tables(program, path, s, depth) for s in statement.body)
        return all(map(_is_method, items)) and opened and creating
    return False


def _is_method(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _does_nothing(statement: ast.stmt) -> bool:
    docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return docstring or isinstance(statement, ast.Pass | ast.Import | ast.ImportFrom)


def touches_database(program: Program, nodes: Iterable[ast.AST], seen: set[FunctionInfo] | None = None) -> bool:
    """Whether these nodes, or the functions of the program that they call, use a database."""
    known = set() if seen is None else seen
    for node in nodes:
        if isinstance(node, ast.Call) and _uses(program, node):
            return True
        for fn in called(program, node):
            if fn.info not in known:
                known.add(fn.info)
                if touches_database(program, fn.info.nodes, known):
                    return True
    return False


def called(program: Program, node: ast.AST) -> tuple[Fn, ...]:
    """The functions that run where a node stands: `Depends(f)` and a fixture's parameter only name one."""
    if isinstance(node, ast.arg) or (isinstance(node, ast.Call) and Ext(names.DEPENDS) in program.values(node.func)):
        return ()
    return program.calls(node)


def _uses(program: Program, call: ast.Call) -> bool:
    if is_creation(program, call) or any(k.arg in ("autoload_with", "autoload") for k in call.keywords):
        return True
    for value in program.values(call.func):
        if isinstance(value, Member):
            if any(is_a(value.base.type, kind) for kind in _DATABASE) and value.name not in _QUIET:
                return True
            if value.base.type == names.METADATA and value.name == "reflect":
                return True
        elif isinstance(value, Ext) and value.name in _REFLECTING:
            return any(has(program.values(a), names.ENGINE, names.CONNECTION) for a in call.args)
    return False


def opens(program: Program, call: ast.Call) -> bool:
    """Whether a call makes a session or connection out of an engine or session factory."""
    for value in program.values(call.func):
        if isinstance(value, Inst) and (value.type == names.SESSIONMAKER or is_a(value.type, names.SCOPED_SESSION)):
            return True
        if isinstance(value, Ext) and is_a(value.name, names.SESSION):
            return True
        if isinstance(value, Member) and value.base.type == names.SCOPED_SESSION and value.name not in _QUIET:
            return True
        if isinstance(value, Member) and value.base.type == names.ENGINE and value.name in ("begin", "connect"):
            return True
    return False
