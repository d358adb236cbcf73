"""Collections of relationships that are dictionaries."""

from __future__ import annotations

import ast
from collections.abc import Collection

from asyncify.analysis.classes import Classes
from asyncify.analysis.names import Names
from asyncify.analysis.nodes import last_name
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext

#: what makes a collection a dictionary. Source: SQLAlchemy "Dictionary Collections", with the names before 2.0
KEYED = frozenset(
    {"attribute_keyed_dict", "column_keyed_dict", "keyfunc_mapping", "KeyFuncDict", "MappedCollection", "dict", "Dict"}
    | {"attribute_mapped_collection", "column_mapped_collection", "mapped_collection"}
)


def is_keyed(names: Names, classes: Classes, path: str, made: ast.expr | None, annotation: Collection[str]) -> bool:
    """Whether a collection is a dictionary. made: what makes it, where that is told; annotation: the names in it."""
    if made is None:
        return not KEYED.isdisjoint(annotation)
    node = made.func if isinstance(made, ast.Call) else made
    found = names.resolve_expression(path, node)
    if isinstance(found, ClassInfo):
        ancestors = (b.name for b in classes.ancestors(found) if isinstance(b, Ext))
        return any(name.rpartition(".")[2] in KEYED for name in ancestors)
    return last_name(node) in KEYED
