"""Library functions that call a function which they are given: `map`, `sorted(key=...)`, `reduce`.

Sources: Python library reference, "Built-in Functions", `functools`, `heapq`, `itertools`, `operator`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from asyncify.analysis.infer.attributes import attribute
from asyncify.analysis.infer.functions import call_function, construct, ensure, pass_arguments, result_of
from asyncify.analysis.infer.iteration import elements
from asyncify.analysis.infer.run import Run
from asyncify.analysis.values import NOTHING, Cls, Const, Fn, Inst, Value, Values, collection, union
from asyncify.knowledge.library import ATTRGETTER, KEYED, METHODCALLER

Args = Sequence[Values]
Kwargs = Mapping[str, Values]


def apply(run: Run, target: Values, args: Args, node: ast.AST) -> Values:
    """What a library function gets that calls these functions."""
    return union(_apply(run, value, args, node) for value in target)


def _apply(run: Run, value: Value, args: Args, node: ast.AST) -> Values:
    if isinstance(value, Fn):
        return call_function(run, value, args, {}, node)
    if isinstance(value, Cls):
        return construct(run, value.info, args, {}, node)
    return told(run, value, args, node)


def told(run: Run, value: Value, args: Args, node: ast.AST) -> Values:
    """The same of what is made where it is handed over: a lambda, `attrgetter("team.name")`, a partial."""
    if not isinstance(value, Inst):
        return NOTHING
    if value.type == "lambda" and value.origin is not None and isinstance(value.origin.site, ast.Lambda):
        spec = value.origin.site.args
        for arg, given in zip((*spec.posonlyargs, *spec.args), args, strict=False):
            run.write(("lambda", value.origin.site, arg.arg), given)
        return value.args[0]
    if value.type == "functools.partial":
        return apply(run, value.args[0], [*value.args[1:], *args], node)
    if value.type == ATTRGETTER and args:
        parts = [union(_path(run, args[0], v.text, node) for v in text if isinstance(v, Const)) for text in value.args]
        return parts[0] if len(parts) == 1 else frozenset({Inst("tuple", tuple(parts))})
    if value.type == METHODCALLER and args and value.args:
        names = [v.text for v in value.args[0] if isinstance(v, Const)]
        methods = union(attribute(run, args[0], name, node) for name in names)
        return apply(run, frozenset(m for m in methods if isinstance(m, Fn)), value.args[1:], node)
    return NOTHING


def _path(run: Run, values: Values, dotted: str, node: ast.AST) -> Values:
    for name in dotted.split("."):
        values = attribute(run, values, name, node)
    return values


def keyed(run: Run, name: str, args: Args, kwargs: Kwargs, node: ast.AST) -> Values:
    """Give the items of `sorted(items, key=function)` to the function; what it makes of them.

    The function is still one that is handed over: nobody can await it.
    """
    items, position = KEYED[name]
    function = kwargs.get("key", args[position] if position is not None and len(args) > position else NOTHING)
    if not function or len(args) <= items:
        return NOTHING
    several = position is None and items == 0 and len(args) > 1  # max(a, b, key=...)
    return given(run, function, [union(args) if several else elements(run, args[items], node)], node)


def given(run: Run, function: Values, args: Args, node: ast.AST) -> Values:
    """What functions that are handed over make of arguments; no call of them is noted."""
    found = []
    for value in function:
        if isinstance(value, Fn):
            ensure(run, value)
            pass_arguments(run, value, args, {})
            found.append(NOTHING if value.info.is_generator or value.info.is_async else result_of(run, value))
        else:
            found.append(told(run, value, args, node))
    return union(found)


def run_to_end(run: Run, function: Values, args: Args, kwargs: Kwargs) -> Values:
    """What a plain form of async functions gives, `async_to_sync(function)(1)`; no call of them is noted."""
    found = [value for value in function if isinstance(value, Fn)]
    for value in found:
        ensure(run, value)
        pass_arguments(run, value, args, kwargs)
    return union(result_of(run, value) for value in found)


def reduced(run: Run, args: Args, node: ast.Call) -> Values:
    """`functools.reduce(function, items, first)`: what the function makes of the last result and an item."""
    items = elements(run, args[1], node)
    made = args[2] if len(args) > 2 else items
    return made | apply(run, args[0], [made, items], node)


def grouped(run: Run, args: Args, kwargs: Kwargs, node: ast.Call) -> Values:
    """`itertools.groupby(items, key)`: pairs of a key and the items that have it."""
    items = elements(run, args[0], node) if args else NOTHING
    key = keyed(run, "itertools.groupby", args, kwargs, node)
    return frozenset({collection("list", frozenset({Inst("tuple", (key, frozenset({collection("list", items)})))}))})
