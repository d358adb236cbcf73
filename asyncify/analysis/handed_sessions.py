"""Calls that hand a session, a connection or a legacy query to another library; or an engine, to one that connects."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from types import MappingProxyType

from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.knowledge.api import INSIDE
from asyncify.knowledge.engine_runners import ENGINE_RUNNERS, IN_PARTS
from asyncify.knowledge.names import canonical
from asyncify.knowledge.query_takers import TAKERS

#: libraries whose functions are known by other rules, or that only pass on what they are given
KNOWN = frozenset(
    {"sqlalchemy", "sqlmodel", "fastapi", "starlette", "pydantic", "pytest", "pytest_asyncio", "alembic", "httpx"}
)

#: library object -> the attribute of what it becomes that holds the sync object
_INSIDE: Mapping[str, str] = MappingProxyType({names.SESSION: "sync_session", **INSIDE})


def callee_of(program: Program, node: ast.Call) -> str:
    """The function or class of an unknown library that a call of any session, connection or query goes to, or ""."""
    for value in program.values(node.func):
        if isinstance(value, Ext):
            name = canonical(value.name)
            root, _, rest = name.partition(".")
            if rest and root not in KNOWN and root not in sys.stdlib_module_names and given(program, node):
                return name
    return ""


def keeps_session(name: str) -> bool:
    """Whether a library name is that of a class: what it makes keeps the session and uses it later. Those of the table
    run the query that they are given when they are made."""
    return name.rpartition(".")[2][:1].isupper() and name not in TAKERS


def given(program: Program, node: ast.Call) -> list[ast.expr]:
    """The arguments of a call that are sessions, connections or queries; for a function that connects, engines too."""
    arguments = (*node.args, *(k.value for k in node.keywords))
    kinds = (names.SESSION, names.CONNECTION, names.QUERY, *((names.ENGINE,) if _connects(program, node) else ()))
    return [a for a in arguments if has(program.values(a), *kinds)]


def _connects(program: Program, node: ast.Call) -> bool:
    """Whether a call connects to the engine that it is given, and has read all when it returns."""
    known = any(isinstance(v, Ext) and v.name in ENGINE_RUNNERS for v in program.values(node.func))
    return known and all(k.arg not in (None, IN_PARTS) for k in node.keywords)


def sync_attribute(program: Program, argument: ast.expr) -> str:
    """The attribute with the sync object inside what an argument becomes; "" for a query, which stays what it is, and
    for `db.get_bind()`, which gives the sync engine already."""
    if isinstance(argument, ast.Call) and getattr(argument.func, "attr", "") == "get_bind":
        return ""
    return next((inner for owner, inner in _INSIDE.items() if has(program.values(argument), owner)), "")
