"""`text("...; ...")`: psycopg2 sends it as it is, the async drivers prepare statements, and one text holds one then.

Measured with PostgreSQL 15: asyncpg refuses every such text; psycopg 3 refuses it with parameters, and without any
gives the result of the first statement, where psycopg2 gives that of the last.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext
from asyncify.model.edit import Finding

TAKERS = frozenset({"sqlalchemy.text"})
#: quoted text, names, bodies of functions, comments
_OPAQUE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PARAMETER = re.compile(r"(?<![:\w\\]):\w")


@dataclass(frozen=True)
class SeveralStatements:
    """Looks for such texts in what becomes async. target: the async drivername for PostgreSQL."""

    program: Program
    target: str
    transform: str

    def decide(self) -> Iterator[Finding]:
        """A finding for each text that the driver refuses."""
        for path in sorted(self.program.modules):
            module = self.program.modules[path]
            if kept_sync(self.program, path):
                continue
            for node in module.source.nodes:
                if not isinstance(node, ast.Call) or not node.args or not self._refused(path, node):
                    continue
                if self.program.function_of(node) not in self.program.colouring.kept:
                    message = f"{self.target.partition('+')[2]} takes one statement in a text"
                    advice = "execute each statement by itself"
                    span = module.source.span(node)
                    yield Finding(self.transform, path, span, "text-statements", message, advice)

    def _refused(self, path: str, node: ast.Call) -> bool:
        found = self.program.names.resolve_expression(path, node.func)
        argument = node.args[0]
        if not (isinstance(found, Ext) and found.name in TAKERS and isinstance(argument, ast.Constant)):
            return False
        text = argument.value
        if not isinstance(text, str) or not several(text):
            return False
        return self.target == "postgresql+asyncpg" or bool(_PARAMETER.search(_OPAQUE.sub("", text)))


def several(text: str) -> bool:
    """Whether a text holds more than one statement."""
    return len([part for part in _OPAQUE.sub("x", text).split(";") if part.strip("x \t\r\n")]) > 1
