"""Instances that only a backref brings into a session of SQLAlchemy 1.4.

`Card(owner=user)` puts the card into the session of the user there, as `user.cards` gets it, too. The async session is
always 2.0 style, where the card stays outside and is never written: it is added where it came in.
Source: SQLAlchemy 1.4 "cascade_backrefs behavior deprecated for removal in 2.0", `orm.unitofwork.track_cascade_events`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Cls, has
from asyncify.knowledge import names
from asyncify.model.edit import Edit
from asyncify.model.ops import InsertStatements
from asyncify.model.span import Place, Target

WRITES = frozenset({"commit", "flush"})
ADDS = frozenset({"add", "add_all", "merge"})
JOINS = frozenset({"append", "add"})
#: statements whose body runs whenever they do
PASSED = (ast.With, ast.AsyncWith)


@dataclass(frozen=True)
class _Event:
    """A statement that makes a new instance, known by a name, refer to another one."""

    name: str
    statement: ast.stmt
    other: ast.expr


def backref_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """`db.add(card)` behind what made the card come into the session, where nothing else adds it."""
    if any(_is_2_0_style(program, call) for m in program.modules.values() for call in m.source.nodes_of(ast.Call)):
        return
    for function in module.functions.values():
        made = _made(program, function)
        if not made or not program.colouring.is_async_context(function):
            continue
        added = [n for n in function.nodes if isinstance(n, ast.Call) and _method(n) in ADDS]
        known = [
            (n.id, module.source.statement(call)) for call in added for n in ast.walk(call) if isinstance(n, ast.Name)
        ]
        for event in _events(program, function, made):
            session = _written(program, function, event.statement)
            if session is None or _is_handed_over(program, function, event.name):
                continue
            if any(name == event.name and _always(module.source, s, event.statement) for name, s in known):
                continue
            known.append((event.name, event.statement))
            because = f"the async session does not take {event.name} in for the sake of what it refers to"
            op = InsertStatements(f"{session}.add({event.name})", "after")
            target = Target(module.source.span(event.statement), Place.STATEMENT)
            yield Edit("session", module.path, target, op, (), (), "flip", because)


def _is_2_0_style(program: Program, call: ast.Call) -> bool:
    """`sessionmaker(engine, future=True)`."""
    future = next((k.value for k in call.keywords if k.arg == "future"), None)
    said = isinstance(future, ast.Constant) and future.value is True
    return said and has(program.values(call), names.SESSIONMAKER, names.SESSION, names.SCOPED_SESSION)


def _made(program: Program, function: FunctionInfo) -> dict[str, ClassInfo]:
    """The names to which a function assigns new instances of a model."""
    found = {}
    for node in function.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            model = _model(program, node.value)
            if model is not None:
                found[node.targets[0].id] = model
    return found


def _model(program: Program, node: ast.expr) -> ClassInfo | None:
    if not isinstance(node, ast.Call):
        return None
    classes = {v.info for v in program.values(node.func) if isinstance(v, Cls) and program.orm.is_model(v.info)}
    return classes.pop() if len(classes) == 1 else None


def _events(program: Program, function: FunctionInfo, made: dict[str, ClassInfo]) -> Iterator[_Event]:
    """`card = Card(owner=user)`, `card.owner = user` and `card.users.append(user)`, in the order of the lines."""
    for node in sorted((n for n in function.nodes if isinstance(n, ast.stmt)), key=lambda n: n.lineno):
        for name, attribute, other in _referring(node):
            model = made.get(name)
            relationship = program.orm.relationship(model, attribute) if model is not None else None
            known = isinstance(other, (ast.Name, ast.Attribute)) and getattr(other, "id", "") not in made
            if relationship is not None and known and _cascades_back(program, relationship):
                yield _Event(name, node, other)


def _referring(node: ast.stmt) -> Iterator[tuple[str, str, ast.expr]]:
    """In a statement: the name of an instance, the attribute by which it refers, and to what."""
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Call):
            for keyword in node.value.keywords:
                given = keyword.value.elts if isinstance(keyword.value, (ast.List, ast.Tuple)) else [keyword.value]
                yield from ((target.id, keyword.arg, one) for one in given if keyword.arg)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            yield target.value.id, target.attr, node.value
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _method(node.value) in JOINS:
        collection = node.value.func.value  # type: ignore[attr-defined]
        if isinstance(collection, ast.Attribute) and isinstance(collection.value, ast.Name):
            yield from ((collection.value.id, collection.attr, one) for one in node.value.args)


def _cascades_back(program: Program, relationship: Relationship) -> bool:
    """Whether the other end takes part, and brings into its session what it gets."""
    told = _told(relationship)
    back = told.get("back_populates", told.get("backref"))
    if back is None or relationship.target is None:
        return False
    name = back.value if isinstance(back, ast.Constant) else ""
    end = program.orm.relationship(relationship.target, str(name))
    there = _told(end) if end is not None and end.node is not relationship.node else {}
    cascade, backrefs = there.get("cascade"), there.get("cascade_backrefs")
    if isinstance(backrefs, ast.Constant) and backrefs.value is False:
        return False
    text = cascade.value if isinstance(cascade, ast.Constant) else "all"
    return bool({"all", "save-update"} & {part.strip() for part in str(text).split(",")})


def _told(relationship: Relationship) -> dict[str, ast.expr]:
    call = getattr(relationship.node, "value", None)
    return {k.arg: k.value for k in call.keywords if k.arg} if isinstance(call, ast.Call) else {}


def _written(program: Program, function: FunctionInfo, statement: ast.stmt) -> str | None:
    """How a function says the session that it commits or flushes behind a statement."""
    for node in function.nodes:
        if isinstance(node, ast.Call) and _method(node) in WRITES and node.lineno > statement.lineno:
            session = node.func.value  # type: ignore[attr-defined]
            if has(program.values(session), names.SESSION):
                return function.source.segment(session)
    return None


def _is_handed_over(program: Program, function: FunctionInfo, name: str) -> bool:
    """Whether a function of the program gets an instance, and may add it."""
    return any(
        isinstance(node, ast.Call)
        and any(isinstance(a, ast.Name) and a.id == name for a in (*node.args, *(k.value for k in node.keywords)))
        and bool(program.calls(node))
        for node in function.nodes
    )


def _always(source: SourceFile, adding: ast.stmt, event: ast.stmt) -> bool:
    """Whether a statement runs whenever another of its function does: it stands in the same block, or around it."""
    block = source.parent(adding)
    while isinstance(block, PASSED):
        block = source.parent(block)
    outer: ast.AST | None = event
    while outer is not None and outer is not block:
        outer = source.parent(outer)
    if not isinstance(block, (ast.If, ast.Try)):
        return outer is not None
    return outer is not None and _part(block, adding, source) == _part(block, event, source)


def _part(block: ast.If | ast.Try, statement: ast.stmt, source: SourceFile) -> str:
    """Which part of a statement another one is in."""
    inner: ast.AST | None = statement
    while inner is not None and source.parent(inner) is not block:
        inner = source.parent(inner)
    return next((n for n in ("body", "orelse", "finalbody") if inner in getattr(block, n, ())), "")


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
