"""Functions and classes of the program: what reaches their parameters, and what comes out of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from asyncify.analysis.infer.evaluate import annotated
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import NOTHING, Cls, Ext, Fn, Inst, Obj, Origin, Rec, Value, Values, union
from asyncify.knowledge.library import DISPATCHERS

#: where a function with `singledispatch` keeps the others
REGISTERED = "<registered>"
CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})


def call_function(
    run: Run,
    function: Fn,
    args: Sequence[Values],
    kwargs: Mapping[str, Values],
    node: ast.AST,
    receiver: Values = NOTHING,
) -> Values:
    """Call a function of the program: its parameters get the arguments, the call gives its result."""
    run.note_call(node, function)
    ensure(run, function)
    info = function.info
    if function.bound and function.receiver is not None and info.method is None:
        for inner in function.wraps:  # the methods behind it run for the same receiver
            if inner.cls is not None:
                behind = Fn(inner, function.receiver, True)
                ensure(run, behind)
                pass_arguments(run, behind, args, kwargs)
        args = [run.instance(function.receiver), *args]  # a wrapper in the place of a method takes `self` itself
    pass_arguments(run, function, args, kwargs)
    if info.is_generator:
        yielded = run.read("yield", info, function.receiver) | _promised(run, info)
        kind = "asyncgenerator" if info.is_async else "generator"
        if is_context_manager(run, info):
            kind = "contextmanager"
        # who made it travels along: whoever iterates over it or enters it runs that function
        return frozenset({Inst(kind, (yielded, frozenset({function})))})
    result = _wrapping(info, result_of(run, function), args[0] if args else NOTHING)
    if info.decorators & DISPATCHERS:
        registered = (v for v in run.read("attr", info, REGISTERED) if isinstance(v, Fn))
        bound = (Fn(v.info, function.receiver, function.bound) for v in registered)
        result |= union(call_function(run, one, args, kwargs, node) for one in bound)
    return frozenset({Inst("coroutine", (result,))}) if info.is_async else result


#: decorators on top of each other that are told apart
LAYERS = 4


def _wrapping(decorator: FunctionInfo, result: Values, given: Values) -> Values:
    """What a decorator made, with the functions that it was given: each has a wrapper of its own."""
    wrapped = [v for v in given if isinstance(v, Fn) and len(v.wraps) < LAYERS]
    if not wrapped or not any(isinstance(v, Fn) and v.info.parent is decorator for v in result):
        return result
    found: set[Value] = set()
    for value in result:
        if isinstance(value, Fn) and value.info.parent is decorator and not value.wraps:
            found |= {replace(value, wraps=(inner.info, *inner.wraps)) for inner in wrapped}
        else:
            found.add(value)
    return frozenset(found)


def pass_arguments(run: Run, function: Fn, args: Sequence[Values], kwargs: Mapping[str, Values]) -> None:
    """Write arguments into the cells of the parameters that they reach."""
    info = function.info
    spec = info.node.args
    positional = info.positional
    is_bound = function.bound and info.cls is not None
    if is_bound:
        positional = positional[1:]
    for name, values in zip(positional, args, strict=False):
        run.write(("param", info, function.receiver, name), values)
    if spec.vararg is not None and len(args) > len(positional):
        rest = Inst("tuple", tuple(args[len(positional) :]))
        run.write(("param", info, function.receiver, spec.vararg.arg), frozenset({rest}))
    extra = []
    for name, values in kwargs.items():
        if name in info.named and not (is_bound and (name,) == info.positional[:1]):
            run.write(("param", info, function.receiver, name), values)
        else:
            extra.append((name, values))
    if spec.kwarg is not None and extra:
        whole: set[Value] = {Rec(tuple(extra))}
        models = frozenset(
            v for _, given in extra for v in given if isinstance(v, Obj) and run.engine.orm.is_model(v.info)
        )
        if models:  # to be walked through; of other things it is only asked by name
            whole.add(Inst("dict", (NOTHING, models)))
        run.write(("param", info, function.receiver, spec.kwarg.arg), frozenset(whole))


def result_of(run: Run, function: Fn) -> Values:
    """What a function returns: what its body was seen to return, else what its annotation promises."""
    found = run.read("ret", function.info, function.receiver)
    if found or function.info.node.returns is None:
        return found
    return annotated(run.at_for(function.info.path, function.receiver), function.info.node.returns)


def given_by(run: Run, function: Fn) -> Values:
    """What a function gives to whoever injects it."""
    ensure(run, function)
    if function.info.is_generator:
        return run.read("yield", function.info, function.receiver)
    return result_of(run, function)


def ensure(run: Run, function: Fn) -> None:
    """Have a function walked for a receiver that it was not walked for yet."""
    engine = run.engine
    unit = (function.info, function.receiver)
    if unit not in engine.walked:
        engine.walked.add(unit)
        engine.enqueue(unit)


def _promised(run: Run, info: FunctionInfo) -> Values:
    """What the annotation of a generator says that it yields."""
    promised = annotated(run.at(info.path), info.node.returns)
    return union(v.args[0] for v in promised if isinstance(v, Inst) and v.type in ("generator", "asyncgenerator"))


def is_context_manager(run: Run, info: FunctionInfo) -> bool:
    """Whether `contextlib` makes a context manager of a generator function."""
    return any(name in CONTEXT_MANAGERS for name in decorator_names(run, info))


def decorator_names(run: Run, info: FunctionInfo) -> list[str]:
    """The library names of the decorators of a function."""
    found = run.engine.decorators.get(info)
    if found is None:
        found = run.engine.decorators[info] = []
        for node in info.node.decorator_list:
            target = run.engine.names.resolve_expression(info.path, node.func if isinstance(node, ast.Call) else node)
            if isinstance(target, Ext):
                found.append(target.name)
    return found


def construct(run: Run, info: ClassInfo, args: Sequence[Values], kwargs: Mapping[str, Values], node: ast.AST) -> Values:
    """Make an instance of a class of the program."""
    if run.engine.factories.is_factory(info):
        _create(run, info, args, kwargs)
        return made_by_factory(run, info, node)
    init = fill(run, info, args, kwargs)
    if init is not None:
        run.note_call(node, init)
    return run.instance(info, Origin(run.path, node))


def bare(run: Run, node: ast.Call, args: Sequence[Values]) -> Values:
    """`Service.__new__(Service)`: an instance without `__init__`. Source: Python reference, `object.__new__`."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "__new__" or not args:
        return NOTHING
    classes = [value.info for value in args[0] if isinstance(value, Cls)]
    for info in classes:
        inherit(run, info)
    return union(run.instance(info, Origin(run.path, node)) for info in classes)


def _create(run: Run, info: ClassInfo, args: Sequence[Values], kwargs: Mapping[str, Values]) -> None:
    """Calling a factory runs its `create`, which a program may have written itself. Source: factory_boy, `Factory`."""
    method = run.engine.classes.method(info, "create")
    if method is not None:
        function = Fn(method, info, True)
        ensure(run, function)
        pass_arguments(run, function, args, kwargs)


def made_by_factory(run: Run, info: ClassInfo, node: ast.AST) -> Values:
    """What a factory_boy factory makes: an instance of its model."""
    model = run.engine.factories.model(info)
    return run.instance(model, Origin(run.path, node)) if model is not None else NOTHING


def fill(run: Run, info: ClassInfo, args: Sequence[Values], kwargs: Mapping[str, Values]) -> Fn | None:
    """Pass what a constructor is given on to `__init__`, which is returned, or to the fields of a class without."""
    inherit(run, info)
    init = run.engine.classes.method(info, "__init__")
    if init is not None:
        function = Fn(init, info, True)
        ensure(run, function)
        pass_arguments(run, function, args, kwargs)
        return function
    fill_fields(run, info, args, kwargs)
    return None


def fill_fields(run: Run, info: ClassInfo, args: Sequence[Values], kwargs: Mapping[str, Values]) -> None:
    """What the `__init__` of a library does: the fields of a class hold what it is given."""
    if run.engine.orm.is_model(info):
        return
    fields = [
        name
        for base in reversed(run.engine.classes.ancestors(info))
        if isinstance(base, ClassInfo)
        for name, stmt in base.attributes.items()
        if isinstance(stmt, ast.AnnAssign)
    ]
    for name, values in (*zip(fields, args, strict=False), *kwargs.items()):
        run.write(("attr", info, name), values)


def inherit(run: Run, info: ClassInfo) -> None:
    """Have what a class inherits walked for it: what its instances hold is often known to itself alone."""
    if not run.engine.first_instance(info) or run.engine.orm.is_model(info):
        return
    seen = set(info.methods)
    for base in run.engine.classes.ancestors(info)[1:]:
        if isinstance(base, ClassInfo):
            for name, method in base.methods.items():
                if name not in seen:
                    ensure(run, Fn(method, info, True))
            seen.update(base.methods)
