"""Sessions at hand for a statement that is put into a function, and whether it must be awaited there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry.events import path_text
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Inst, Obj, Values, is_session, objects
from asyncify.knowledge import names
from asyncify.knowledge.names import is_a


@dataclass(frozen=True)
class Access:
    """A session. name: how it is written; waits: its calls are awaited.

    parameter: what must be added to the function so that it has the name.
    sqlmodel: it is one of SQLModel, whose async form warns of `scalars`, since that calls its `execute`; `exec` with a
    select of SQLModel gives the same. Source: `sqlmodel/ext/asyncio/session.py`.
    handed_on: it may be an object of the app that hands attributes on to a session with `__getattr__`.
    """

    name: str
    waits: bool
    parameter: str = ""
    sqlmodel: bool = False
    handed_on: bool = False

    @property
    def library(self) -> str:
        """Where the select comes from that `entities` runs."""
        return "sqlmodel" if self.sqlmodel else "sqlalchemy"

    def entities(self, select: str) -> str:
        """A select of one entity, run; what is called on it gives instances."""
        return self.call(f"{'exec' if self.sqlmodel else 'scalars'}({select})")

    def call(self, text: str) -> str:
        """A call of the session, as an expression on which more can be called: `db.scalars(...)`."""
        return f"(await {self.name}.{text})" if self.waits else f"{self.name}.{text}"

    def run(self, text: str) -> str:
        """A call of the session that nothing is called on."""
        return f"await {self.name}.{text}" if self.waits else f"{self.name}.{text}"

    def holds(self, name: str) -> str:
        """A condition: the row with a name is of the session, as no mock of a test is."""
        return holds(self.name, name, handed_on=self.handed_on)


def holds(session: str, name: str, *, handed_on: bool) -> str:
    """`note in db`; `in` asks for a special method, which `__getattr__` does not hand on. Source: Python Language
    Reference, "Special method lookup"."""
    return f"{name} in {session}.identity_map.values()" if handed_on else f"{name} in {session}"


def is_handed_on(values: Values) -> bool:
    """Whether what is used as a session may be an object that hands attributes on to one, and knows no `in`."""
    infos = {v.info for v in values if isinstance(v, Obj)}
    return any("__getattr__" in info.methods and "__contains__" not in info.methods for info in infos)


def access(
    values: Values, name: str, function: FunctionInfo | None, parameter: str = "", *, is_async: bool = False
) -> Access | None:
    """How a session can be used in a function. None where it cannot: it is an async one in a plain function, or not
    known which of both it is.

    is_async: the place is known to be inside a coroutine, whatever the function is.
    """
    kinds = {v.type for v in values if isinstance(v, Inst)}
    waiting = any(is_a(k, names.ASYNC_SESSION) for k in kinds)
    blocking = any(is_a(k, names.SESSION) for k in kinds)
    if waiting == blocking:
        return None
    can_wait = is_async or (function is not None and function.is_async)
    of_sqlmodel = (names.SQLMODEL_SESSION, names.SQLMODEL_ASYNC_SESSION)
    sqlmodel = all(any(is_a(kind, one) for one in of_sqlmodel) for kind in kinds)
    found = Access(name, waiting, parameter, sqlmodel, is_handed_on(values))
    return found if can_wait or not waiting else None


def session_in(program: Program, function: FunctionInfo, statement: ast.stmt) -> Access | None:
    """A session that is at hand before a statement of a function."""
    for parameter in function.parameters:
        if is_session(program.values(parameter)):
            return access(program.values(parameter), parameter.arg, function)
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno < statement.lineno:
            if is_session(program.values(node)):
                return access(program.values(node), node.id, function)
    holders = [function.node, *(m.node for m in function.cls.methods.values())] if function.cls is not None else []
    own = next((one for holder in holders for one in _own_sessions(program, holder)), None)
    return access(program.values(own), f"self.{own.attr}", function) if own is not None else None


def held_by(program: Program, function: FunctionInfo, owner: ast.expr) -> Access | None:
    """The session that an object of the program shows: `service.db`."""
    infos = {value.info for value in objects(program.values(owner))}
    classes = program.classes.program_ancestors(next(iter(infos))) if len(infos) == 1 and is_path(owner) else ()
    found = (n for info in classes for method in info.methods.values() for n in _own_sessions(program, method.node))
    node = next((node for node in found if not node.attr.startswith("_")), None)
    return access(program.values(node), f"{path_text(owner)}.{node.attr}", function) if node is not None else None


def _own_sessions(program: Program, holder: ast.AST) -> Iterator[ast.Attribute]:
    """The sessions that a method has in attributes of its instance: `self.db`."""
    for node in ast.walk(holder):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            if is_session(program.values(node)):
                yield node


def is_at_hand(function: FunctionInfo, name: str, statement: ast.stmt, instance: ast.expr) -> bool:
    """Whether a name means the same session in a whole function, has it at a statement, and may hold an instance there:
    `with open_db() as db:` further down, or twice, gives others, and none of them has what was there before."""
    bound = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)]
    if not bound:
        return True
    if len(bound) > 1 or bound[0].lineno > statement.lineno:
        return False
    block = function.source.statement(bound[0])
    if not isinstance(block, (ast.With, ast.AsyncWith)):
        return True
    inside = {node for one in block.body for node in ast.walk(one)}
    root = instance
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    given = {n.id for call in inside if isinstance(call, ast.Call) for n in call.args if isinstance(n, ast.Name)}
    names_inside = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} | given
    return statement in inside and (not isinstance(root, ast.Name) or root.id in names_inside)
