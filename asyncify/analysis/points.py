"""The places in a program that will have to wait once its sessions and engines are async."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from asyncify.analysis.alembic_connections import runs_migrations
from asyncify.analysis.entered_by_hand import entered_by_hand, is_entered_by_hand
from asyncify.analysis.exit_stacks import exit_stacks
from asyncify.analysis.forms import lambda_around, may_be_of_session
from asyncify.analysis.given_contexts import entered, is_begun_here, is_given
from asyncify.analysis.handed_sessions import callee_of, keeps_session
from asyncify.analysis.program import Program
from asyncify.analysis.query_points import iterated_queries, replaced_collections, runs_own_query, sliced_queries
from asyncify.analysis.reflection import reflects_with
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.test_clients import is_async_client
from asyncify.analysis.unawaited import is_unawaited
from asyncify.analysis.unclosed import unclosed_sessions
from asyncify.analysis.unloaded import Reads
from asyncify.analysis.values import NOTHING, Cls, Ext, Inst, Member, Values, has, of_type
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of
from asyncify.knowledge.barriers import CONTEXT_METHODS
from asyncify.knowledge.names import is_a
from asyncify.knowledge.object_factories import CREATES, FACTORY
from asyncify.knowledge.query_methods import COLLECTING

#: metadata and table methods that take an engine or connection. Source: SQLAlchemy "Describing Databases with MetaData"
DDL = frozenset({"create_all", "drop_all", "reflect", "create", "drop"})


class PointKind(Enum):
    """How a place waits."""

    AWAIT = "await"  # the call is awaited
    BEGIN = "begin"  # `x.begin()` outside a with: awaited; as a with item the with becomes async
    QUERY = "query"  # a legacy Query member that sends SQL: run in SQLAlchemy's greenlet
    ABSENT = "absent"  # a session member without async form: run_sync
    HANDED = "handed"  # a library function is given a session: run in SQLAlchemy's greenlet with the sync one inside
    KEPT = "kept"  # a function of the program that stays sync on purpose is called: likewise
    INSPECT = "inspect"  # an inspector is made or asked: run in SQLAlchemy's greenlet
    REFLECT = "reflect"  # tables are read from the database: run in SQLAlchemy's greenlet
    DDL = "ddl"  # metadata.create_all(engine): run_sync on a connection
    WITH = "with"  # a with statement over a session, connection or transaction
    FACTORY = "factory"  # a factory_boy factory makes an instance: run in SQLAlchemy's greenlet
    CLIENT = "client"  # a call of a test client
    UNLOADED = "unloaded"  # a relationship is read that nothing has loaded: run in SQLAlchemy's greenlet
    CLOSE = "close"  # a session of a test suite that nobody closes: closed here


@dataclass(frozen=True)
class Point:
    """One place. node is a call (or a statement); what says it in words, for the reader of the diff."""

    kind: PointKind
    node: ast.AST
    what: str


#: what a context manager of a library gives: `engine.begin()`, `SessionLocal.begin()`, `closing(SessionLocal())`
HELD = (names.CONNECTION, names.SESSION)

#: objects that keep a connection and ask the database on it. Source: SQLAlchemy "Reflecting Database Objects"; Alembic
#: "Runtime Objects"
INSPECTORS = (names.INSPECTOR, names.MIGRATION_CONTEXT)

#: owners whose members are looked up, the more special one first
OWNERS = (names.SESSION, names.ENGINE, names.CONNECTION, names.TRANSACTION)


#: kinds of nodes that may be such a place
_WAITING = frozenset({ast.Call, ast.With})


def points_of(program: Program, module: ModuleInfo, clients: frozenset[ast.AST]) -> Iterator[Point]:
    """All places of a module that wait by themselves. clients: constructor calls of test clients that become async."""
    for place in program.unloaded.get(module.path, ()):
        if place.reads is not Reads.OTHER and not place.unsure:
            # what is returned may wait itself
            returned = place.reads is Reads.ANSWER
            where: ast.AST = module.source.statement(place.node) if returned else place.node
            yield Point(PointKind.UNLOADED, where, place.what)
    yield from written_points(program, module, clients)


def unsure_points(program: Program, waits: Callable[[FunctionInfo], bool]) -> Iterator[Point]:
    """Those of which nobody knows whether they wait, in functions that do so anyway. waits: whether a function does."""
    for path in sorted(program.unloaded):
        for place in program.unloaded[path]:
            function = program.function_of(place.node) if place.unsure and place.reads is not Reads.OTHER else None
            if function is not None and waits(function) and lambda_around(function.source, place.node) is None:
                yield Point(PointKind.UNLOADED, place.node, place.what)


def written_points(program: Program, module: ModuleInfo, clients: frozenset[ast.AST]) -> Iterator[Point]:
    """Those that say so themselves. What reads load is left out, which takes the plan of all loads to know."""
    with_items = set(entered(module))
    for left in unclosed_sessions(program, module):
        yield Point(PointKind.CLOSE, left.place, "closing a session")
    for returned in program.returned_sessions[module.path]:
        if returned.yields:
            yield Point(PointKind.CLOSE, returned.stmt, "closing a session")
    inside_factories = _inside_factories(program, module)
    for stack in exit_stacks(program, module):
        for call, manager in stack.entered:
            if stack.local and waits_as_context(program.values(manager), clients):
                yield Point(PointKind.AWAIT, call, f"{module.source.segment(call.func)}()")
    for iterated in iterated_queries(program, module):
        yield Point(PointKind.QUERY, iterated, "iterates over a query")
    for sliced in sliced_queries(program, module):
        yield Point(PointKind.QUERY, sliced, "takes a part of a query")
    for replaced in replaced_collections(program, module):
        yield Point(PointKind.QUERY, replaced, "replaces what a dynamic collection holds")
    for node in module.source.nodes_among(_WAITING):
        if node in inside_factories:
            continue
        if isinstance(node, ast.Call):
            point = _call_point(program, module, node, with_items, clients)
            if point is not None and not _awaited_already(program, module, node):
                yield point
            elif point is None and is_unawaited(program, module, node):
                yield Point(PointKind.AWAIT, node, f"{module.source.segment(node.func)}()")
        elif isinstance(node, ast.With):
            for item in node.items:
                if waits_as_context(program.values(item.context_expr), clients):
                    yield Point(PointKind.WITH, node, f"with {module.source.segment(item.context_expr)}")
                    break


def _inside_factories(program: Program, module: ModuleInfo) -> frozenset[ast.AST]:
    """What stands inside factory_boy factories: it runs in the greenlet of whoever calls the factory."""
    found = [c.node for c in module.classes.values() if program.object_factories.is_factory(c)]
    return frozenset(node for outer in found for node in ast.walk(outer))


def _makes_object(program: Program, node: ast.Call) -> bool:
    """Whether a call of a factory_boy factory sends SQL."""
    factories = program.object_factories
    for value in program.values(node.func):
        if isinstance(value, Cls) and factories.is_factory(value.info) and factories.sends(value.info, creates=True):
            return True
        if isinstance(value, Member) and value.base.type == FACTORY:
            creates = value.name in CREATES
            makers = value.base.args[0]
            if any(isinstance(v, Cls) and factories.sends(v.info, creates=creates) for v in makers):
                return True
    return False


def _awaited_already(program: Program, module: ModuleInfo, node: ast.AST) -> bool:
    """`await call`, or `await_only(call)` where SQLAlchemy's greenlet waits."""
    parent = module.source.parent(node)
    bridge = program.values(parent.func) if isinstance(parent, ast.Call) else frozenset()
    waits = any(isinstance(v, Ext) and v.name.rpartition(".")[2] == "await_only" for v in bridge)
    return isinstance(parent, ast.Await) or waits


def waits_as_context(values: Values, clients: frozenset[ast.AST]) -> bool:
    """Whether `with value:` becomes `async with`."""
    if any(has(values, o) for o in (names.SESSION, names.CONNECTION, names.TRANSACTION)):
        return True
    if is_async_client(values, clients):
        return True
    for value in values:
        if isinstance(value, Inst) and value.type == "contextmanager" and value.args:
            held = value.args[0]
            made_here = len(value.args) > 1  # by a generator function of the program
            if any(isinstance(v, Inst) and is_a(v.type, o) for v in held for o in HELD) and not made_here:
                return True
            if value.args[1:] == (NOTHING,) and has(held, names.SESSION):
                return True  # said to give a session, and the annotation will say that it is entered with `async with`
    return False


def _call_point(
    program: Program,
    module: ModuleInfo,
    node: ast.Call,
    with_items: set[ast.expr],
    clients: frozenset[ast.AST],
) -> Point | None:
    if has(program.values(node), *INSPECTORS) and not has(program.values(node.func), *INSPECTORS):
        return Point(PointKind.INSPECT, node, f"{module.source.segment(node.func)}()")
    if reflects_with(program, node) is not None:
        return Point(PointKind.REFLECT, node, f"{module.source.segment(node.func)}(), which reads tables,")
    if runs_migrations(program, node):
        return Point(PointKind.INSPECT, node, f"{module.source.segment(node.func)}(), which is given a connection,")
    if node not in with_items and is_begun_here(program, node):
        return Point(PointKind.BEGIN, node, f"{module.source.segment(node.func)}()")
    if _makes_object(program, node):
        return Point(PointKind.FACTORY, node, f"{module.source.segment(node.func)}()")
    if not isinstance(node.func, ast.Attribute):
        return _member_point(program, module, node, clients) or _function_point(program, module, node)
    receiver = program.values(node.func.value)
    manager = entered_by_hand(node)
    if manager is not None and waits_as_context(program.values(manager), frozenset()):
        return Point(PointKind.AWAIT, node, f"{node.func.attr}()")
    text = f"{module.source.segment(node.func)}()" if len(module.source.segment(node.func)) < 60 else node.func.attr
    for owner in OWNERS:
        for value in of_type(receiver, owner):
            form = form_of(value.type, node.func.attr)
            if form is Form.AWAIT and (owner != names.SESSION or may_be_of_session(node, node.func.attr)):
                return Point(PointKind.AWAIT, node, text)
            if form is Form.WITH and not (
                node in with_items or is_given(program, node) or is_entered_by_hand(program, node)
            ):
                return Point(PointKind.BEGIN, node, text)
            if form is Form.ABSENT and node.func.attr != "query":
                return Point(PointKind.ABSENT, node, text)
    if has(receiver, names.QUERY) and form_of(names.QUERY, node.func.attr) is Form.EXECUTES:
        return Point(PointKind.QUERY, node, text)
    if has(receiver, names.QUERY) and runs_own_query(program, node):
        return Point(PointKind.QUERY, node, text)
    if has(receiver, *INSPECTORS):
        return Point(PointKind.INSPECT, node, text)
    if is_async_client(receiver, clients) and form_of(names.TEST_CLIENT, node.func.attr) is Form.AWAIT:
        return Point(PointKind.CLIENT, node, text)
    if node.func.attr in DDL and bind_of(program, node) is not None:
        return Point(PointKind.DDL, node, text)
    return _member_point(program, module, node, clients) or _function_point(program, module, node)


def _member_point(program: Program, module: ModuleInfo, node: ast.Call, clients: frozenset[ast.AST]) -> Point | None:
    """A bound method that was kept, or that a proxy passes on: `find = db.get`, then `find(User, 1)`."""
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        if getattr(node.func.value.func, "id", "") == "super":
            # of a session subclass: what becomes of it depends on the whole class
            return _client_above(program, module, node, node.func.attr, clients)
    for value in program.values(node.func):
        if isinstance(value, Member) and any(is_a(value.base.type, owner) for owner in OWNERS):
            if form_of(value.base.type, value.name) is Form.AWAIT and may_be_of_session(node, value.name):
                return Point(PointKind.AWAIT, node, f"{module.source.segment(node.func)}()")
    if program.calls(node):
        return None  # of a subclass of the client with a method of its own
    asked = [v for v in program.values(node.func) if isinstance(v, Member) and v.base.type == names.TEST_CLIENT]
    # all clients that come here together: one that stays keeps the others
    if is_async_client(frozenset(v.base for v in asked), clients):
        if any(form_of(names.TEST_CLIENT, value.name) is Form.AWAIT for value in asked):
            return Point(PointKind.CLIENT, node, f"{module.source.segment(node.func)}()")
    return None


def _client_above(
    program: Program, module: ModuleInfo, node: ast.Call, method: str, clients: frozenset[ast.AST]
) -> Point | None:
    """`super().request(...)` in a subclass of the client."""
    function = program.function_of(node)
    waits = method in CONTEXT_METHODS or form_of(names.TEST_CLIENT, method) is Form.AWAIT
    if function is None or function.cls is None or function.cls.node not in clients or not waits:
        return None
    return Point(PointKind.CLIENT, node, f"{module.source.segment(node.func)}()") if not program.calls(node) else None


def _function_point(program: Program, module: ModuleInfo, node: ast.Call) -> Point | None:
    """`list(query)` and the like, and functions of libraries that are given a session."""
    callee = callee_of(program, node)
    if callee and not keeps_session(callee):
        return Point(PointKind.HANDED, node, f"{module.source.segment(node.func)}(), which is given a session,")
    if node.args and any(isinstance(v, Ext) and v.name in COLLECTING for v in program.values(node.func)):
        if has(program.values(node.args[0]), names.QUERY):
            return Point(PointKind.QUERY, node, module.source.segment(node.func))
    return None


def bind_of(program: Program, node: ast.Call) -> ast.expr | None:
    """The engine or connection that a DDL call is given."""
    for argument in (*node.args[:1], *(k.value for k in node.keywords if k.arg in ("bind", None))):
        values = program.values(argument)
        if has(values, names.ENGINE, names.CONNECTION):
            return argument
    return None
