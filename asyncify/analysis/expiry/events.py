"""What calls do to the instances of a session.

Source: SQLAlchemy "Session API": `rollback`, `expire`, `expire_all`, `refresh`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from asyncify.analysis.async_attrs import read_of
from asyncify.analysis.dotted import is_path
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.mock_calls import arguments, results
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import LISTS, NOTHING, Cls, Ext, Inst, Obj, Values, has, is_session, objects
from asyncify.knowledge.names import (
    ASYNC_SESSION,
    ASYNC_SESSIONMAKER,
    QUERY,
    SESSION,
    SESSIONMAKER,
    SQLMODEL_ASYNC_SESSION,
    SQLMODEL_SESSION,
)

#: what begins something that is rolled back when an error leaves its block
BLOCKS = frozenset({"begin", "begin_nested"})
STORES = frozenset({"commit", "flush"})
#: methods of a session that send a statement, and flush before it
ASKING = frozenset({"execute", "scalar", "scalars", "exec", "stream", "stream_scalars"})
#: after these an instance is no more of the session. `delete`: as soon as that is stored
LETS_GO = frozenset({"close", "expunge_all", "remove", "expunge", "delete"})
#: what else makes an expression. Source: SQLAlchemy, "Column Element Foundational Constructors"
EXPRESSIONS = frozenset(
    f"sqlalchemy.{name}" for name in "case cast extract literal literal_column null text type_coerce".split()
)

METHODS = frozenset({"rollback", "expire_all", "expire", "refresh", "get", "get_one", *STORES, *LETS_GO})


class Effect(Enum):
    """What a call does."""

    EXPIRES_ALL = "expires all"
    MAY_EXPIRE_ALL = "may expire all"  # a savepoint: what was changed inside of it
    EXPIRES = "expires"
    LOADS = "loads"
    LETS_GO = "lets go"
    STORES = "stores"  # expressions that were assigned are computed by the database


@dataclass(frozen=True)
class Event:
    """A call with an effect. session: how the session is written. paths, attributes: of what, where that is said."""

    effect: Effect
    call: ast.Call
    session: ast.expr
    path: str = ""
    attributes: tuple[str, ...] = ()


def event_of(program: Program, call: ast.Call) -> Event | None:
    """What a call does, where its receiver is a session or a transaction of one."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr not in METHODS:
        return None
    values = program.values(func.value)
    if not is_session(values):
        kinds = {v.type for v in values if isinstance(v, Inst)}
        savepoint = func.attr == "rollback" and any("transaction" in k.lower() for k in kinds)
        return Event(Effect.MAY_EXPIRE_ALL, call, func.value) if savepoint else None
    if func.attr in STORES:
        return Event(Effect.STORES, call, func.value)
    if func.attr in LETS_GO:
        path = path_text(call.args[0]) if call.args and is_path(call.args[0]) else ""
        whole = not call.args and func.attr not in ("expunge", "delete")
        return Event(Effect.LETS_GO, call, func.value, path) if path or whole else None
    if func.attr in ("rollback", "expire_all"):
        return Event(Effect.EXPIRES_ALL, call, func.value)
    if func.attr in ("get", "get_one"):
        again = _loaded_again(call)
        return Event(Effect.LOADS, call, func.value, path_text(again)) if again is not None else None
    if not call.args or not is_path(call.args[0]):
        return None
    effect = Effect.EXPIRES if func.attr == "expire" else Effect.LOADS
    return Event(effect, call, func.value, path_text(call.args[0]), tuple(named_attributes(call)))


def asked(program: Program, call: ast.Call) -> Iterator[ClassInfo]:
    """The classes of the instances that a method of a session or of a query loads."""
    func = call.func
    base = program.values(func.value) if isinstance(func, ast.Attribute) else NOTHING
    for value in program.values(call) if is_session(base) or has(base, QUERY) else ():
        for part in value.args if isinstance(value, Inst) else (frozenset({value}),):
            yield from (v.info for v in part if isinstance(v, (Cls, Obj)) and program.orm.is_model(v.info))


def _loaded_again(call: ast.Call) -> ast.expr | None:
    """The instance of `get(Model, inspect(instance).identity, populate_existing=True)`, which this tool writes."""
    key = call.args[1] if len(call.args) > 1 else None
    if isinstance(key, ast.Attribute) and key.attr == "identity" and isinstance(key.value, ast.Call) and key.value.args:
        return key.value.args[0] if is_path(key.value.args[0]) else None
    return None


def named_attributes(call: ast.Call) -> Iterator[str]:
    """The attribute names that `expire` and `refresh` are given."""
    given = call.args[1] if len(call.args) > 1 else None
    given = next((k.value for k in call.keywords if k.arg == "attribute_names"), given)
    for node in given.elts if isinstance(given, (ast.List, ast.Tuple, ast.Set)) else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def read_in_greenlet(program: Program, call: ast.expr) -> tuple[ast.expr, str] | None:
    """The instance and the attribute of `greenlet_spawn(getattr, instance, "name")`, which this tool writes, and of
    `instance.awaitable_attrs.name`."""
    if not isinstance(call, ast.Call):
        return read_of(program, call)
    if len(call.args) != 3 or getattr(call.args[0], "id", "") != "getattr":
        return None
    name = call.args[2]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str) or not spawns(program, call):
        return None
    return call.args[1], name.value


def spawns(program: Program, call: ast.Call) -> bool:
    """Whether a call runs something in SQLAlchemy's greenlet."""
    return any(isinstance(v, Ext) and v.name.endswith("greenlet_spawn") for v in program.values(call.func))


def rolls_back_block(program: Program, node: ast.expr) -> bool:
    """Whether `with` of an expression rolls back when an error leaves it: `db.begin()`, `db.begin_nested()`."""
    func = node.func if isinstance(node, ast.Call) else None
    return isinstance(func, ast.Attribute) and func.attr in BLOCKS and is_session(program.values(func.value))


def path_text(node: ast.expr) -> str:
    """A path as it is compared: `self.user`. An element goes by the name of its list."""
    parts: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        parts += [node.attr] if isinstance(node, ast.Attribute) else []
        node = node.value
    return ".".join([getattr(node, "id", ""), *reversed(parts)])


def source_of(value: ast.expr | None) -> str:
    """The path of which an expression takes an instance without loading it: `users[0]`, `first or second`."""
    while isinstance(value, (ast.Subscript, ast.Starred)):
        value = value.value
    if isinstance(value, (ast.IfExp, ast.BoolOp)):
        value = value.body if isinstance(value, ast.IfExp) else value.values[0]
    return path_text(value) if value is not None and is_path(value) else ""


def given_back(program: Program, value: ast.expr | None) -> str:
    """The path of the instance that a call gets and gives back: `user = save(db, user)`."""
    call = value.value if isinstance(value, ast.Await) else value
    for function, parameter, given in arguments(program, call) if isinstance(call, ast.Call) else ():
        if is_path(given) and is_model_instance(program, given):
            if any(source_of(result) == parameter.arg for result in results(function.node)):
                return path_text(given)
    return ""


def holds_instances(program: Program, values: Values) -> bool:
    """Whether values are mapped instances, or contain some."""
    for value in values:
        if isinstance(value, Obj) and program.orm.is_model(value.info):
            return True
        if isinstance(value, Inst) and any(
            isinstance(v, Obj) and program.orm.is_model(v.info) for part in value.args for v in part
        ):
            return True
    return False


def is_list(program: Program, node: ast.expr) -> bool:
    """Whether an expression is, as far as is known, a list of mapped instances, or the like: it can be gone through
    again."""
    values = program.values(node)
    lists = all(isinstance(value, Inst) and value.type in LISTS for value in values)
    return lists and holds_instances(program, values)


def is_sql(
    program: Program, function: FunctionInfo, value: ast.expr, seen: frozenset[FunctionInfo] = frozenset()
) -> bool:
    """Whether a value is computed by the database: `User.visits + 1`, `func.now()`, or what a function returns that
    gives such a thing; not what a query has given: `db.scalar(select(User).where(User.id == 1))`. seen: the functions
    in which that is asked already."""
    nodes: list[ast.AST] = [value]
    for node in nodes:
        if isinstance(node, ast.Call) and _asks_session(program, node):
            continue
        called = {f.info for f in program.calls(node)} - seen if isinstance(node, ast.Call) else set()
        if any(is_sql(program, f, r, seen | called) for f in called for r in results(f.node)):
            return True
        if isinstance(node, ast.Call) and program.calls(node):
            continue
        nodes.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Attribute):
            for known in program.values(node.value):
                if isinstance(known, Cls) and node.attr in program.orm.columns(known.info):
                    return True
        if isinstance(node, ast.Call):
            made = program.names.resolve_expression(function.path, node.func)
            name = made.name if isinstance(made, Ext) else ""
            if name in EXPRESSIONS or name.startswith(("sqlalchemy.func.", "sqlalchemy.sql.func.")):
                return True
    return False


def _asks_session(program: Program, call: ast.Call) -> bool:
    """Whether a chain of calls begins at a session."""
    node: ast.expr = call
    while isinstance(node, (ast.Call, ast.Attribute, ast.Await)) and not is_session(program.values(node)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return is_session(program.values(node))


def is_session_block(program: Program, node: ast.expr) -> bool:
    """Whether `with` of an expression closes a session at its end: `SessionLocal()`, `Session(engine)`."""
    return is_session(program.values(node))


def guarded_path(test: ast.expr) -> str:
    """The instance of which a test asks whether there is one, whether a session has it, or whether nothing of it waits
    to be flushed; empty for other tests."""
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    paths = set()
    for part in parts:
        left = part.left if isinstance(part, ast.Compare) and len(part.ops) == 1 and _guards(part) else None
        paths.add(path_text(left) if left is not None and is_path(left) else "")
    return paths.pop() if len(paths) == 1 else ""


def _guards(test: ast.Compare) -> bool:
    unchanged = isinstance(test.ops[0], ast.NotIn) and getattr(test.comparators[0], "attr", "") == "dirty"
    return unchanged or isinstance(test.ops[0], (ast.IsNot, ast.In))


def commits_expire(program: Program) -> bool:
    """Whether sessions of a program expire what they hold with a commit, which they do unless they are told not to."""
    for module in program.modules.values():
        if "expire_on_commit" in module.source.text:
            for node in module.source.nodes_of(ast.Call):
                for keyword in node.keywords:
                    if keyword.arg == "expire_on_commit" and getattr(keyword.value, "value", None) is False:
                        return False
    return True


def flushes_before_queries(program: Program) -> bool:
    """Whether sessions of a program may flush before they load, which they do unless they are told not to."""
    makers = {SESSIONMAKER, ASYNC_SESSIONMAKER, SESSION, ASYNC_SESSION, SQLMODEL_SESSION, SQLMODEL_ASYNC_SESSION}
    told = []
    for path, module in program.modules.items():
        for node in module.source.nodes_of(ast.Call) if not is_test_path(path) else ():
            made = program.names.resolve_expression(path, node.func)
            if isinstance(made, Ext) and made.name in makers:
                given = {k.arg: k.value for k in node.keywords}
                told.append(getattr(given.get("autoflush"), "value", None) is False)
    return not told or not all(told)


def foreign(function: FunctionInfo, session: ast.expr) -> bool:
    """Whether callers may hold instances of a session: it is no local variable of the function."""
    name = path_text(session).partition(".")[0]
    return name in {p.arg for p in function.parameters} or name not in function.local_names


def is_model_instance(program: Program, node: ast.expr) -> bool:
    """Whether an expression is, as far as is known, a mapped instance, and no session."""
    values = program.values(node)
    return any(program.orm.is_model(o.info) for o in objects(values)) and not is_session(values)
