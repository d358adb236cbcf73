"""Texts that functions of PostgreSQL take as JSON paths: `func.jsonb_path_exists(Book.facts, "$.pages")`.

psycopg2 writes the text into the statement, and PostgreSQL reads it as the path that the function wants. SQLAlchemy's
dialect for asyncpg casts it to what it is in Python, `$1::VARCHAR`, and PostgreSQL has no such function. A cast to
JSONPATH is right with every driver.
Sources: SQLAlchemy "PostgreSQL", `JSONPATH`; PostgreSQL "JSON Functions and Operators", table 9.49.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Cls, Ext
from asyncify.knowledge.names import canonical
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Replace

_PLAIN = ("exists", "match", "query", "query_array", "query_first")
#: what takes a path behind its document
FUNCTIONS = frozenset(f"jsonb_path_{name}{zone}" for name in _PLAIN for zone in ("", "_tz"))
FUNC = frozenset({"sqlalchemy.func", "sqlmodel.func"})
#: the first SQLAlchemy whose async dialects cast texts, and that has the type
CASTING = (2,)
BECAUSE = "an async driver sends text as text, and the function takes a path"


def json_paths(program: Program, transform: str, group: str) -> Iterator[Edit]:
    """The edits of a program that leaves psycopg2."""
    version = read_dependencies(program.workspace.files).sqlalchemy
    if version is not None and version < CASTING:
        return
    for path, module in sorted(program.modules.items()):
        for node in module.source.nodes_of(ast.Call) if not kept_sync(program, path) else ():
            if program.function_of(node) not in program.colouring.kept and _takes_path(program, path, node):
                yield _edit(program, module, node.args[1], transform, group)


def is_function(program: Program, path: str, node: ast.AST) -> bool:
    """Whether a node is a call of a function of the database: `func.date_trunc(...)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    base = program.names.resolve_expression(path, node.func.value)
    return isinstance(base, Ext) and canonical(base.name) in FUNC


def _takes_path(program: Program, path: str, node: ast.Call) -> bool:
    """Whether a call is of such a function, with a path that is no expression of SQL yet."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in FUNCTIONS or len(node.args) < 2:
        return False
    return is_function(program, path, node) and not _is_sql(program, path, node.args[1])


def _is_sql(program: Program, path: str, node: ast.expr) -> bool:
    """Whether an expression is made by SQLAlchemy, `cast(...)`, or is a column."""
    if isinstance(node, ast.Attribute):
        return any(isinstance(value, Cls) for value in program.values(node.value))
    made = program.names.resolve_expression(path, node.func) if isinstance(node, ast.Call) else None
    return isinstance(made, Ext) and canonical(made.name).startswith(("sqlalchemy.", "sqlmodel."))


def _edit(program: Program, module: ModuleInfo, node: ast.expr, transform: str, group: str) -> Edit:
    cast, imports = bring(program, module.path, "sqlalchemy", "cast")
    kind, more = bring(program, module.path, "sqlalchemy.dialects.postgresql", "JSONPATH")
    source = module.source
    op = Replace(f"{cast}($path, {kind})", (Hole("path", source.span(node)),))
    return Edit(transform, module.path, source.target(node), op, (*imports, *more), (), group, BECAUSE)
