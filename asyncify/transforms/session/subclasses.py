"""Own subclasses of `Session`: which become subclasses of `AsyncSession`, and which stay as the session inside of one.

Source: SQLAlchemy asyncio documentation, `AsyncSession.sync_session_class` ("Using Multiple Databases").
"""

from __future__ import annotations

import ast
from enum import Enum

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.twins import SYNC_SESSION_CLASS
from asyncify.analysis.values import Cls, Ext, Inst
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of


class Role(Enum):
    """What becomes of a subclass of `Session`."""

    ASYNC = "async"  # its base becomes AsyncSession
    INSIDE = "inside"  # it changes how a session works inside: given as `sync_session_class`
    UNCLEAR = "unclear"  # both


def role_of(program: Program, info: ClassInfo) -> Role | None:
    """The role of a class; None for one that is no subclass of a sync session."""
    bases = [b for b in program.classes.ancestors(info) if isinstance(b, Ext)]
    if not any(b.name in (names.SESSION, names.SQLMODEL_SESSION) for b in bases):
        return None
    waits = any(m in program.colouring.becomes_async for m in info.methods.values())
    inside = any(_is_inside(name) for name in info.methods) or info in _given_inside(program)
    if inside:
        return Role.UNCLEAR if waits else Role.INSIDE
    return Role.ASYNC


def class_role(program: Program, node: ast.expr) -> Role | None:
    """The role of the class that an expression names."""
    return next((role_of(program, v.info) for v in program.values(node) if isinstance(v, Cls)), None)


def makes_sqlmodel(program: Program, node: ast.expr) -> bool:
    """Whether a factory makes sessions of SQLModel."""
    given = (v.args[0] for v in program.values(node) if isinstance(v, Inst) and v.args)
    return any(isinstance(v, Inst) and v.type == names.SQLMODEL_SESSION for values in given for v in values)


def _given_inside(program: Program) -> set[ClassInfo]:
    """The classes that an async session is already told to work with."""
    found = set()
    for module in program.modules.values():
        values = [k.value for k in module.source.nodes_of(ast.keyword) if k.arg == SYNC_SESSION_CLASS]
        values += [s.value for c in module.classes.values() if (s := c.attributes.get(SYNC_SESSION_CLASS)) and s.value]
        found |= {v.info for value in values for v in program.values(value) if isinstance(v, Cls)}
    return found


def _is_inside(method: str) -> bool:
    """Whether a method replaces one that the session itself calls, or that an AsyncSession does not have."""
    if method.startswith("_"):
        return not method.startswith("__")
    return form_of(names.SESSION, method) in (Form.PLAIN, Form.ABSENT)
