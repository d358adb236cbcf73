"""Assigning: to names, attributes and items."""

from __future__ import annotations

import ast

from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.iteration import position_of
from asyncify.analysis.infer.run import Run
from asyncify.analysis.values import NOTHING, Cls, Const, Fn, Inst, Mod, Obj, Rec, Value, Values, collection
from asyncify.knowledge import names
from asyncify.knowledge.api import form_of
from asyncify.knowledge.library import CLIENTS, STATES
from asyncify.knowledge.testing import OVERRIDES

#: where the classes come from that ask a database
DATABASE = ("sqlalchemy.", "sqlmodel.")


def store(run: Run, target: ast.expr, values: Values) -> None:
    """Assign values to a target."""
    if isinstance(target, ast.Name):
        run.note(target, values)
        run.bind(target.id, values)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for position, item in enumerate(target.elts):
            inner = item.value if isinstance(item, ast.Starred) else item
            part = position_of(run, values, position, item)
            store(run, inner, frozenset({collection("list", part)}) if isinstance(item, ast.Starred) else part)
    elif isinstance(target, ast.Attribute):
        for value in evaluate(run, target.value):
            store_attribute(run, value, target.attr, values)
    elif isinstance(target, ast.Subscript):
        base = evaluate(run, target.value)
        key = evaluate(run, target.slice)
        texts = sorted(k.text for k in key if isinstance(k, Const) and k.text)
        if isinstance(target.value, ast.Attribute) and target.value.attr == OVERRIDES:
            note_override(run, key, values)
        added: list[Value] = [Rec(tuple((text, values) for text in texts))] if texts else []
        if not isinstance(target.slice, ast.Constant) or not texts:  # a registry: whoever looks it up has keys as well
            added.append(Inst("dict", (key, values)))
        for one in added if base and values else ():
            grow(run, target.value, one)


def note_override(run: Run, key: Values, values: Values) -> None:
    """`app.dependency_overrides[key] = values`."""
    for overridden in key:
        if isinstance(overridden, (Fn, Cls)):
            run.write(("override", overridden.info), values)


def grow(run: Run, node: ast.expr, value: Value) -> None:
    """A container in a name or attribute now also holds what `value` holds."""
    if isinstance(node, ast.Name):
        run.bind(node.id, run.lookup(node.id) | {value})
    elif isinstance(node, ast.Attribute):
        for owner in evaluate(run, node.value):
            store_attribute(run, owner, node.attr, frozenset({value}))
    elif isinstance(node, ast.Subscript) and _holds_callables(value):
        if any(isinstance(v, Inst) and v.type == "dict" for v in evaluate(run, node.value)):
            grow(run, node.value, Inst("dict", (NOTHING, frozenset({value}))))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault":
        if _holds_callables(value):
            grow(run, node.func.value, Inst("dict", (NOTHING, frozenset({value}))))


def _holds_callables(value: Value) -> bool:
    """Lists in dictionaries are followed for what is called from them only: data nests without end."""
    inner = value.args[0] if isinstance(value, Inst) and value.type in ("list", "set") and value.args else NOTHING
    return any(isinstance(v, (Fn, Obj, Cls)) or (isinstance(v, Inst) and v.type == "lambda") for v in inner)


def _works(value: Value) -> bool:
    """Whether a client may hold this for tests to call or use: code of theirs, a session, an engine; no data."""
    return isinstance(value, (Fn, Obj)) or (isinstance(value, Inst) and value.type.startswith(DATABASE))


def store_attribute(run: Run, owner: Value, name: str, values: Values) -> None:
    """`owner.name = values`."""
    if isinstance(owner, (Obj, Cls)):
        if not (run.engine.orm.is_model(owner.info) and run.engine.orm.relationship(owner.info, name)):
            run.write(("attr", owner.info, name), values)
    elif isinstance(owner, Inst) and owner.type in STATES:
        run.write(("state", owner.type, name), values)
    elif isinstance(owner, Inst) and owner.type in CLIENTS and form_of(names.TEST_CLIENT, name) is None:
        run.write(("state", owner.type, name), frozenset(v for v in values if _works(v)))
    elif isinstance(owner, Mod):
        run.write(("global", owner.path, name), values)
