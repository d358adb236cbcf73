"""What FastAPI and pytest put into a parameter."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from asyncify.analysis.infer.dynamic_imports import parametrized
from asyncify.analysis.infer.evaluate import annotated, evaluate
from asyncify.analysis.infer.framework import bound_task, given_by_place
from asyncify.analysis.infer.functions import construct, given_by
from asyncify.analysis.infer.graphql import info_parameter
from asyncify.analysis.infer.replaced import doubles_in
from asyncify.analysis.infer.run import Run
from asyncify.analysis.infer.told import told_of
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import NOTHING, Cls, Const, Ext, Fn, Inst, Obj, Value, Values, union
from asyncify.knowledge import names
from asyncify.knowledge.containers import PROVIDED, PROVIDER
from asyncify.knowledge.names import is_a

_SCALARS = frozenset({"str", "int", "float", "bool", "bytes"})
_DATABASE = (names.SESSION, names.ASYNC_SESSION, names.ENGINE, names.CONNECTION)


def dependency(run: Run, target: Values, node: ast.AST) -> Values:
    """What `Depends(target)` injects: what a generator yields, what a function returns, an instance of a class.

    Source: FastAPI "Dependencies", "Dependencies with yield", "Classes as Dependencies".
    """
    found: list[Values] = []
    for value in target:
        if isinstance(value, (Fn, Cls)):
            found.append(_doubles(run, value, node))
        if isinstance(value, Fn):
            run.note_call(node, value)
            found.append(given_by(run, value))
        elif isinstance(value, Cls):
            found.append(construct(run, value.info, [], {}, node))
        elif isinstance(value, Obj):
            method = run.engine.classes.method(value.info, "__call__")
            if method is not None:
                call = Fn(method, value.info, True)
                run.note_call(node, call)
                found.append(given_by(run, call))
        elif isinstance(value, Inst) and value.type in (PROVIDER, PROVIDED, "lambda"):
            found.append(value.args[0])
        elif isinstance(value, Inst) and value.type in (names.SESSIONMAKER, names.ASYNC_SESSIONMAKER):
            found.append(value.args[0] if value.args else NOTHING)
        elif isinstance(value, Ext) and (told := told_of(run.engine, value.name)):
            found.append(told)
        elif isinstance(value, Ext) and value.name.rpartition(".")[2][:1].isupper():
            found.append(frozenset({Inst(value.name)}))
    return union(found)


def _doubles(run: Run, value: Fn | Cls, node: ast.AST) -> Values:
    """The instances of classes of tests that tests put in the place of what a dependency gives."""
    found: set[Value] = set()
    for other in run.read("override", value.info):
        if isinstance(other, Fn):
            found |= given_by(run, other)
        elif isinstance(other, Cls):
            found |= run.instance(other.info)
        elif isinstance(other, Inst) and other.type == "lambda":
            found |= dependency(run, frozenset({other}), node)
    return doubles_in(run, found)


def parameter(run: Run, function: FunctionInfo, arg: ast.arg) -> Values:
    """All that a parameter may hold: what callers pass, its default, its fixture, its annotation."""
    task = bound_task(run, function, arg)
    if task:
        return task
    found: set[Value] = set(run.read("param", function, run.receiver, arg.arg))
    default, around = function.default_of(arg.arg), run.around()
    if default is not None:
        for value in evaluate(around, default):
            if isinstance(value, Inst) and value.type == names.DEPENDS:
                found |= dependency(run, value.args[0], default) if value.args else NOTHING
            elif isinstance(value, Inst) and value.type == PROVIDED:
                found |= value.args[0]
            else:
                found.add(value)
    fixture = run.engine.fixtures.find(function, arg.arg)
    if fixture is not None:
        value = Fn(fixture, fixture.cls, fixture.cls is not None)
        run.note_call(arg, value)
        found |= given_by(run, value)
    factory = run.engine.fixtures.factory(function, arg.arg) if fixture is None else None
    if factory is not None:
        found.add(Cls(factory))
    if not found and arg.annotation is None:
        found |= given_by_place(run, function, arg)
    found |= parametrized(run, function, arg.arg)
    found |= info_parameter(run, function, arg)
    if is_scalar(arg.annotation):
        # calls that are not told apart would bring anything here
        found = {v for v in found if not isinstance(v, Obj) and not _is_database(v)}
    known = {v.info for v in found if isinstance(v, Obj)}
    promised = annotated(around, arg.annotation)
    for value in promised:
        # what is known from callers (with its origin) says more than the bare annotation
        if not (isinstance(value, Obj) and known):
            found.add(value)
    return frozenset(found)


def named_fixture(run: Run, node: ast.Call, args: Sequence[Values]) -> Values:
    """`request.getfixturevalue("client")`: what the fixture gives. Source: pytest, `FixtureRequest`."""
    function = run.function
    if function is None or not isinstance(node.func, ast.Attribute) or node.func.attr != "getfixturevalue":
        return NOTHING
    texts = [v.text for v in args[0] if isinstance(v, Const)] if args else []
    found = [run.engine.fixtures.find(function, text) for text in texts]
    return union(given_by(run, Fn(f, f.cls, f.cls is not None)) for f in found if f is not None)


def is_scalar(annotation: ast.expr | None) -> bool:
    """Whether an annotation promises a text, a number or None, and nothing else."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return False
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return is_scalar(annotation.left) and is_scalar(annotation.right)
    if isinstance(annotation, ast.Subscript):
        inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        name = annotation.value.attr if isinstance(annotation.value, ast.Attribute) else annotation.value
        named = name.id if isinstance(name, ast.Name) else name
        return named in ("Optional", "Union") and all(is_scalar(one) for one in inner)
    if isinstance(annotation, ast.Constant):
        return annotation.value is None
    return isinstance(annotation, ast.Name) and annotation.id in _SCALARS


def _is_database(value: Value) -> bool:
    return isinstance(value, Inst) and any(is_a(value.type, kind) for kind in _DATABASE)
