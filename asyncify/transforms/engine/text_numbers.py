"""Texts that are compared with columns of numbers: `User.id == "7"`, where the id of a token or a form is text.

psycopg2 writes `id = '7'`, and PostgreSQL reads the text as a number. SQLAlchemy's psycopg dialect casts it to what it
is, `id = %(id)s::VARCHAR`, for which PostgreSQL has no operator; without the cast psycopg 3 leaves the type open, as
psycopg2 did. asyncpg takes numbers only. Sources: SQLAlchemy 2.0 `TypeEngine.coerce_compared_value`,
`dialects/postgresql/psycopg.py`, `_PGString.render_bind_cast`; PostgreSQL "Operator Type Resolution", 10.2, 2a.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.orm import Column
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, ModuleInfo
from asyncify.analysis.values import Cls, Inst, objects
from asyncify.knowledge import names
from asyncify.model.edit import Import

NAME = "open_texts"
BECAUSE = "psycopg 3 compares no text with a number that psycopg2 compares"
INTEGERS = frozenset("Integer BigInteger SmallInteger INTEGER BIGINT SMALLINT int".split())

_LISTENER = '''\
@{event}.listens_for({engine}, "before_cursor_execute", retval=True)
def {name}(connection, cursor, statement, parameters, context, executemany):
    """Texts are compared with columns of numbers, as with psycopg2: a cast to VARCHAR finds no operator for that."""
    one = r"%\\(\\w+\\)s::VARCHAR"
    compared = rf" (=|!=|<|>|<=|>=) {{one}}| IN \\({{one}}(, {{one}})*\\)"
    return {sub}(compared, lambda found: found[0].replace("::VARCHAR", ""), statement), parameters
'''


def is_needed(program: Program) -> bool:
    """Whether an app may compare texts with numbers."""
    nodes = (node for module in _app(program) for node in compared(program, module))
    return any(_text(program, node) is not False for node in nodes)


def sure(program: Program) -> Iterator[tuple[ModuleInfo, ast.expr]]:
    """The texts that an app is sure to compare with numbers."""
    for module in _app(program):
        yield from ((module, node) for node in compared(program, module) if _text(program, node))


def _app(program: Program) -> list[ModuleInfo]:
    return [module for _, module in sorted(program.modules.items()) if not is_test(module.path)]


def listener(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, and what it imports."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy", "Engine")
    sub, last = bring(program, path, "re", "sub")
    return _LISTENER.format(event=event, engine=engine, sub=sub, name=free_name(program, path, NAME)), (
        *imports,
        *more,
        *last,
    )


def compared(program: Program, module: ModuleInfo) -> Iterator[ast.expr]:
    """What a file compares with columns of whole numbers."""
    for node in module.source.nodes_of(ast.Compare):
        sides = [node.left, *node.comparators]
        if any(_is_integer(program, side) for side in sides):
            yield from (side for side in sides if not _is_integer(program, side))
    for call in module.source.nodes_of(ast.Call):
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr == "filter_by":
            for keyword in call.keywords:
                of = (v.info for part in _entities(program, func.value) for v in part if isinstance(v, Cls))
                if any(_is_whole(program, info, keyword.arg or "") for info in of):
                    yield keyword.value


def _entities(program: Program, node: ast.expr) -> Iterator[frozenset[object]]:
    for value in program.values(node):
        if isinstance(value, Inst) and value.type in (names.QUERY, names.SELECT):
            yield from value.args


def _is_integer(program: Program, node: ast.expr) -> bool:
    """Whether an expression is a column of whole numbers, of a model or of an instance."""
    if not isinstance(node, ast.Attribute):
        return False
    values = program.values(node.value)
    models = [v.info for v in values if isinstance(v, Cls)] + [o.info for o in objects(values)]
    return any(_is_whole(program, info, node.attr) for info in models)


def _is_whole(program: Program, info: ClassInfo, name: str) -> bool:
    column: Column | None = program.orm.columns(info).get(name) if program.orm.is_model(info) else None
    if column is None:
        return False
    parts: list[ast.AST] = [*column.call.args[:2]] if column.call is not None else []
    for base in program.classes.ancestors(info):
        stmt = base.attributes.get(name) if isinstance(base, ClassInfo) else None
        if isinstance(stmt, ast.AnnAssign):
            parts.append(stmt.annotation)
    return any(_name(n) in INTEGERS for part in parts for n in ast.walk(part))


def _text(program: Program, node: ast.expr) -> bool | None:
    """Whether an expression is text; None where that is not known."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.Name):
        function = program.function_of(node)
        told = [p.annotation for p in function.parameters if p.arg == node.id] if function is not None else []
        return _told(told[0] if told else None)
    if isinstance(node, ast.Attribute):
        for found in objects(program.values(node.value)):
            for base in program.classes.ancestors(found.info):
                stmt = base.attributes.get(node.attr) if isinstance(base, ClassInfo) else None
                if isinstance(stmt, ast.AnnAssign):
                    return _told(stmt.annotation)
        return None
    unknown = isinstance(node, (ast.Subscript, ast.Call)) and _name(getattr(node, "func", None)) not in ("int", "len")
    return None if unknown else False


def _told(annotation: ast.expr | None) -> bool | None:
    """Whether an annotation is one of a text."""
    names_of = {_name(n) for n in ast.walk(annotation)} if annotation is not None else set()
    if "int" in names_of:
        return False
    return True if "str" in names_of else None


def _name(node: ast.AST | None) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))
