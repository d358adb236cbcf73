"""Calls: of functions and classes of the program, and what decorators and with items make of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.infer import containers, sql
from asyncify.analysis.infer.arguments import arguments, spread
from asyncify.analysis.infer.dependencies import named_fixture
from asyncify.analysis.infer.displays import asked_by_name, item_by_name
from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.foreign import thing_of
from asyncify.analysis.infer.forwarding import forwarded
from asyncify.analysis.infer.functions import CONTEXT_MANAGERS, REGISTERED, bare, call_function, construct, fill_fields
from asyncify.analysis.infer.higher import run_to_end, told
from asyncify.analysis.infer.library import call_library, call_member
from asyncify.analysis.infer.queries import chained
from asyncify.analysis.infer.replaced import given_by_double, replaced
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import (
    NOTHING,
    Cls,
    Const,
    Ext,
    Fn,
    Inst,
    Member,
    Obj,
    Origin,
    Rec,
    Value,
    Values,
    has,
    of_type,
    union,
)
from asyncify.knowledge import names
from asyncify.knowledge.barriers import BY_CALLEE, Handing
from asyncify.knowledge.builders import BUILDERS, BUILDING_PAIRS
from asyncify.knowledge.library import DISPATCH, MAKERS, NAMED_TUPLE

#: what enters a context manager until the end of a `with`. Source: contextlib reference, `ExitStack`
STACKED = frozenset(
    {
        ("contextlib.ExitStack", "enter_context"),
        ("contextlib.AsyncExitStack", "enter_context"),
        ("contextlib.AsyncExitStack", "enter_async_context"),
    }
)

#: functions of libraries that take any number of the same, as in `zip(*lists)`
SPREADING = ("builtins.", "itertools.")


def call(run: Run, node: ast.Call) -> Values:
    """What a call gives; notes which functions of the program it runs or hands over."""
    if (isinstance(node.func, ast.Name) and node.func.id == "super") or _is_super(node.func):
        return _call_super(run, node)
    targets = evaluate(run, node.func)
    written, kwargs, rest = arguments(run, node)
    args = spread(written, rest)
    targets = asked_by_name(run, node, written, targets)
    replaced(run, node, written, kwargs)
    if not targets:
        _hand_over(run, node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "returning":
            return sql.statement(names.RETURNING, written, Origin(run.path, node))
        known = _built(node, written) | _validated(run, node) | named_fixture(run, node, written)
        return known | bare(run, node, written) | item_by_name(run, node, written)
    found: list[Values] = []
    for target in targets:
        if isinstance(target, Fn):
            given = call_function(run, target, args, kwargs, node)
            found.append(given_by_double(run, given) if is_test(target.info.path) and not is_test(run.path) else given)
        elif isinstance(target, Cls):
            found.append(construct(run, target.info, args, kwargs, node))
        elif isinstance(target, Ext):
            handed = [*written, rest] if rest and target.name.startswith(SPREADING) else written
            found.append(call_library(run, target.name, handed, kwargs, node))
            found.append(forwarded(run, target, args, kwargs, node))
        elif isinstance(target, Member):
            found.append(call_member(run, target, written, kwargs, node))
            if (target.base.type, target.name) in STACKED and node.args:
                found.append(entered(run, written[0] if written else NOTHING, node.args[0]))
            found.append(forwarded(run, target, args, kwargs, node))
        elif isinstance(target, Obj):
            method = run.engine.classes.method(target.info, "__call__")
            if method is not None:
                found.append(call_function(run, Fn(method, target.info, True), args, kwargs, node))
        elif isinstance(target, Inst):
            found.append(call_instance(run, target, args if target.type == "lambda" else written, kwargs, node))
    if not any(isinstance(t, (Fn, Cls, Obj)) for t in targets):
        found.append(_built(node, written))
        found.append(named_fixture(run, node, written))
        found.append(bare(run, node, written))
        found.append(item_by_name(run, node, written))
        _hand_over(run, node)
    if isinstance(node.func, ast.Attribute):
        return chained(run, run.record.values.get(node.func.value, NOTHING), union(found))
    return union(found)


def _hand_over(run: Run, node: ast.Call) -> None:
    """The arguments of a call go to code that is not in the program."""
    noted = run.record.values
    for arg in (*node.args, *[k.value for k in node.keywords]):
        handed = noted.get(arg)
        if handed:
            run.note_handed(arg, handed)


def _validated(run: Run, node: ast.Call) -> Values:
    """`Hero.model_validate(data)`: an instance."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in MAKERS:
        return NOTHING
    classes = [v.info for v in run.record.values.get(node.func.value, NOTHING) if isinstance(v, Cls)]
    return union(run.instance(info, Origin(run.path, node)) for info in classes)


def _built(node: ast.Call, args: Sequence[Values]) -> Values:
    """`user_filter.filter(query)` of another library: the query that it was given, with more in it."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in BUILDERS | BUILDING_PAIRS:
        return NOTHING
    built = frozenset(v for given in args for v in given if has(frozenset({v}), names.QUERY, names.SELECT))
    return frozenset({Inst("tuple", (built, NOTHING))}) if built and name in BUILDING_PAIRS else built


def call_instance(
    run: Run, target: Inst, args: Sequence[Values], kwargs: Mapping[str, Values], node: ast.Call
) -> Values:
    """Calling an object of a library: a factory, a scoped session, a partial, a lambda, a provider."""
    provided = containers.call_provider(run, target, args, kwargs, node)
    if provided is not None:
        return provided
    if target.type == DISPATCH:  # `function.register(Class)`, a decorator
        return frozenset({target})
    if target.type == "typing.Callable":
        return target.args[-1] if target.args else NOTHING
    if target.type in (names.SESSIONMAKER, names.ASYNC_SESSIONMAKER):
        return target.args[0] if target.args else NOTHING
    if target.type == names.SCOPED_SESSION or (target.type == names.ASYNC_SESSION and target.args):  # scoped as well
        return frozenset({target}) | (target.args[0] if target.args else NOTHING)
    if BY_CALLEE.get(target.type) is Handing.PLAIN:
        return run_to_end(run, target.args[0], args, kwargs)
    if target.type == "functools.partial":
        found = []
        bound = [*(target.args[1:]), *args]
        for inner in target.args[0]:
            if isinstance(inner, Fn):
                found.append(call_function(run, inner, bound, kwargs, node))
            elif isinstance(inner, Inst) and inner.type == "functools.partial":
                found.append(call_instance(run, inner, bound, kwargs, node))
            elif isinstance(inner, Ext):
                found.append(call_library(run, inner.name, bound, kwargs, node))
        return union(found)
    if target.type in CONTEXT_MANAGERS:
        made = union(call_function(run, f, args, kwargs, node) for f in target.args[0] if isinstance(f, Fn))
        generators = (v for v in made if isinstance(v, Inst) and v.type in ("generator", "asyncgenerator"))
        return frozenset(Inst("contextmanager", v.args) for v in generators)
    if target.type == NAMED_TUPLE:
        fields = [v.text for field in target.args for v in field if isinstance(v, Const)]
        parts = [*args, *(kwargs.get(name, NOTHING) for name in fields[len(args) :])]
        return frozenset({Inst("tuple", tuple(parts)), Rec(tuple(zip(fields, parts, strict=False)))})
    if target.type == "lambda" and target.origin is not None and isinstance(target.origin.site, ast.Lambda):
        run.record.lambdas.setdefault(node, set()).add(target.origin.site)
    return told(run, target, args, node) or thing_of(target)


def _is_super(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
    )


def _call_super(run: Run, node: ast.Call) -> Values:
    written, kwargs, rest = arguments(run, node)
    args = spread(written, rest)
    function = run.function
    while function is not None and function.cls is None:
        function = function.parent
    if function is None or function.cls is None or not isinstance(node.func, ast.Attribute):
        return NOTHING
    receiver = run.receiver or function.cls
    method = run.engine.classes.method_above(function.cls, receiver, node.func.attr)
    if method is not None:
        return call_function(run, Fn(method, receiver, True), args, kwargs, node)
    if node.func.attr == "__init__":
        fill_fields(run, receiver, (), kwargs)
    found = []
    for value in run.instance(receiver):
        if isinstance(value, Inst):  # a session or query subclass that calls its library parent
            member = Member(value, node.func.attr)
            run.note(node.func, frozenset({member}))
            found.append(call_member(run, member, written, kwargs, node))
    return union(found)


def apply_decorators(run: Run, info: FunctionInfo, value: Values) -> Values:
    """What the name of a decorated function holds. Decorators of libraries are taken to keep the function."""
    for node in reversed(info.node.decorator_list):
        decorators = evaluate(run, node)
        results: list[Values] = []
        for decorator in decorators:
            if isinstance(decorator, Fn):
                result = call_function(run, decorator, [value], {}, node)
                results.append(frozenset(v for v in result if isinstance(v, (Fn, Obj))))
            elif isinstance(decorator, Inst) and decorator.type == DISPATCH:
                for function in (f for f in decorator.args[0] if isinstance(f, Fn)):
                    run.write(("attr", function.info, REGISTERED), value)
            elif isinstance(decorator, Cls):
                results.append(construct(run, decorator.info, [value], {}, node))
            elif isinstance(decorator, Obj):
                method = run.engine.classes.method(decorator.info, "__call__")
                if method is not None:
                    result = call_function(run, Fn(method, decorator.info, True), [value], {}, node)
                    results.append(frozenset(v for v in result if isinstance(v, (Fn, Obj))))
        replaced = union(results)
        if replaced:
            value = replaced
    return value


def entered(run: Run, values: Values, node: ast.expr) -> Values:
    """What `with value as x` binds to x."""
    found: list[Values] = []
    for value in values:
        if isinstance(value, Inst):
            if value.type in ("contextmanager", names.TRANSACTION) and value.args:
                found.append(value.args[0])
            elif value.type not in ("list", "generator", "tuple", "dict"):
                found.append(frozenset({value}))
        elif isinstance(value, Obj):
            for name in ("__enter__", "__aenter__"):
                exit_method = run.engine.classes.method(value.info, name.replace("enter", "exit"))
                if exit_method is not None:
                    call_function(run, Fn(exit_method, value.info, True), [], {}, node)
                method = run.engine.classes.method(value.info, name)
                if method is not None:
                    found.append(_plain(call_function(run, Fn(method, value.info, True), [], {}, node)))
            if run.engine.classes.method(value.info, "__enter__") is None and _extends_library(run, value):
                found.append(frozenset({value}))  # as a session does
    return union(found)


def _extends_library(run: Run, value: Obj) -> bool:
    return any(isinstance(base, Ext) for base in run.engine.classes.ancestors(value.info))


def _plain(values: Values) -> Values:
    return union(v.args[0] if isinstance(v, Inst) and v.type == "coroutine" else frozenset({v}) for v in values)


def sessions(values: Values) -> tuple[Inst, ...]:
    """The sync sessions among values."""
    return of_type(values, names.SESSION)


def functions(values: Values) -> tuple[Value, ...]:
    """The functions of the program among values."""
    return tuple(v for v in values if isinstance(v, Fn))
