"""Mapped class hierarchies of which a query of the base gives instances of the subclasses.

What only a subclass has is not loaded with the base. Source: SQLAlchemy, "Writing SELECT statements for Inheritance
Mappings"; `polymorphic_load` in "Configuring selectin_polymorphic() / with_polymorphic() on mappers".
"""

from __future__ import annotations

import ast

from asyncify.analysis.classes import Classes
from asyncify.analysis.symbols import ClassInfo

ARGUMENTS = "__mapper_args__"


def is_polymorphic(classes: Classes, info: ClassInfo) -> bool:
    """Whether queries of a class look into a column for the class of each row."""
    return any(_says(base, "polymorphic_on") for base in classes.ancestors(info) if isinstance(base, ClassInfo))


def is_loaded_with_base(classes: Classes, info: ClassInfo) -> bool:
    """Whether the mapping loads the columns of a subclass whenever its base is queried."""
    if _says(info, "polymorphic_load"):
        return True
    return any(_says(base, "with_polymorphic") for base in classes.ancestors(info) if isinstance(base, ClassInfo))


def _says(info: ClassInfo, key: str) -> bool:
    """Whether a key stands in the mapper arguments of a class: a dictionary, or a function that gives one."""
    statement = info.attributes.get(ARGUMENTS)
    method = info.methods.get(ARGUMENTS)
    nodes = [n for n in (statement, method.node if method is not None else None) if n is not None]
    return any(_is_key(n, key) for node in nodes for n in ast.walk(node))


def _is_key(node: ast.AST, key: str) -> bool:
    return (isinstance(node, ast.Constant) and node.value == key) or (isinstance(node, ast.keyword) and node.arg == key)
