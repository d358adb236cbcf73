"""The remaining expressions, and the table of all of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from asyncify.analysis.infer.attributes import attribute
from asyncify.analysis.infer.calls import call
from asyncify.analysis.infer.displays import (
    comprehension,
    dict_comprehension,
    dict_of,
    sequence,
    subscript,
    tuple_of,
)
from asyncify.analysis.infer.dynamic_imports import added, joined
from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.foreign import thing_of
from asyncify.analysis.infer.iteration import awaited, elements
from asyncify.analysis.infer.narrowing import narrow
from asyncify.analysis.infer.run import Run
from asyncify.analysis.infer.stores import store
from asyncify.analysis.values import NOTHING, Ann, Cls, Const, Ext, Inst, Member, Obj, Origin, Value, Values, union


def _name(run: Run, node: ast.Name) -> Values:
    return run.lookup(node.id)


def _constant(run: Run, node: ast.Constant) -> Values:
    return frozenset({Const(node.value)}) if isinstance(node.value, str) and len(node.value) < 200 else NOTHING


def _attribute(run: Run, node: ast.Attribute) -> Values:
    return attribute(run, evaluate(run, node.value), node.attr, node)


def _bool(run: Run, node: ast.BoolOp) -> Values:
    values = [evaluate(run, v) for v in node.values]
    if isinstance(node.op, ast.And):  # what is not the last comes out where it is false only
        values[:-1] = [frozenset(v for v in part if not _is_true(run, v)) for part in values[:-1]]
    return union(values)


def _is_true(run: Run, value: Value) -> bool:
    """Whether a value is always true: an instance of a class that does not say otherwise."""
    methods = run.engine.classes.method
    return (
        isinstance(value, Obj)
        and run.engine.orm.is_model(value.info)
        and not (methods(value.info, "__bool__") or methods(value.info, "__len__"))
    )


def _conditional(run: Run, node: ast.IfExp) -> Values:
    evaluate(run, node.test)
    outer = run.env
    run.env = dict(outer)
    narrow(run, node.test)
    values = evaluate(run, node.body)
    run.env = dict(outer)
    narrow(run, node.test, holds=False)
    values |= evaluate(run, node.orelse)
    run.env = outer
    return values


def _await(run: Run, node: ast.Await) -> Values:
    return awaited(evaluate(run, node.value))


def _walrus(run: Run, node: ast.NamedExpr) -> Values:
    values = evaluate(run, node.value)
    store(run, node.target, values)
    return values


def _lambda(run: Run, node: ast.Lambda) -> Values:
    outer = run.env
    run.env = dict(outer)
    for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        run.env[arg.arg] = run.read("lambda", node, arg.arg)
    for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
        evaluate(run, default)
    result = evaluate(run, node.body)
    run.env = outer
    run.write(("lambda", node), result)
    return frozenset({Inst("lambda", (result,), Origin(run.path, node))})


def _binary(run: Run, node: ast.BinOp) -> Values:
    left, right = evaluate(run, node.left), evaluate(run, node.right)
    kept = left | right
    if isinstance(node.op, ast.Add):
        lists = frozenset(v for v in kept if isinstance(v, Inst) and v.type in ("list", "tuple"))
        return lists or added(left, right) or _things(kept)
    if isinstance(node.op, ast.BitOr) and any(isinstance(v, (Cls, Ext)) for v in kept):
        return frozenset({Ann(node, run.path)})
    return _things(kept)


def _things(values: Values) -> Values:
    """What an operator gives for things of other libraries: `Path(...).parent / name` is a path."""
    things = (v.base if isinstance(v, Member) else v for v in values)
    return union(thing_of(thing) for thing in things if isinstance(thing, Inst))


def _yield(run: Run, node: ast.Yield) -> Values:
    function = run.function
    if node.value is not None and function is not None:
        run.write(("yield", function, run.receiver), evaluate(run, node.value))
    return NOTHING


def _yield_from(run: Run, node: ast.YieldFrom) -> Values:
    function = run.function
    inner = elements(run, evaluate(run, node.value), node.value)
    if function is not None:
        run.write(("yield", function, run.receiver), inner)
    return NOTHING


def _starred(run: Run, node: ast.Starred) -> Values:
    return elements(run, evaluate(run, node.value), node)


EXPRESSIONS: Mapping[type[ast.expr], Callable[[Run, Any], Values]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Call: call,
    ast.List: sequence("list"),
    ast.Set: sequence("set"),
    ast.Tuple: tuple_of,
    ast.Dict: dict_of,
    ast.Subscript: subscript,
    ast.ListComp: comprehension("list"),
    ast.SetComp: comprehension("set"),
    ast.GeneratorExp: comprehension("generator"),
    ast.DictComp: dict_comprehension,
    ast.BoolOp: _bool,
    ast.IfExp: _conditional,
    ast.Await: _await,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.BinOp: _binary,
    ast.JoinedStr: joined,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Starred: _starred,
}
