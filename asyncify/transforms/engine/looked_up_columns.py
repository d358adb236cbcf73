"""Texts that are compared with a column which is looked up by its name: `getattr(User, key).in_(ids.split(","))`.

psycopg2 writes `id IN ('1', '2')`, and PostgreSQL reads the texts as what the column is. asyncpg sends texts, which
PostgreSQL compares with texts alone: the code has them converted to the type of the column, whichever it is. Sources:
SQLAlchemy `TypeEngine.coerce_compared_value`, `sqlalchemy.cast`, `sqlalchemy.literal`. Measured with PostgreSQL 15.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.assignments import assigned
from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Cls
from asyncify.model.edit import Import
from asyncify.model.ops import Replace

_LISTS = frozenset({"in_", "not_in", "notin_"})
#: methods that only texts have, and that give one. Source: Python "String Methods"
_TEXTS = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "removeprefix", "removesuffix"})


def converted(program: Program) -> Iterator[tuple[ModuleInfo, ast.expr, Replace, tuple[Import, ...]]]:
    """The texts, with what stands for them and its imports."""
    for _, module in sorted(program.modules.items()):
        for call in module.source.nodes_of(ast.Call) if not is_test(module.path) else ():
            func = call.func
            if not isinstance(func, ast.Attribute) or func.attr not in _LISTS or len(call.args) != 1:
                continue
            if program.function_of(call) in program.colouring.kept or not _is_looked_up(program, func.value):
                continue
            cast, imports = bring(program, module.path, "sqlalchemy", "cast")
            literal, more = bring(program, module.path, "sqlalchemy", "literal")
            kind = f"{module.source.segment(func.value)}.type"
            for node in _texts(call.args[0]):
                yield module, node, Replace(f"{cast}({literal}($it), {kind})"), (*imports, *more)
            if _is_split(call.args[0]):
                one = free_name(program, module.path, "one")
                each = f"[{cast}({literal}({one}), {kind}) for {one} in $it]"
                yield module, call.args[0], Replace(each), (*imports, *more)


def _is_looked_up(program: Program, node: ast.expr) -> bool:
    """Whether an expression is a column of a model whose name the code does not say."""
    function = program.function_of(node)
    if isinstance(node, ast.Name) and function is not None:
        values = assigned(function, node.id)
        return bool(values) and all(_is_looked_up(program, value) for value in values)
    if not isinstance(node, ast.Call) or last_name(node.func) != "getattr" or len(node.args) < 2:
        return False
    classes = program.values(node.args[0])
    models = [v.info for v in classes if isinstance(v, Cls) and program.orm.is_model(v.info)]
    return bool(models) and len(models) == len(classes) and not isinstance(node.args[1], ast.Constant)


def _texts(given: ast.expr) -> Iterator[ast.expr]:
    """The expressions of a list that are sure to be texts: each of its items, or the one that a comprehension makes."""
    if isinstance(given, (ast.List, ast.Tuple, ast.Set)):
        yield from (item for item in given.elts if _is_text(item))
    elif isinstance(given, (ast.ListComp, ast.SetComp)):
        loop = given.generators[0]
        split = len(given.generators) == 1 and _is_split(loop.iter)
        if _is_text(given.elt) or (split and ast.dump(given.elt) == ast.dump(_read(loop.target))):
            yield given.elt


def _read(target: ast.expr) -> ast.expr:
    return ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else target


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        method = isinstance(node.func, ast.Attribute) and node.func.attr in _TEXTS
        return method or (isinstance(node.func, ast.Name) and node.func.id == "str")
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_split(node: ast.expr) -> bool:
    """Whether a text is taken apart: `ids.split(",")`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split"
