"""Calls of library functions, classes and methods."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from asyncify.analysis.foreign_engines import FOREIGN_ENGINE, is_foreign
from asyncify.analysis.infer import containers, dynamic_imports, sql
from asyncify.analysis.infer.annotations import constant_text
from asyncify.analysis.infer.evaluate import annotated
from asyncify.analysis.infer.foreign import thing_of
from asyncify.analysis.infer.framework import keep_lifespan_state
from asyncify.analysis.infer.functions import CONTEXT_MANAGERS, ensure, made_by_factory, pass_arguments
from asyncify.analysis.infer.graphql import keep_context
from asyncify.analysis.infer.higher import apply, given, grouped, keyed, reduced
from asyncify.analysis.infer.iteration import awaited, elements, position_of
from asyncify.analysis.infer.locators import located
from asyncify.analysis.infer.queries import keep_query_class
from asyncify.analysis.infer.reflection import attribute_by_name, default_dictionary
from asyncify.analysis.infer.run import Run
from asyncify.analysis.infer.stores import grow, store_attribute
from asyncify.analysis.infer.told import told_of
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
    Origin,
    Rec,
    Tv,
    Value,
    Values,
    collection,
    has,
    union,
)
from asyncify.knowledge import names
from asyncify.knowledge.barriers import BY_CALLEE, Handing
from asyncify.knowledge.library import ATTRGETTER, KEYED, METHODCALLER, NAMED_TUPLE, OBJECTS, RETURNS, SAME_ELEMENTS
from asyncify.knowledge.names import canonical, is_a
from asyncify.knowledge.object_factories import FACTORY, ONE
from asyncify.knowledge.session_libraries import ASYNC_PROXY, PROXY

Args = Sequence[Values]
Kwargs = Mapping[str, Values]


def call_library(run: Run, name: str, args: Args, kwargs: Kwargs, node: ast.Call) -> Values:
    """What calling a library function or class gives."""
    name = canonical(name)
    keep_context(run, name, kwargs)
    if "query_cls" in kwargs:
        keep_query_class(run, kwargs["query_cls"])
    known = RETURNS.get(name)
    if known is not None:
        foreign = name == names.CREATE_ENGINE and is_foreign(run.engine.names, run.path, node)
        return frozenset({Inst(FOREIGN_ENGINE if foreign else known)})
    told = told_of(run.engine, name)
    if told:
        return told
    provider = containers.declare(run, name, args, kwargs, node)
    if provider is not None:
        return provider
    instance = located(run, name, args, kwargs)
    if instance:
        return instance
    if name in (names.SESSIONMAKER, names.ASYNC_SESSIONMAKER):
        return _factory(run, name, args, kwargs)
    if name in (names.SCOPED_SESSION, "sqlalchemy.ext.asyncio.async_scoped_session"):
        made = union(v.args[0] for v in (args[0] if args else NOTHING) if isinstance(v, Inst) and v.args)
        kind = names.SCOPED_SESSION if name == names.SCOPED_SESSION else names.ASYNC_SESSION
        return frozenset({Inst(kind, (made,))})
    if name in ("sqlalchemy.select", "sqlmodel.select"):
        if len(args) == 1 and args[0] and all(isinstance(v, Inst) and v.type == "list" for v in args[0]):
            args = [v.args[0] for v in args[0] if isinstance(v, Inst)]  # 1.x: select([User])
        return sql.statement(names.SELECT, args, Origin(run.path, node))
    if name == names.QUERY:
        return sql.statement(names.QUERY, args[:1], Origin(run.path, node))
    if name in ("sqlalchemy.orm.aliased", "sqlalchemy.orm.with_polymorphic"):
        return sql.aliased(args)
    if name == names.INSPECT:
        # of an engine: an Inspector, which sends SQL; of an instance: its state, which does not
        if args and has(args[0], names.ENGINE, names.CONNECTION):
            return frozenset({Inst(names.INSPECTOR)})
        models = (v for v in (args[0] if args else NOTHING) if isinstance(v, Obj) and run.engine.orm.is_model(v.info))
        return frozenset(Inst(names.INSTANCE_STATE) for _ in models)
    if name == f"{names.MIGRATION_CONTEXT}.configure":
        works = any(has(a, names.CONNECTION) for a in (*args, *kwargs.values()))
        return frozenset({Inst(names.MIGRATION_CONTEXT)}) if works else NOTHING
    if name == names.DEPENDS:
        return frozenset({Inst(names.DEPENDS, (args[0] if args else kwargs.get("dependency", NOTHING),))})
    if name == names.TEST_CLIENT:
        return frozenset({Inst(names.TEST_CLIENT, origin=Origin(run.path, node))})
    if name in dynamic_imports.FUNCTIONS:
        return dynamic_imports.imported(run, name, args, kwargs)
    if name == "functools.reduce" and len(args) > 1:
        return reduced(run, args, node)
    if name in (ATTRGETTER, METHODCALLER):
        return frozenset({Inst(name, tuple(args))})
    if name == "functools.partial":
        for function in (f for f in (args[0] if args else NOTHING) if isinstance(f, Fn)):
            # whoever calls it, perhaps a library, calls it with these
            ensure(run, function)
            pass_arguments(run, function, args[1:], kwargs)
        return frozenset({Inst("functools.partial", tuple(args))})
    if name == names.FASTAPI:
        keep_lifespan_state(run, kwargs)
    if name in CONTEXT_MANAGERS:
        return frozenset({Inst(name, tuple(args[:1]))})
    if name in (PROXY, ASYNC_PROXY):
        return frozenset({Inst("contextmanager", (frozenset({Inst(OBJECTS[f"{name}.session"])}),))})
    if BY_CALLEE.get(name) is Handing.ADAPTS:
        # `@sync_to_async(thread_sensitive=False)`; with a function it can be awaited, whatever that becomes
        return args[0] | {Inst(name)} if args else frozenset({Ext(name)})
    if BY_CALLEE.get(name) is Handing.PLAIN:
        return frozenset({Inst(name, (args[0] if args else NOTHING,))})
    if name == "functools.partialmethod":
        return args[0] if args else NOTHING
    if name in KEYED and len(args) > 1 and not name.startswith(("builtins.", "itertools.")):  # heapq
        keyed(run, name, args, kwargs, node)
        return frozenset({collection("list", elements(run, args[1], node))})
    if name == "random.choice":
        return elements(run, args[0], node) if args else NOTHING
    if name == "collections.defaultdict":
        return default_dictionary(args[0] if args else NOTHING)
    if name == NAMED_TUPLE and len(node.args) > 1:
        return _named_tuple(node.args[1])
    if name == "contextlib.closing":
        return frozenset({Inst("contextmanager", (args[0] if args else NOTHING,))})
    if name in ("typing.cast", "sqlalchemy.cast") and node.args and name.startswith("typing"):
        return annotated(run, node.args[0]) or (args[1] if len(args) > 1 else NOTHING)
    if name == names.FORWARD_REF and node.args:
        return frozenset({Ann(node.args[0], run.path)})
    if name == "asyncio.run_coroutine_threadsafe":
        return frozenset({Inst(names.FUTURE)})
    if name == "typing.TypeVar":
        return _type_variable(args, kwargs, run, node)
    if name in ("asyncio.run", "asyncio.create_task", "anyio.run", "asyncio.ensure_future") and args:
        return awaited(args[0])
    if name.startswith(("builtins.", "itertools.")) or name in SAME_ELEMENTS | {"collections.OrderedDict"}:
        return _builtin(run, name, args, kwargs, node)
    if name.rpartition(".")[2][:1].isupper():
        return frozenset({Inst(name, origin=Origin(run.path, node) if name == "pydantic.TypeAdapter" else None)})
    return thing_of(Inst(name))


def _factory(run: Run, name: str, args: Args, kwargs: Kwargs) -> Values:
    """sessionmaker: what it makes depends on `class_`."""
    made: set[Value] = set()
    for value in kwargs.get("class_", args[1] if len(args) > 1 and name == names.SESSIONMAKER else NOTHING):
        if isinstance(value, Ext):
            made.add(Inst(canonical(value.name)))
        elif isinstance(value, Cls):
            made |= run.instance(value.info)
    if not made:
        made.add(Inst(names.SESSION if name == names.SESSIONMAKER else names.ASYNC_SESSION))
    if any(isinstance(v, Inst) and is_a(v.type, names.ASYNC_SESSION) for v in made):
        name = names.ASYNC_SESSIONMAKER
    return frozenset({Inst(name, (frozenset(made),))})


def _named_tuple(fields: ast.expr) -> Values:
    """`namedtuple("Pair", "db key")`: a class with these fields."""
    texts = [n.value for n in ast.walk(fields) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    listed = [name for text in texts for name in text.replace(",", " ").split()]
    return frozenset({Inst(NAMED_TUPLE, tuple(frozenset({Const(name)}) for name in listed))})


def _type_variable(args: Args, kwargs: Kwargs, run: Run, node: ast.Call) -> Values:
    name = constant_text(args[0]) if args else None
    bound = next((k.value for k in node.keywords if k.arg == "bound"), None)
    values = kwargs.get("bound", NOTHING)
    if isinstance(bound, ast.Constant):
        values = frozenset(Cls(v.info) for v in annotated(run, bound) if isinstance(v, Obj))
    return frozenset({Tv(name or "", values)})


def _builtin(run: Run, name: str, args: Args, kwargs: Kwargs, node: ast.Call) -> Values:
    short = name.partition(".")[2]
    first = args[0] if args else NOTHING
    if name in KEYED and "key" in kwargs:
        keyed(run, name, args, kwargs, node)
    if short in (
        "list",
        "sorted",
        "reversed",
        "iter",
        "copy",
        "deepcopy",
        "tuple",
        "set",
        "frozenset",
        "islice",
        "deque",
        "cycle",
    ):
        inner = elements(run, first, node)
        return frozenset({collection("set" if short == "set" else "list", inner)})
    if short in ("min", "max") and len(args) > 1:
        return union(args)
    if short in ("next", "anext", "min", "max"):
        return elements(run, first, node) | (args[1] if len(args) > 1 and short.endswith("next") else NOTHING)
    if short == "enumerate":
        pair = Inst("tuple", (NOTHING, elements(run, first, node)))
        return frozenset({collection("list", frozenset({pair}))})
    if short in ("zip", "zip_longest", "product"):
        pair = Inst("tuple", tuple(elements(run, a, node) for a in args))
        return frozenset({collection("list", frozenset({pair}))})
    if short in ("filter", "filterfalse", "takewhile", "dropwhile") and len(args) > 1:
        inner = elements(run, args[1], node)
        apply(run, first, [inner], node)
        return frozenset({collection("generator", inner)})
    if short == "map" and len(args) > 1:
        return frozenset({collection("generator", apply(run, first, [elements(run, a, node) for a in args[1:]], node))})
    if short == "starmap" and len(args) > 1:
        rows = [v.args for v in elements(run, args[1], node) if isinstance(v, Inst) and v.type in ("tuple", "row")]
        return frozenset({collection("generator", union(apply(run, first, row, node) for row in rows))})
    if short == "groupby":
        return grouped(run, args, kwargs, node)
    if short == "chain":
        return frozenset({collection("list", union(elements(run, a, node) for a in args))})
    if short == "chain.from_iterable":
        return frozenset({collection("list", elements(run, elements(run, first, node), node))})
    if short == "sum" and len(args) > 1:  # of lists
        return elements(run, first, node) | args[1]
    if short == "hasattr" and len(args) > 1:
        attribute_by_name(run, first, args[1], node)  # which reads it
        return NOTHING
    if short == "getattr" and len(args) > 1:
        return attribute_by_name(run, first, args[1], node) | (args[2] if len(args) > 2 else NOTHING)
    if short == "setattr" and len(args) > 2:
        for name in sorted(v.text for v in args[1] if isinstance(v, Const)):
            for owner in first:
                store_attribute(run, owner, name, args[2])
        return NOTHING
    if short in ("dict", "OrderedDict"):
        entries = _entries(run, first, node)
        return entries | {Rec(tuple(kwargs.items()))} if kwargs else entries
    if short == "dict.fromkeys":
        return frozenset({Inst("dict", (elements(run, first, node), args[1] if len(args) > 1 else NOTHING))})
    if short in ("staticmethod", "classmethod"):
        return first
    if short == "type":
        return frozenset(Cls(v.info) for v in first if isinstance(v, Obj))
    return NOTHING


def call_member(run: Run, member: Member, args: Args, kwargs: Kwargs, node: ast.Call) -> Values:
    """What calling a method of a library object gives."""
    base, name = member.base, member.name
    kind = base.type
    told = told_of(run.engine, f"{kind}.{name}") or located(run, f"{kind}.{name}", args, kwargs)
    if told:
        return told
    if f"{kind}.{name}" in RETURNS:
        return frozenset({Inst(RETURNS[f"{kind}.{name}"])})
    if name in ("__enter__", "__aenter__"):
        return base.args[0] if kind in ("contextmanager", names.TRANSACTION) and base.args else frozenset({base})
    if kind in (names.QUERY, names.DYNAMIC):
        if name == "with_transformation" and args:
            return apply(run, args[0], (frozenset({base}),), node) or frozenset({base})
        return sql.call_query(run, base, name, args, node)
    if kind == names.SELECT:
        return sql.call_select(run, base, name, args, node)
    if kind == names.WRITE_ONLY:
        return sql.statement(names.SELECT, base.args, Origin(run.path, node)) if name == "select" else NOTHING
    if kind == names.RETURNING:
        return frozenset({base})
    if kind == names.CTE:
        return sql.call_cte(base, name)
    if kind in (names.RESULT, names.SCALARS):
        return sql.call_result(run, base, name, args)
    if name == "run_sync" and args and (is_a(kind, names.ASYNC_SESSION) or kind == names.ASYNC_CONNECTION):
        inner = frozenset({Inst(names.SESSION if is_a(kind, names.ASYNC_SESSION) else names.CONNECTION)})
        return given(run, args[0], [inner, *args[1:]], node)
    if is_a(kind, names.SESSION) or is_a(kind, names.ASYNC_SESSION):
        return sql.call_session(run, base, name, args, kwargs, node)
    if kind in (names.CONNECTION, names.ASYNC_CONNECTION):
        return sql.call_session(run, base, name, args, kwargs, node)
    if kind in (names.ENGINE, names.ASYNC_ENGINE):
        connection = Inst(names.CONNECTION if kind == names.ENGINE else names.ASYNC_CONNECTION)
        if name == "connect":
            return frozenset({connection})
        if name == "begin":
            return frozenset({Inst("contextmanager", (frozenset({connection}),))})
        return frozenset({base}) if name == "execution_options" else NOTHING
    if kind == FOREIGN_ENGINE:
        return frozenset({Inst("contextmanager", (frozenset({base}),)) if name == "begin" else base})
    if kind in (names.SESSIONMAKER, names.ASYNC_SESSIONMAKER):
        return frozenset({Inst("contextmanager", base.args[:1])}) if name == "begin" else NOTHING
    if kind == "contextvars.ContextVar":
        if name == "set" and args:
            run.write(("state", kind, "value"), args[0])
        known = union(base.args) | (args[0] if name == "get" and args else NOTHING)
        return run.read("state", kind, "value") | known if name == "get" else NOTHING
    if kind in ("list", "set", "dict", "generator", "asyncgenerator"):
        return _container(run, base, name, args, kwargs, node)
    if kind == names.TEST_CLIENT:
        return frozenset({Inst("httpx.Response")})
    if kind == FACTORY:
        made = union(made_by_factory(run, v.info, node) for v in base.args[0] if isinstance(v, Cls))
        return made if name in ONE else frozenset({collection("list", made)})
    return thing_of(base)


def _entries(run: Run, given: Values, node: ast.AST) -> Values:
    """What a dictionary gets from another one, or from pairs."""
    mappings = frozenset(v for v in given if isinstance(v, Rec) or (isinstance(v, Inst) and v.type == "dict"))
    pairs = elements(run, given - mappings, node)
    key, value = (position_of(run, pairs, position, node) for position in (0, 1))
    return mappings | {Inst("dict", (key, value))} if key or value else mappings


def _container(run: Run, base: Inst, name: str, args: Args, kwargs: Kwargs, node: ast.Call) -> Values:
    inner = base.args[0] if base.args else NOTHING
    if name == "sort" and "key" in kwargs:
        given(run, kwargs["key"], [inner], node)
        return NOTHING
    if base.type == "dict" and name == "update" and args and isinstance(node.func, ast.Attribute):
        for entry in _entries(run, args[-1], node) - {base}:
            grow(run, node.func.value, entry)
        return NOTHING
    if name in ("append", "add", "insert", "extend", "update") and args and isinstance(node.func, ast.Attribute):
        added = elements(run, args[-1], node) if name in ("extend", "update") else args[-1]
        if added and not added <= inner:
            grow(run, node.func.value, collection(base.type, added))
        return NOTHING
    if base.type == "dict" and len(base.args) > 1:
        key, value = base.args
        if name in ("get", "pop", "setdefault"):
            return value | (args[1] if len(args) > 1 else NOTHING)
        if name == "values":
            return frozenset({collection("list", value)})
        if name == "keys":
            return frozenset({collection("list", key)})
        if name == "items":
            return frozenset({collection("list", frozenset({Inst("tuple", (key, value))}))})
        return frozenset({base}) if name == "copy" else NOTHING
    if name in ("__iter__", "__aiter__"):
        return frozenset({base})
    if name in ("pop", "popleft", "__next__", "send", "__anext__", "asend"):
        return inner
    if name == "union":
        return frozenset({base, collection(base.type, union(elements(run, a, node) for a in args))})
    return frozenset({base}) if name in ("copy", "intersection", "difference") else NOTHING
