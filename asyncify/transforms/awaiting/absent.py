"""What async engines and sessions do not have, and nothing here can stand for: reported at its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import of_type
from asyncify.knowledge import names
from asyncify.model.edit import Finding

#: (owner, member) -> code, message, advice. Source: SQLAlchemy asyncio, `AsyncEngine`, `async_scoped_session`
ABSENT: Mapping[tuple[str, str], tuple[str, str, str]] = MappingProxyType(
    {
        (names.ENGINE, "raw_connection"): (
            "raw-connection",
            "the cursors of the driver's own connection send SQL where nothing is awaited",
            "do it in a function that is given to `await connection.run_sync(...)`, in the SQL of the async driver",
        ),
        (names.SCOPED_SESSION, "query_property"): (
            "query-property",
            "an async scoped session has no query_property, and Model.query no async form",
            "use select(Model) and run it with the session",
        ),
    }
)


def absent_members(program: Program, module: ModuleInfo) -> Iterator[Finding]:
    """The findings of one module. What stays synchronous keeps them."""
    if is_test_path(module.path):
        return
    members = {member for _, member in ABSENT}
    for node in module.source.nodes:
        if not isinstance(node, ast.Attribute) or node.attr not in members:
            continue
        if program.function_of(node) in program.colouring.kept:
            continue
        for (owner, member), (code, message, advice) in ABSENT.items():
            if node.attr == member and of_type(program.values(node.value), owner):
                yield Finding("await", module.path, module.source.span(node), code, message, advice)
