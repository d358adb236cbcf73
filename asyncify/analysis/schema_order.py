"""Schemas that pydantic can only build when they are used, because they name a class that stands further down.

It then looks for the names in the frames of the callers, and fails where there are none: at the bottom of a greenlet.
Source: pydantic "Forward annotations"; `pydantic._internal._mock_val_ser`, `BaseModel.model_rebuild`.
"""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo

#: the bases of schemas; that of generic ones of pydantic 1 derives from the first
BASE_MODELS = ("pydantic.BaseModel", "pydantic.generics.GenericModel", "sqlmodel.SQLModel")
#: calls that build a schema where they stand
BUILDERS = frozenset({"model_rebuild", "update_forward_refs"})


def has_late_schemas(program: Program) -> bool:
    """Whether there is a schema in a program that names a later class, and is not built by hand."""
    built = {
        (path, ast.unparse(node.func.value))
        for path, module in program.modules.items()
        for node in module.source.nodes_of(ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr in BUILDERS
    }
    for path, module in program.modules.items():
        lines = {info.name: info.node.lineno for info in module.classes.values() if info.name == info.qualname}
        for info in module.classes.values():
            if is_schema(program, info) and (path, info.name) not in built and _names_later(info, lines):
                return True
    return False


def is_schema(program: Program, info: ClassInfo) -> bool:
    """Whether a class is a pydantic model."""
    return program.classes.derives_from(info, *BASE_MODELS)


def _names_later(info: ClassInfo, lines: dict[str, int]) -> bool:
    for statement in info.attributes.values():
        if not isinstance(statement, ast.AnnAssign):
            continue
        nodes = list(ast.walk(statement.annotation))
        for text in [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]:
            try:
                nodes.extend(ast.walk(ast.parse(text, mode="eval")))
            except SyntaxError:
                continue
        if any(isinstance(n, ast.Name) and lines.get(n.id, 0) > info.node.lineno for n in nodes):
            return True
    return False
