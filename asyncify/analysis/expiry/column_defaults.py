"""The values that Python code gives to columns when rows are written: `default=`, `default_factory=`, `onupdate=`.

An instance has them after the flush, as it has what it was given. Source: SQLAlchemy "Column INSERT/UPDATE Defaults".
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo

#: of columns, and of the fields of SQLModel and of mapped dataclasses
MADE = frozenset({"default", "insert_default", "default_factory"})
CHANGED = frozenset({"onupdate"})


@dataclass(frozen=True)
class Given:
    """One such value. name: the column; value: the value or what makes it, written in the file `path`."""

    name: str
    path: str
    value: ast.expr


class ColumnDefaults:
    """Finds them. One for each program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.made = cache(lambda info: self._of(info, MADE))
        self.changed = cache(lambda info: self._of(info, CHANGED))

    def _of(self, info: ClassInfo, keywords: frozenset[str]) -> tuple[Given, ...]:
        found: dict[str, Given] = {}
        columns = self.program.orm.columns(info)
        for base in self.program.classes.ancestors(info):
            for name, statement in base.attributes.items() if isinstance(base, ClassInfo) else ():
                if name not in columns or name in found or not isinstance(statement.value, ast.Call):
                    continue
                calls = (node for node in ast.walk(statement.value) if isinstance(node, ast.Call))
                values = (k.value for call in calls for k in call.keywords if k.arg in keywords)
                value = next(values, None)
                if value is not None and isinstance(base, ClassInfo):
                    found[name] = Given(name, base.path, value)
        return tuple(found.values())
