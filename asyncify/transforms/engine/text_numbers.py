"""Texts that are compared with columns of numbers or dates: `User.id == "7"`, where the id of a token is text.

psycopg2 writes `id = '7'`, and PostgreSQL reads the text as a number. asyncpg sends what it is, and PostgreSQL compares
no number with a text: the code has it converted to the type of the column. Sources: SQLAlchemy
`TypeEngine.coerce_compared_value`, `sqlalchemy.cast`, which takes a plain value as one of the type: hence `literal`.
Measured with PostgreSQL 15.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.assignments import only_value
from asyncify.analysis.bindings import bring
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.texts import OTHERS, is_text
from asyncify.analysis.values import Cls, Inst, objects
from asyncify.knowledge import names
from asyncify.model.edit import Import
from asyncify.transforms.eager.sources import Tracer

#: columns to whose type a conversion may round
_ROUNDS = frozenset({"Numeric", "Decimal", "NUMERIC", "DECIMAL"})
_LISTS = frozenset({"in_", "not_in", "notin_", "between"})


def sure(program: Program) -> Iterator[tuple[ModuleInfo, ast.expr]]:
    """The texts that an app is sure to compare with numbers, by their own annotations or by what callers hand over."""
    tracer = Tracer(program)
    for module in _app(program):
        for node in compared(program, module):
            if is_text(program, node) or _is_given_text(program, tracer, node, ()):
                yield module, node


def _is_given_text(program: Program, tracer: Tracer, node: ast.expr, seen: tuple[FunctionInfo, ...]) -> bool:
    """Whether some caller gives a text for a parameter that is said to be a number, which nothing checks, or for what a
    function takes out of its `**kwargs`."""
    function = program.function_of(node)
    if not isinstance(node, ast.Name) or function is None or function in seen:
        return False
    name = node.id
    if name not in {p.arg for p in function.parameters}:
        name = _taken(function, name)
    elif is_text(program, node) is not False:
        return False
    given = [one.value for one in tracer.arguments(function, name).given if one.whole]
    return any(is_text(program, v) or _is_given_text(program, tracer, v, (*seen, function)) for v in given)


def _taken(function: FunctionInfo, name: str) -> str:
    """The key of `**kwargs` that a local name always holds: `key = kwargs.pop("key")`; else an empty string."""
    many, value = function.node.args.kwarg, only_value(function, name)
    if many is None or value is None:
        return ""
    key: ast.expr | None = None
    if isinstance(value, ast.Subscript) and getattr(value.value, "id", "") == many.arg:
        key = value.slice
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in ("pop", "get"):
        key = value.args[0] if getattr(value.func.value, "id", "") == many.arg and value.args else None
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""


def typed(program: Program, module: ModuleInfo, node: ast.expr) -> tuple[str, tuple[Import, ...]] | None:
    """A template that has PostgreSQL convert a text to the type of the column it is compared with, and its imports.

    None where there is no such column in sight, where a conversion rounds, and where None may find rows: SQLAlchemy
    says `IS NULL` for it, and a converted NULL finds none.
    """
    outer = module.source.parent(node)
    if not isinstance(outer, ast.Compare) or len(outer.comparators) != 1:
        return None
    column = outer.left if outer.left is not node else outer.comparators[0]
    if not isinstance(column, ast.Attribute):
        return None
    classes = {v.info for v in program.values(column.value) if isinstance(v, Cls)}
    models = [info for info in classes if program.orm.is_model(info)]  # a name may have been a schema's before
    if not models or len(classes) != len(program.values(column.value)):
        return None
    if not all(_converts(program, info, column.attr) for info in models):
        return None
    if not _is_never_none(program, node) and not all(_is_key(program, m, column.attr) for m in models):
        return None
    cast, imports = bring(program, module.path, "sqlalchemy", "cast")
    literal, more = bring(program, module.path, "sqlalchemy", "literal")
    return f"{cast}({literal}($it), {module.source.segment(column)}.type)", (*imports, *more)


def _converts(program: Program, info: ClassInfo, name: str) -> bool:
    """Whether a conversion to the type of a column is all that a comparison does."""
    return _is_no_text(program, info, name) and not program.orm.type_names(info, name) & _ROUNDS


def _is_key(program: Program, info: ClassInfo, name: str) -> bool:
    """Whether a column is a primary key, which is never NULL."""
    key = program.orm.columns(info)[name].keyword("primary_key")
    return isinstance(key, ast.Constant) and key.value is True


def _is_never_none(program: Program, node: ast.expr) -> bool:
    """Whether a text cannot be None, by its annotation."""
    if isinstance(node, ast.Name) and (function := program.function_of(node)) is not None:
        told = [p.annotation for p in function.parameters if p.arg == node.id]
        return bool(told) and isinstance(told[0], ast.Name)
    return isinstance(node, ast.Constant)


def _app(program: Program) -> list[ModuleInfo]:
    return [module for _, module in sorted(program.modules.items()) if not is_test(module.path)]


def compared(program: Program, module: ModuleInfo) -> Iterator[ast.expr]:
    """What a file compares with columns that are no texts."""
    for node in module.source.nodes_of(ast.Compare):
        sides = [node.left, *node.comparators]
        if any(_is_other(program, side) for side in sides):
            yield from (side for side in sides if not _is_other(program, side))
    for call in module.source.nodes_of(ast.Call):
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in _LISTS and _is_other(program, func.value):
            for given in call.args:
                yield from given.elts if isinstance(given, (ast.List, ast.Tuple, ast.Set)) else [given]
        if isinstance(func, ast.Attribute) and func.attr == "filter_by":
            for keyword in call.keywords:
                of = (v.info for part in _entities(program, func.value) for v in part if isinstance(v, Cls))
                if any(_is_no_text(program, info, keyword.arg or "") for info in of):
                    yield keyword.value


def _entities(program: Program, node: ast.expr) -> Iterator[frozenset[object]]:
    for value in program.values(node):
        if isinstance(value, Inst) and value.type in (names.QUERY, names.SELECT):
            yield from value.args


def _is_other(program: Program, node: ast.expr) -> bool:
    """Whether an expression is such a column, of a model or of an instance."""
    if not isinstance(node, ast.Attribute):
        return False
    values = program.values(node.value)
    models = [v.info for v in values if isinstance(v, Cls)] + [o.info for o in objects(values)]
    return any(_is_no_text(program, info, node.attr) for info in models)


def _is_no_text(program: Program, info: ClassInfo, name: str) -> bool:
    return bool(program.orm.type_names(info, name) & OTHERS)
