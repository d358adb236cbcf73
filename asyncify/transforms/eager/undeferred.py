"""Deferred columns that a program asks for where it needs them: they stay deferred, and who reads one elsewhere waits.

Source: SQLAlchemy "Limiting which Columns Load with Column Deferral", "Loading deferred columns in groups".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext
from asyncify.transforms.eager.option_values import ANY, GROUP, UNDEFER, relationship_of

#: functions whose `deferred=True` is meant, and the one that defers what it is given
COLUMN = "sqlalchemy.orm.mapped_column"
MAKERS = frozenset({COLUMN, "sqlalchemy.orm.column_property"})
DEFERRED = "sqlalchemy.orm.deferred"
GROUPS = ("group", "deferred_group")


class Undeferred:
    """Knows the deferred columns of a program, and those of them that some option loads."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._names: set[str] = set()
        self._groups: set[str] = set()
        for call, name in self._options():
            for argument in call.args:
                if name == UNDEFER:
                    self._names.add(relationship_of(argument)[0][-1])
                else:
                    self._groups.add(str(argument.value) if isinstance(argument, ast.Constant) else ANY)

    def _options(self) -> Iterator[tuple[ast.Call, str]]:
        for module in self.program.modules.values():
            for node in module.source.nodes_of(ast.Call) if UNDEFER in module.source.text else ():
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in (UNDEFER, GROUP):
                    yield node, name

    def asked_for(self, owner: ClassInfo, name: str) -> ast.Call | None:
        """The definition of a deferred column that some option loads."""
        found = self.program.orm.call_of(owner, name) if self._names or self._groups else None
        if found is None or not is_deferred(self.program, *found):
            return None
        texts = groups_of(found[0])
        asked = self._names & {name, ANY} or self._groups & {*texts, *([ANY] if texts else [])}
        return found[0] if asked else None


def groups_of(call: ast.Call) -> list[str]:
    """The name of the group that the definition of a column puts it into, if any."""
    return [str(k.value.value) for k in call.keywords if k.arg in GROUPS and isinstance(k.value, ast.Constant)]


def is_deferred(program: Program, call: ast.Call, path: str) -> bool:
    """Whether what defines a column defers it; `deferred_group=` does so by itself. Source: SQLAlchemy,
    `mapped_column`."""
    made = program.names.resolve_expression(path, call.func)
    name = made.name if isinstance(made, Ext) else ""
    given = {k.arg: k.value for k in call.keywords}
    value = given.get("deferred")
    if value is None and name == COLUMN and "deferred_group" in given:
        return True
    return name == DEFERRED or (name in MAKERS and isinstance(value, ast.Constant) and value.value is True)
