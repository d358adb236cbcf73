"""Foreign keys in the source of models: which of two classes holds the key of a relationship.

SQLAlchemy, "Basic Relationship Patterns": the side whose table has the foreign key refers to one object, the other to
many.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from asyncify.analysis.classes import Classes
from asyncify.analysis.nodes import last_name
from asyncify.analysis.symbols import ClassInfo

#: the attribute of a class that is its table, and those of a table that have its columns
TABLE = "__table__"
TABLE_ARGUMENTS = "__table_args__"
OF_TABLE = frozenset({"c", "columns"})


def holds_key(
    classes: Classes, info: ClassInfo, target: ClassInfo | None, keywords: dict[str, ast.expr], *, mapped: bool
) -> bool:
    """Whether the side of a class holds the key of a relationship to a target: then the other end is a single object.

    keywords: those of the relationship. mapped: whether the class is a model; where it is a mixin the key may stand in
    the classes that have it.
    """
    family = [base for base in classes.ancestors(info) if isinstance(base, ClassInfo)]
    if not mapped:
        family += classes.descendants(info)
    foreign = keywords.get("foreign_keys")
    if foreign is not None:
        own = {name for base in family for name in (*base.attributes, *base.methods)}
        return bool(_mentioned(foreign, {base.name for base in family} | {"cls"}) & own)
    for base in family:
        for _, definition in definitions(base):
            for key in foreign_keys(definition):
                if target is not None and is_key_of(classes, key, target):
                    return not (target is info and "remote_side" not in keywords)
    return False


def is_key(
    classes: Classes, info: ClassInfo, remote: ast.expr, table: str = "", columns: Iterable[tuple[str, ast.AST]] = ()
) -> bool:
    """Whether the columns that `remote_side=` has are keys of a class itself: the others of it hold them, many of one.
    A primary key is none, though that of a subclass refers to its base. table, columns: of a table that the class
    names. Source: SQLAlchemy "Adjacency List Relationships"."""
    family = [base for base in classes.ancestors(info) if isinstance(base, ClassInfo)]
    made = {**dict(columns), **{name: node for base in reversed(family) for name, node in definitions(base)}}
    named = _mentioned(remote, {base.name for base in family} | {"cls"}) - {TABLE}
    for node in ast.walk(remote):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            named.discard(node.value.id)  # `nodes`, `Node`: what has the column
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr in OF_TABLE:
            named.add(node.attr)

    def is_own(definition: ast.AST) -> bool:
        keys = foreign_keys(definition) if not _is_primary(definition) else []
        return any(is_key_of(classes, key, info) or (table and key.rpartition(".")[0] == table) for key in keys)

    return bool(named) and all(name in made and is_own(made[name]) for name in named)


def may_repeat(classes: Classes, info: ClassInfo, target: ClassInfo) -> bool:
    """Whether two rows of a class may have the same key of a target: a column that refers to it is neither unique nor
    the primary key. Source: SQLAlchemy "One To One", "Defining Constraints and Indexes"."""
    family = [base for base in classes.ancestors(info) if isinstance(base, ClassInfo)]
    made = {name: node for base in reversed(family) for name, node in definitions(base) if name != TABLE_ARGUMENTS}
    primary = [name for name, node in made.items() if _is_primary(node)]
    alone = {column for base in family for column in _unique_columns(base)}
    return any(
        any(is_key_of(classes, key, target) for key in foreign_keys(node))
        and not (name in alone or _says(node, "unique") or primary == [name])
        for name, node in made.items()
    )


def _unique_columns(info: ClassInfo) -> Iterator[str]:
    """The columns that a class gives a unique constraint or index of one column."""
    made = dict(definitions(info)).get(TABLE_ARGUMENTS)
    for call in ast.walk(made) if made is not None else ():
        if not isinstance(call, ast.Call):
            continue
        constraint = last_name(call.func) == "UniqueConstraint"
        columns = call.args if constraint else call.args[1:]
        if len(columns) == 1 and (constraint or (last_name(call.func) == "Index" and _says(call, "unique"))):
            column = columns[0]
            yield str(column.value) if isinstance(column, ast.Constant) else last_name(column)


def _is_primary(definition: ast.AST) -> bool:
    return _says(definition, "primary_key")


def _says(definition: ast.AST, name: str) -> bool:
    """Whether some call of a definition has a keyword that is true."""
    keywords = (node for node in ast.walk(definition) if isinstance(node, ast.keyword))
    return any(k.arg == name and isinstance(k.value, ast.Constant) and k.value.value is True for k in keywords)


def definitions(info: ClassInfo) -> Iterator[tuple[str, ast.AST]]:
    """The attributes that the body of a class makes, with what makes each: also `@declared_attr` methods."""
    yield from info.attributes.items()
    for name, method in info.methods.items():
        made = made_by(method.node)
        if made is not None:
            yield name, made


def made_by(method: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """What a decorated method returns in the end: None where it is a plain one. SQLAlchemy, `declared_attr`: the method
    of a mixin makes an attribute of each class that has it."""
    returns = [s.value for s in method.body if isinstance(s, ast.Return)]
    return returns[-1] if method.decorator_list and returns else None


def _mentioned(foreign: ast.expr, owners: set[str]) -> set[str]:
    """The columns of some classes, or of the class itself, that `foreign_keys=` has."""
    found: set[str] = set()
    for node in ast.walk(foreign):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in owners:
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for part in re.findall(r"[\w.]+", node.value):
                owner, _, column = part.rpartition(".")
                if owner.rpartition(".")[2] in owners | {""}:
                    found.add(column)
    return found


def is_key_of(classes: Classes, key: str, target: ClassInfo) -> bool:
    """Whether a `table.column`, `schema.table.column` or `Class.column` is of a class."""
    table = key.rpartition(".")[0]
    for base in classes.ancestors(target):
        if not isinstance(base, ClassInfo):
            continue
        named = table_name(base)
        if table == base.name or (named is not None and table.rpartition(".")[2] == named):
            return True
    # the table is named by code of the app: most make it of the name of the class, as SQLModel does
    plain = table.rpartition(".")[2].replace("_", "").lower()
    name = target.name.lower()
    return table_name(target) is None and plain in {name, f"{name}s", f"{name}es", re.sub("y$", "ies", name)}


def table_name(info: ClassInfo) -> str | None:
    """The table that the body of a class names."""
    stmt = info.attributes.get("__tablename__")
    if stmt is not None and isinstance(stmt.value, ast.Constant) and isinstance(stmt.value.value, str):
        return stmt.value.value
    if stmt is None and any(k.arg == "table" for k in info.node.keywords):
        return info.name.lower()  # SQLModel's default
    return None


def foreign_keys(definition: ast.AST) -> list[str]:
    """The `table.column` texts of the ForeignKey calls (or SQLModel `foreign_key=`) in a column definition."""
    found: list[str] = []
    for node in ast.walk(definition):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "ForeignKey" and node.args:
            found.extend(_key(node.args[0]))
        if name == "ForeignKeyConstraint" and len(node.args) > 1 and isinstance(node.args[1], (ast.List, ast.Tuple)):
            found.extend(key for element in node.args[1].elts for key in _key(element))
        for keyword in node.keywords:
            if keyword.arg == "foreign_key":
                found.extend(_key(keyword.value))
    return found


def _key(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.Attribute):
        return [ast.unparse(node)]
    if isinstance(node, ast.JoinedStr):  # f"{SCHEMA}.user.id": what is fixed behind what is not
        last = node.values[-1]
        return [str(last.value).lstrip(".")] if isinstance(last, ast.Constant) else []
    return []
