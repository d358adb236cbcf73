"""Instances that tests put in the place of others: `monkeypatch.setattr("app.main.repo", FakeRepo())`.

Source: pytest "How to monkeypatch"; `unittest.mock`, `patch` and `patch.object`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.infer.run import Run
from asyncify.analysis.infer.stores import store_attribute
from asyncify.analysis.names import Assigned
from asyncify.analysis.values import NOTHING, Const, Mod, Obj, Value, Values

REPLACING = frozenset({"setattr", "patch", "object"})


def replaced(run: Run, node: ast.Call, args: Sequence[Values], kwargs: Mapping[str, Values]) -> None:
    """Let what is replaced also be what a test puts there, where that is an instance of a class of the tests."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in REPLACING or not args or not is_test(run.path):
        return
    new = kwargs.get("new") or kwargs.get("value") or (args[-1] if len(args) > 1 else NOTHING)
    doubles = doubles_in(run, new)
    if not doubles:
        return
    for owner in args[0]:
        if isinstance(owner, Const):
            module, _, last = owner.text.rpartition(".")
            path = run.engine.names.index.find(module, run.path) if module else None
            if path is not None:
                _bind(run, path, last, doubles)
        for text in args[1] if len(args) > 1 else ():
            if isinstance(text, Const) and isinstance(owner, Mod):
                _bind(run, owner.path, text.text, doubles)
            elif isinstance(text, Const):
                store_attribute(run, owner, text.text, doubles)


def _bind(run: Run, path: str, name: str, values: Values) -> None:
    """Give a top-level name of a module one more value; where it comes from another module, there."""
    found = run.engine.names.resolve(path, name)
    if isinstance(found, Assigned):
        path, name = found.path, found.name
    run.write(("global", path, name), values)


def doubles_in(run: Run, values: Iterable[Value]) -> Values:
    """The instances of classes that tests define; rows of theirs are data."""
    orm = run.engine.orm
    return frozenset(v for v in values if isinstance(v, Obj) and is_test(v.info.path) and not orm.is_model(v.info))
