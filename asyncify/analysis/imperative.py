"""Classes that are mapped from outside, `registry.map_imperatively(Batch, batches, properties={...})`, and `mapper()`
before 2.0; those that only name a table, `__table__ = batches`. Source: SQLAlchemy "ORM Mapped Class Overview",
"Imperative Mapping"; "Declarative with Imperative Table".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asyncify.analysis.foreign_keys import TABLE, foreign_keys
from asyncify.analysis.names import Assigned, Names
from asyncify.analysis.nodes import last_name
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext

METHOD = "map_imperatively"
MAPPERS = frozenset({"sqlalchemy.orm.mapper", "sqlalchemy.orm.mapperlib.mapper"})
COLUMN = "Column"


@dataclass(frozen=True)
class Property:
    """One that a mapping is given. call: what makes it. target: the class at the other end, where it names one.
    has_key: the table of its own class has the key of that one."""

    name: str
    call: ast.Call
    target: ClassInfo | None
    has_key: bool


@dataclass(frozen=True)
class Imperative:
    """The mapping of one class. path: the file that it stands in. table, columns, keys: the name of its table, the
    columns of that by their names, and the `table.column` texts of its foreign keys."""

    path: str
    table: str
    columns: tuple[tuple[str, ast.Call], ...]
    keys: frozenset[str]
    properties: tuple[Property, ...]


@dataclass(frozen=True)
class _Mapped:
    path: str
    info: ClassInfo
    table: ast.Call | None
    properties: ast.Dict | None

    @property
    def table_name(self) -> str:
        first = self.table.args[0] if self.table is not None and self.table.args else None
        return str(first.value) if isinstance(first, ast.Constant) else ""


def imperative_mappings(names: Names) -> Mapping[ClassInfo, Imperative]:
    """All of a program."""
    found: dict[ClassInfo, _Mapped] = {}
    by_variable: dict[tuple[str, str], ClassInfo] = {}
    for path in sorted(names.modules):
        source = names.modules[path].source
        for call in source.nodes_of(ast.Call) if "mapper" in source.text or METHOD in source.text else ():
            mapped = _mapped(names, path, call)
            if mapped is None:
                continue
            found[mapped.info] = mapped
            statement = source.parent(call)
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                by_variable[path, statement.targets[0].id] = mapped.info
        for info in names.modules[path].classes.values():
            stated = info.attributes.get(TABLE)
            if stated is not None and stated.value is not None:
                found.setdefault(info, _Mapped(path, info, _table(names, path, stated.value), None))
    return {
        info: Imperative(
            one.path,
            one.table_name,
            tuple(_columns(one.table)),
            frozenset(foreign_keys(one.table)) if one.table is not None else frozenset(),
            tuple(_properties(names, one, found, by_variable)),
        )
        for info, one in found.items()
    }


def table_holds_key(mappings: Mapping[ClassInfo, Imperative], info: ClassInfo, target: ClassInfo | None) -> bool:
    """Whether the table of one class has a key of that of another one."""
    if info not in mappings or target is None or target not in mappings or not mappings[target].table:
        return False
    return any(key.rpartition(".")[0] == mappings[target].table for key in mappings[info].keys) and info is not target


def _table(names: Names, path: str, node: ast.expr) -> ast.Call | None:
    """The call that makes a table, there or under a name."""
    found = names.resolve_expression(path, node) if isinstance(node, (ast.Name, ast.Attribute)) else None
    value = found.value if isinstance(found, Assigned) else node
    return value if isinstance(value, ast.Call) else None


def _mapped(names: Names, path: str, call: ast.Call) -> _Mapped | None:
    made = names.resolve_expression(path, call.func)
    by_registry = isinstance(call.func, ast.Attribute) and call.func.attr == METHOD
    if not by_registry and not (isinstance(made, Ext) and made.name in MAPPERS):
        return None
    keywords = {k.arg: k.value for k in call.keywords}
    first = call.args[0] if call.args else keywords.get("class_")
    second = call.args[1] if len(call.args) > 1 else keywords.get("local_table")
    info = names.resolve_expression(path, first) if first is not None else None
    table = _table(names, path, second) if second is not None else None
    properties = keywords.get("properties")
    if not isinstance(info, ClassInfo):
        return None
    return _Mapped(path, info, table, properties if isinstance(properties, ast.Dict) else None)


def _columns(table: ast.Call | None) -> Iterator[tuple[str, ast.Call]]:
    for call in table.args[2:] if table is not None else ():
        if isinstance(call, ast.Call) and last_name(call.func) == COLUMN:
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, call


def _properties(
    names: Names, one: _Mapped, every: Mapping[ClassInfo, _Mapped], by_variable: Mapping[tuple[str, str], ClassInfo]
) -> Iterator[Property]:
    keys = foreign_keys(one.table) if one.table is not None else []
    given = zip(one.properties.keys, one.properties.values, strict=True) if one.properties is not None else ()
    for key, value in given:
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or not isinstance(value, ast.Call):
            continue
        argument = value.args[0] if value.args else next((k.value for k in value.keywords if k.arg == "argument"), None)
        if isinstance(argument, ast.Lambda):
            argument = argument.body
        target = by_variable.get((one.path, argument.id)) if isinstance(argument, ast.Name) else None
        if target is None and argument is not None:
            found = names.resolve_expression(one.path, argument)
            target = found if isinstance(found, ClassInfo) else None
            if isinstance(argument, ast.Constant):
                target = next((info for info in every if info.name == argument.value), None)
        table = every[target].table_name if target is not None and target in every else ""
        # in a table with a key of itself, the others have that of this one, unless `remote_side=` turns that round
        plain = target is one.info and all(k.arg != "remote_side" for k in value.keywords)
        has_key = not plain and any(text.rpartition(".")[0] == table for text in keys if table)
        yield Property(key.value, value, target, has_key)
