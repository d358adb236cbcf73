"""Instances that tests put in the place of others: `monkeypatch.setattr("app.main.repo", FakeRepo())`. And those that
stand for sessions: `monkeypatch.setattr("app.db.SessionLocal", lambda: FakeSession())`.

Source: pytest "How to monkeypatch"; `unittest.mock`, `patch` and `patch.object`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.infer.run import Run
from asyncify.analysis.infer.stores import store_attribute
from asyncify.analysis.names import Assigned
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import NOTHING, Cls, Const, Fn, Inst, Mod, Obj, Value, Values
from asyncify.knowledge import names

REPLACING = frozenset({"setattr", "patch", "object"})
FACTORIES = frozenset({names.SESSIONMAKER, names.ASYNC_SESSIONMAKER})


def replaced(run: Run, node: ast.Call, args: Sequence[Values], kwargs: Mapping[str, Values]) -> None:
    """Let what is replaced also be what a test puts there, where that is an instance of a class of the tests."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in REPLACING or not args or not is_test(run.path):
        return
    new = kwargs.get("new") or kwargs.get("value") or (args[-1] if len(args) > 1 else NOTHING)
    doubles = doubles_in(run, new)
    made = _made_doubles(run, new) | doubles_in(run, kwargs.get("return_value", NOTHING))
    if not doubles and not made:
        return
    for owner in args[0]:
        if isinstance(owner, Const):
            module, _, last = owner.text.rpartition(".")
            path = run.engine.names.index.find(module, run.path) if module else None
            if path is not None:
                _bind(run, path, last, doubles, made)
        for text in args[1] if len(args) > 1 else ():
            if isinstance(text, Const) and isinstance(owner, Mod):
                _bind(run, owner.path, text.text, doubles, made)
            elif isinstance(text, Const):
                store_attribute(run, owner, text.text, doubles)


def _bind(run: Run, path: str, name: str, values: Values, made: Values) -> None:
    """Give a top-level name of a module one more value; where it comes from another module, there. made: what a call
    of it gives then, where it makes sessions."""
    found = run.engine.names.resolve(path, name)
    if isinstance(found, Assigned):
        path, name = found.path, found.name
    factories = {v.type for v in run.read("global", path, name) if isinstance(v, Inst)} & FACTORIES
    more = frozenset(Inst(factory, (made,)) for factory in factories if made)
    run.write(("global", path, name), values | more)


def _made_doubles(run: Run, values: Values) -> Values:
    """The instances that a function or class of the tests makes, as what makes sessions."""
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Inst) and value.type == "lambda" and value.args:
            found |= value.args[0]
        elif isinstance(value, Cls):
            found.add(Obj(value.info))
        elif isinstance(value, Fn) and not value.info.is_generator:
            found |= run.read("ret", value.info, value.receiver)
    return doubles_in(run, found)


def doubles_in(run: Run, values: Iterable[Value]) -> Values:
    """The instances of classes that tests define; rows of theirs are data."""
    orm = run.engine.orm
    return frozenset(v for v in values if isinstance(v, Obj) and is_test(v.info.path) and not orm.is_model(v.info))


def given_by_double(run: Run, values: Values) -> Values:
    """What a double of the tests gives to the app, without the rows that it or the app has made: no session has these,
    and the app works with others."""
    return frozenset(
        Inst(v.type, tuple(given_by_double(run, part) for part in v.args), v.origin) if isinstance(v, Inst) else v
        for v in values
        if not (isinstance(v, Obj) and run.engine.orm.is_model(v.info) and _is_made(run, v))
    )


def _is_made(run: Run, value: Obj) -> bool:
    """Whether an instance comes from a call of its class, or is only promised."""
    if value.origin is None or not isinstance(value.origin.site, ast.Call):
        return value.origin is None
    return isinstance(run.engine.names.resolve_expression(value.origin.path, value.origin.site.func), ClassInfo)
