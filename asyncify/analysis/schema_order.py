"""Schemas that pydantic can only build when they are used, because they name a class that stands further down.

It then looks for the names in the frames of the callers, and fails where there are none: at the bottom of a greenlet.
Source: pydantic "Forward annotations"; `pydantic._internal._mock_val_ser`, `BaseModel.model_rebuild`.
"""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, ModuleInfo

#: the bases of schemas; that of generic ones of pydantic 1 derives from the first
BASE_MODELS = ("pydantic.BaseModel", "pydantic.generics.GenericModel", "sqlmodel.SQLModel")
#: calls that build a schema where they stand
BUILDERS = frozenset({"model_rebuild", "update_forward_refs"})
#: a line behind every line
NOWHERE = 10**9


def has_late_schemas(program: Program) -> bool:
    """Whether there is a schema in a program that names a later class or import, or one that is not built yet where it
    stands, and is not built by hand."""
    for module in program.modules.values():
        built = {
            ast.unparse(node.func.value): node.lineno
            for node in module.source.nodes_of(ast.Call)
            if isinstance(node.func, ast.Attribute) and node.func.attr in BUILDERS
        }
        lines = {info.name: info.node.lineno for info in module.classes.values() if info.name == info.qualname}
        lines |= _imported_below(module)
        late: dict[str, int] = {}  # where each is built, for those that stand further up than that
        for info in sorted(module.classes.values(), key=lambda c: c.node.lineno):
            if is_schema(program, info) and _names_later(info, {**lines, **late}):
                if info.name not in built:
                    return True
                late[info.name] = built[info.name]
    return False


def _imported_below(module: ModuleInfo) -> dict[str, int]:
    """Names that a module imports, each with the line, also where only type checkers do: that is behind everything."""
    found: dict[str, int] = {}
    for node in module.source.nodes_among(frozenset({ast.Import, ast.ImportFrom})):
        outer = module.source.parent(node)
        typing = isinstance(outer, ast.If) and "TYPE_CHECKING" in ast.unparse(outer.test)
        if outer is module.source.tree or typing:
            line = NOWHERE if typing else node.lineno  # type: ignore[attr-defined]
            found.update({a.asname or a.name.partition(".")[0]: line for a in node.names})  # type: ignore[attr-defined]
    return found


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
