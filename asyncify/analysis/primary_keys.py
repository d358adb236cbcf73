"""Primary keys of mapped classes. Source: SQLAlchemy, "Mapping Table Columns", `primary_key=True`."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo


def primary_key(program: Program, info: ClassInfo) -> list[str]:
    """The attributes of the primary key of a mapped class."""
    given = ((name, column.keyword("primary_key")) for name, column in program.orm.columns(info).items())
    return [name for name, value in given if isinstance(value, ast.Constant) and value.value is True]
