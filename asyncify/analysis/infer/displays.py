"""Displays, comprehensions and items of containers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from asyncify.analysis.infer.containers import is_marker, marker
from asyncify.analysis.infer.dynamic_imports import LOADED, modules_named
from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.foreign import thing_of
from asyncify.analysis.infer.functions import call_function
from asyncify.analysis.infer.iteration import elements, no_text, position_of, written_texts
from asyncify.analysis.infer.locators import indexed
from asyncify.analysis.infer.narrowing import narrow
from asyncify.analysis.infer.run import Run
from asyncify.analysis.infer.sql import row_of
from asyncify.analysis.infer.stores import note_override
from asyncify.analysis.override_entries import fills_overrides
from asyncify.analysis.values import (
    NOTHING,
    Ann,
    Cls,
    Const,
    Ext,
    Fn,
    Inst,
    Member,
    Obj,
    Rec,
    Value,
    Values,
    collection,
    union,
)
from asyncify.knowledge import names


def sequence(kind: str) -> Callable[[Run, Any], Values]:
    """`[...]` or `{...}`."""

    def handler(run: Run, node: ast.List | ast.Set) -> Values:
        parts = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                parts.append(elements(run, evaluate(run, item.value), item))
            else:
                parts.append(evaluate(run, item))
        return frozenset({collection(kind, no_text(union(parts)))})

    return handler


def tuple_of(run: Run, node: ast.Tuple) -> Values:
    """`a, b`."""
    parts = tuple(
        elements(run, evaluate(run, i.value), i) if isinstance(i, ast.Starred) else no_text(evaluate(run, i))
        for i in node.elts
    )
    return frozenset({Inst("tuple", parts)})


def dict_of(run: Run, node: ast.Dict) -> Values:
    """`{key: value}`."""
    items: dict[str, Values] = {}
    found: set[Value] = set()
    keys: list[Values] = []
    values: list[Values] = []
    overrides = fills_overrides(run.module.source, node)
    for key, val in zip(node.keys, node.values, strict=True):
        result = evaluate(run, val)
        if key is None:
            for value in result:
                if isinstance(value, Rec):
                    for name, part in value.items:
                        items[name] = items.get(name, NOTHING) | part
                else:
                    found.add(value)
            continue
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            items[key.value] = no_text(result)
        else:
            keys.append(no_text(evaluate(run, key)))
            if overrides:
                note_override(run, keys[-1], result)
        values.append(no_text(result))
    if items:
        found.add(Rec(tuple(items.items())))
    found.add(Inst("dict", (union(keys), union(values))))
    return frozenset(found)


def subscript(run: Run, node: ast.Subscript) -> Values:
    """`base[index]`, of a value or of a type."""
    base = evaluate(run, node.value)
    for value in base:
        if value == Ext(LOADED):
            return modules_named(run, evaluate(run, node.slice))
        if isinstance(value, Ext) and is_marker(value.name):
            return marker(run, value.name, evaluate(run, node.slice))
        instance = indexed(run, value, evaluate(run, node.slice)) if isinstance(value, (Ext, Inst)) else NOTHING
        if instance:
            return instance
    if any(isinstance(v, (Ext, Cls)) for v in base):
        # an alias of types (`Annotated[Session, Depends(get_db)]`), or a class filled in (`Repo[User]`)
        classes = frozenset(v for v in base if isinstance(v, Cls))
        return classes or frozenset({Ann(node, run.path)})
    index = evaluate(run, node.slice)
    found: list[Values] = []
    for value in _told_apart(base, index):
        if isinstance(value, Rec):
            found.extend(value.get(key.text) for key in index if isinstance(key, Const))
            if not any(isinstance(key, Const) for key in index):
                found.extend(callables(part) for _, part in value.items)
        elif isinstance(value, Inst):
            if value.type in (names.QUERY, names.DYNAMIC):
                rows = row_of(run, value)
                found.append(frozenset({collection("list", rows)}) if isinstance(node.slice, ast.Slice) else rows)
            elif value.type in ("list", "set"):
                found.append(frozenset({value}) if isinstance(node.slice, ast.Slice) else value.args[0])
            elif value.type in ("tuple", "row"):
                if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                    position = node.slice.value
                    if -len(value.args) <= position < len(value.args):
                        found.append(value.args[position])
                else:
                    found.extend(value.args)
            elif value.type == "dict" and len(value.args) > 1:
                found.append(value.args[1])
            else:
                found.append(thing_of(value))
        elif isinstance(value, Member):
            found.append(thing_of(value.base))
        elif isinstance(value, Obj) and isinstance(node.ctx, ast.Load):
            method = run.engine.classes.method(value.info, "__getitem__")
            if method is not None:
                found.append(call_function(run, Fn(method, value.info, True), [index], {}, node))
    return union(found)


def _told_apart(base: Values, index: Values) -> Values:
    """What an index asks: where its name is one of a display, not the same display as a whole."""
    records = [v for v in base if isinstance(v, Rec)]
    texts = {key.text for key in index if isinstance(key, Const)}
    if not texts or len(texts) < len(index) or not any(record.get(text) for record in records for text in texts):
        return base
    known = union(part for record in records for _, part in record.items)
    return frozenset(
        v for v in base if not (isinstance(v, Inst) and v.type == "dict" and len(v.args) > 1 and v.args[1] <= known)
    )


def comprehension(kind: str) -> Callable[[Run, Any], Values]:
    """`[... for ...]`, `{... for ...}` or `(... for ...)`."""

    def handler(run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
        outer = run.env
        run.env = dict(outer)
        _generators(run, node.generators)
        result = evaluate(run, node.elt)
        run.env = outer
        return frozenset({collection(kind, no_text(result))})

    return handler


def dict_comprehension(run: Run, node: ast.DictComp) -> Values:
    """`{key: value for ...}`."""
    outer = run.env
    run.env = dict(outer)
    _generators(run, node.generators)
    key, value = evaluate(run, node.key), evaluate(run, node.value)
    run.env = outer
    return frozenset({Inst("dict", (no_text(key), no_text(value)))})


def _generators(run: Run, generators: list[ast.comprehension]) -> None:
    for part in generators:
        items = elements(run, evaluate(run, part.iter), part.iter) | written_texts(run, part.iter)
        for name, values in _targets(part.target, items, run):
            run.env[name] = values
        for test in part.ifs:
            evaluate(run, test)
            narrow(run, test)


def _targets(target: ast.expr, values: Values, run: Run) -> list[tuple[str, Values]]:
    run.note(target, values)
    if isinstance(target, ast.Name):
        return [(target.id, values)]
    if isinstance(target, (ast.Tuple, ast.List)):
        return [
            pair
            for position, item in enumerate(target.elts)
            for pair in _targets(
                item.value if isinstance(item, ast.Starred) else item, position_of(run, values, position, target), run
            )
        ]
    return []


def callables(values: Values) -> Values:
    """What may be called of what is found under a key that nobody knows: data is not followed there."""
    return frozenset(v for v in values if isinstance(v, (Fn, Cls)) or (isinstance(v, Inst) and v.type == "lambda"))


#: methods of dictionaries that ask for a key
ASKING = frozenset({"get", "pop", "setdefault"})


def asked_by_name(run: Run, node: ast.Call, args: Sequence[Values], targets: Values) -> Values:
    """What a call runs: `data.get("user")` asks for one name of a display, and not the display as a whole."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in ASKING or not args:
        return targets
    base = run.record.values.get(node.func.value, NOTHING)
    left = base - _told_apart(base, args[0])
    return frozenset(t for t in targets if not (isinstance(t, Member) and t.base in left))


def item_by_name(run: Run, node: ast.Call, args: Sequence[Values]) -> Values:
    """`kwargs.pop("session", None)`: what a dict with known keys has under that name, or what is given for none."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in ASKING or not args:
        return NOTHING
    records = [v for v in run.record.values.get(node.func.value, NOTHING) if isinstance(v, Rec)]
    found = union(r.get(key.text) for r in records for key in args[0] if isinstance(key, Const))
    if not any(isinstance(key, Const) for key in args[0]):
        found = union(callables(part) for r in records for _, part in r.items)
    return found | args[1] if records and len(args) > 1 else found
