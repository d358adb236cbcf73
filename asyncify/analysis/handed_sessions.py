"""Calls that hand a session, a connection or a legacy query to another library."""

from __future__ import annotations

import ast
import sys

from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical
from asyncify.knowledge.query_takers import TAKERS

#: libraries whose functions are known by other rules, or that only pass on what they are given
KNOWN = frozenset(
    {"sqlalchemy", "sqlmodel", "fastapi", "starlette", "pydantic", "pytest", "pytest_asyncio", "alembic", "httpx"}
)


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
    """The arguments of a call that are sessions, connections or queries."""
    arguments = (*node.args, *(k.value for k in node.keywords))
    return [a for a in arguments if has(program.values(a), names.SESSION, names.CONNECTION, names.QUERY)]


def sync_attribute(program: Program, argument: ast.expr) -> str:
    """The attribute with the sync object inside what an argument becomes; "" for a query, which stays what it is."""
    for owner, name in ((names.SESSION, "sync_session"), (names.CONNECTION, "sync_connection")):
        if has(program.values(argument), owner):
            return name
    return ""
