"""Instances whose key is text while its column has none: `id = Faker("uuid4")`, `id = Sequence(lambda n: f"{n}")`.

The session knows such an instance by its text, and rows by what the database gives: `Session.get` with the key of the
instance makes another instance, and loads into that. A refresh loads into the one that it is given. Sources:
SQLAlchemy, "Session Basics", "identity map"; `orm/loading.py`, `_instance_processor`, `refresh_state`; factory_boy
reference, "Declarations", and Faker, whose `uuid4` gives text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.texts import keeps_text

#: types of columns whose values are not the text that they are given
_OTHERS = frozenset(
    "Integer BigInteger SmallInteger INTEGER BIGINT SMALLINT int UUID Uuid uuid GUID UUIDType Date DateTime".split()
)
#: what is called for each instance, with a function that makes the value
_BY_FUNCTION = frozenset({"Sequence", "LazyFunction", "LazyAttribute", "LazyAttributeSequence"})


def text_keyed(program: Program) -> frozenset[ClassInfo]:
    """The models of which a factory or a call makes instances with such keys."""
    factories = program.object_factories
    found: set[ClassInfo] = set()
    for info in program.classes.all:
        model = factories.model(info) if factories.is_factory(info) else None
        if model is not None and any(_is_text(given) for given in _declared(info, _keys(program, model))):
            found.add(model)
    keys = {info.name: (info, _keys(program, info)) for info in program.orm.models}
    for module in program.modules.values():
        for call in module.source.nodes_of(ast.Call):
            made = keys.get(last_name(call.func))
            if made is not None and any(k.arg in made[1] and _is_text(k.value) for k in call.keywords):
                found.add(made[0])
    return frozenset(found)


def _keys(program: Program, info: ClassInfo) -> set[str]:
    """The columns of a primary key that are no texts."""
    if not program.orm.is_model(info):
        return set()
    columns = {name: c for name, c in program.orm.columns(info).items() if program.orm.type_names(info, name) & _OTHERS}
    keys = {name for name, c in columns.items() if getattr(c.keyword("primary_key"), "value", False) is True}
    return {name for name in keys if not keeps_text(columns[name].call)}


def _declared(info: ClassInfo, names: set[str]) -> Iterator[ast.expr]:
    for name in names:
        stmt = info.attributes.get(name)
        if isinstance(stmt, (ast.Assign, ast.AnnAssign)) and stmt.value is not None:
            yield stmt.value


def _is_text(node: ast.expr) -> bool:
    """Whether a key is given as text, by itself or by a declaration of factory_boy."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    if name == "Faker":
        named = node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == "uuid4"
        return bool(named) and not any(k.arg == "cast_to" for k in node.keywords)
    if name in _BY_FUNCTION and node.args and isinstance(node.args[0], ast.Lambda):
        return _is_text(node.args[0].body)
    return name in ("str", "FuzzyText")
