"""GraphQL resolvers that share the session of their context: async resolvers of one query run at the same time.

An async session does one thing at a time. Sources: graphql-core, "execute" (awaitable fields are gathered); SQLAlchemy
asyncio, "Using AsyncSession with Concurrent Tasks".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.infer.graphql import is_info
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Inst, has
from asyncify.knowledge import names
from asyncify.model.edit import Finding


def shared_contexts(program: Program, module: ModuleInfo) -> Iterator[Finding]:
    """One finding for each function that becomes async and takes its session from the context."""
    told = set()
    for node in module.source.nodes:
        function = program.function_of(node)
        if function in told or function not in program.colouring.becomes_async:
            continue
        if isinstance(node, (ast.Subscript, ast.Attribute, ast.Call)) and has(program.values(node), names.SESSION):
            if any(_is_context(program, inner) for inner in ast.walk(node)):
                told.add(function)
                yield Finding(
                    "await",
                    module.path,
                    module.source.span(node),
                    "shared-session",
                    "async resolvers of one query run at the same time, and this session is shared by all of them",
                    "open a session in each resolver, or let them take turns with an asyncio.Lock",
                )


def _is_context(program: Program, node: ast.AST) -> bool:
    """`info.context`."""
    if not isinstance(node, ast.Attribute) or node.attr != "context":
        return False
    return any(isinstance(v, Inst) and is_info(v) for v in program.values(node.value))
