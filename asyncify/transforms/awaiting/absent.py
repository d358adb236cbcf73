"""What async sessions do not have, and nothing here can stand for: reported at its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Finding


def absent_members(program: Program, module: ModuleInfo) -> Iterator[Finding]:
    """`Scoped.query_property()`. Source: SQLAlchemy asyncio, `async_scoped_session`."""
    if is_test_path(module.path):
        return
    known = {made.call.func for made in program.query_properties.all if made.call is not None}
    for node in module.source.nodes:
        if not isinstance(node, ast.Attribute) or node.attr != "query_property" or node in known:
            continue
        if has(program.values(node.value), names.SCOPED_SESSION):
            message = "an async scoped session has no query_property, and Model.query no async form"
            advice = "use select(Model) and run it with the session"
            yield Finding("await", module.path, module.source.span(node), "query-property", message, advice)
