"""Walking statements: what each name holds at each point."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from asyncify.analysis.infer.calls import apply_decorators, entered
from asyncify.analysis.infer.dependencies import parameter
from asyncify.analysis.infer.engine import Engine, Record
from asyncify.analysis.infer.evaluate import annotated, evaluate
from asyncify.analysis.infer.iteration import elements, written_texts
from asyncify.analysis.infer.loops import carries
from asyncify.analysis.infer.narrowing import narrow
from asyncify.analysis.infer.patterns import bind_pattern
from asyncify.analysis.infer.run import Env, Run
from asyncify.analysis.infer.schedule import Unit
from asyncify.analysis.infer.stores import store
from asyncify.analysis.names import Imported
from asyncify.analysis.nodes import children, raises
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import NOTHING, Cls, Fn, Obj, Origin, Values


def walk_unit(engine: Engine, unit: Unit) -> Record:
    """Walk a body once with what the cells hold now."""
    body, receiver = unit
    run = Run(engine, unit, receiver)
    if isinstance(body, FunctionInfo):
        _bind_parameters(run, body)
        walk(run, body.node.body)
    else:
        walk(run, body.source.tree.body)
    return run.record


#: what the first parameter of a method is called. Source: PEP 8, "Function and Method Arguments"
RECEIVERS = frozenset({"self", "cls"})


def _bind_parameters(run: Run, info: FunctionInfo) -> None:
    arguments = info.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    kinds = info.decorators
    for arg in info.parameters:
        if info.cls is not None and positional and arg is positional[0] and "staticmethod" not in kinds:
            owner = run.receiver or info.cls
            is_class = "classmethod" in kinds or info.name in (
                "__new__",
                "__init_subclass__",
                "__class_getitem__",
            )
            # what a method reads from `self` is known by the method: its callers add where their instance came from
            values: Values = frozenset({Cls(owner)}) if is_class else run.instance(owner, Origin(info.path, info.node))
            if not is_class and arg.arg not in RECEIVERS:
                # a function that is only kept in a class: `Users.all(db)`, without `@staticmethod`
                given = parameter(run, info, arg)
                values = given if _is_foreign(run, owner, arg) else values | given
        else:
            values = parameter(run, info, arg)
        run.note(arg, values)
        run.bind(arg.arg, values)
    for star in (arguments.vararg, arguments.kwarg):
        if star is not None:
            run.bind(star.arg, run.read("param", info, run.receiver, star.arg))


def _is_foreign(run: Run, owner: ClassInfo, arg: ast.arg) -> bool:
    """Whether an annotation says that a parameter is no instance of a class."""
    values = annotated(run.around(), arg.annotation) if arg.annotation is not None else NOTHING
    kin = run.engine.classes.are_kin
    return bool(values) and not any(isinstance(v, Obj) and kin(v.info, owner) for v in values)


def walk(run: Run, body: list[ast.stmt]) -> bool:
    """Walk statements; False when control does not reach the end."""
    for stmt in body:
        handler = _HANDLERS.get(type(stmt))
        if handler is None:
            for node in children(stmt):
                if isinstance(node, ast.expr):
                    evaluate(run, node)
            continue
        if handler(run, stmt) is False:
            return False
    return True


def join(*envs: Env | None) -> Env:
    """The state after several ways of getting here."""
    reached = [env for env in envs if env is not None]
    result: Env = dict(reached[0]) if reached else {}
    for env in reached[1:]:
        for name, values in env.items():
            old = result.get(name)
            result[name] = values if old is None or old is values else old | values
    return result


def _branch(run: Run, env: Env, body: list[ast.stmt]) -> Env | None:
    run.env = dict(env)
    return run.env if walk(run, body) else None


def _function(run: Run, stmt: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    info = run.module.functions[stmt]
    value: Values = frozenset({Fn(info, run.receiver if run.function else None)})
    for default in (*stmt.args.defaults, *filter(None, stmt.args.kw_defaults)):
        evaluate(run, default)
    result = apply_decorators(run, info, value)
    if run.class_scope:
        run.env[stmt.name] = result  # the rest of the class body may read it
        if result != value:
            run.write(("method", run.class_scope[-1], stmt.name), result)
    else:
        run.bind(stmt.name, result)


def _class(run: Run, stmt: ast.ClassDef) -> None:
    info = run.module.classes[stmt]
    for node in (*stmt.bases, *(k.value for k in stmt.keywords), *stmt.decorator_list):
        evaluate(run, node)
    outer = run.env
    run.env = dict(outer)
    run.class_scope.append(info)
    walk(run, stmt.body)
    run.class_scope.pop()
    for name in info.attributes:
        run.write(("attr", info, name), run.env.get(name, NOTHING))
    run.env = outer
    run.bind(stmt.name, frozenset({Cls(info)}))


def _return(run: Run, stmt: ast.Return) -> bool:
    function = run.function
    if stmt.value is not None and function is not None:
        run.write(("ret", function, run.receiver), evaluate(run, stmt.value))
    return False


def _stop(run: Run, stmt: ast.stmt) -> bool:
    if isinstance(stmt, ast.Raise):
        for node in (stmt.exc, stmt.cause):
            if node is not None:
                evaluate(run, node)
    elif run.loop_exits:
        run.loop_exits[-1].append(dict(run.env))
    return False


def _assign(run: Run, stmt: ast.Assign) -> None:
    values = evaluate(run, stmt.value)
    for target in stmt.targets:
        store(run, target, values)


def _annotated_assign(run: Run, stmt: ast.AnnAssign) -> None:
    promised = annotated(run, stmt.annotation)
    values = evaluate(run, stmt.value) if stmt.value is not None else NOTHING
    if stmt.value is None and not run.class_scope and not isinstance(stmt.target, ast.Attribute):
        values = promised
    known = {v.info for v in values if isinstance(v, Obj)}
    store(run, stmt.target, values | {v for v in promised if not (isinstance(v, Obj) and known)})


def _augmented(run: Run, stmt: ast.AugAssign) -> None:
    added = evaluate(run, stmt.value)
    old = evaluate(run, stmt.target)
    store(run, stmt.target, old | added)


def _assert(run: Run, stmt: ast.Assert) -> None:
    evaluate(run, stmt.test)
    narrow(run, stmt.test)
    if stmt.msg is not None:
        evaluate(run, stmt.msg)


def _expression(run: Run, stmt: ast.Expr) -> None:
    evaluate(run, stmt.value)


def _if(run: Run, stmt: ast.If) -> bool:
    evaluate(run, stmt.test)
    before = run.env
    run.env = dict(before)
    narrow(run, stmt.test)
    yes = _branch(run, run.env, stmt.body)
    run.env = dict(before)
    narrow(run, stmt.test, holds=False)
    no = _branch(run, run.env, stmt.orelse)
    run.env = join(yes, no)
    return yes is not None or no is not None


def _loop(run: Run, stmt: ast.For | ast.AsyncFor | ast.While) -> None:
    for _ in range(2):
        run.loop_exits.append([])
        before = dict(run.env)
        if isinstance(stmt, ast.While):
            evaluate(run, stmt.test)
        else:
            items = elements(run, evaluate(run, stmt.iter), stmt.iter)
            store(run, stmt.target, items | written_texts(run, stmt.iter))
        reached = walk(run, stmt.body)
        run.env = join(before, run.env if reached else None, *run.loop_exits.pop())
        if not carries(run.engine, stmt, before, run.env):
            break
    walk(run, stmt.orelse)


def _with(run: Run, stmt: ast.With | ast.AsyncWith) -> bool:
    for item in stmt.items:
        values = evaluate(run, item.context_expr)
        inner = entered(run, values, item.context_expr)
        if item.optional_vars is not None:
            store(run, item.optional_vars, inner)
    return walk(run, stmt.body) or raises(stmt.body)


def _try(run: Run, stmt: ast.Try) -> bool:
    before = dict(run.env)
    body = _branch(run, before, stmt.body)
    reached = dict(run.env)
    if body is not None:
        body = _branch(run, body, stmt.orelse)
    ends: list[Env | None] = [body]
    for handler in stmt.handlers:
        if handler.type is not None:
            evaluate(run, handler.type)
        start = join(before, reached)
        if handler.name:
            start[handler.name] = NOTHING
        ends.append(_branch(run, start, handler.body))
    run.env = join(*ends) if any(e is not None for e in ends) else join(before, reached)
    finished = walk(run, stmt.finalbody)
    return finished and any(e is not None for e in ends)


def _match(run: Run, stmt: ast.Match) -> None:
    subject = evaluate(run, stmt.subject)
    before = run.env
    ends: list[Env | None] = [dict(before)]
    for case in stmt.cases:
        run.env = dict(before)
        bind_pattern(run, case.pattern, subject)
        if case.guard is not None:
            evaluate(run, case.guard)
        ends.append(run.env if walk(run, case.body) else None)
    run.env = join(*ends)


def _import(run: Run, stmt: ast.Import | ast.ImportFrom) -> None:
    for alias in stmt.names:
        if alias.name == "*":
            continue
        found = run.engine.names.imported(run.path, stmt, alias)
        values: Values = NOTHING
        if isinstance(found, Imported):
            values = run.engine.global_values(found.path, found.name, run.unit)
        elif found is not None:
            values = frozenset({found})
        name = alias.asname or alias.name.partition(".")[0]
        if run.function is None and _is_replaced(run, stmt, name):
            run.env[name] = values
        else:
            run.bind(name, values)


def _is_replaced(run: Run, stmt: ast.Import | ast.ImportFrom, name: str) -> bool:
    """Whether a module always gives a name that it imports something else further down: functions see only that."""
    source = run.module.source
    return any(
        isinstance(
            other,
            (ast.Assign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom),
        )
        and other.lineno > stmt.lineno
        and source.parent(other) is source.tree
        for other in run.module.top.get(name, ())
    )


def _delete(run: Run, stmt: ast.Delete) -> None:
    for target in stmt.targets:
        if not isinstance(target, ast.Name):
            evaluate(run, target)


_HANDLERS: dict[type[ast.stmt], Callable[[Run, Any], bool | None]] = {
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Return: _return,
    ast.Raise: _stop,
    ast.Break: _stop,
    ast.Continue: _stop,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated_assign,
    ast.AugAssign: _augmented,
    ast.Assert: _assert,
    ast.Expr: _expression,
    ast.If: _if,
    ast.For: _loop,
    ast.AsyncFor: _loop,
    ast.While: _loop,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Match: _match,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Delete: _delete,
}
if hasattr(ast, "TryStar"):
    _HANDLERS[ast.TryStar] = _try
