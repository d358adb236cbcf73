"""Instances whose session is closed before they are read.

SQLAlchemy, "Session Basics", `Session.close()`: all instances are detached; a lazy load of one raises
`DetachedInstanceError`. So a reader behind the end of the session reads nothing that was not loaded: no option is
needed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Values, is_session, objects
from asyncify.transforms.eager.reading import Reader

#: what makes an instance one of a session again. Source: SQLAlchemy, "Quickie Intro to Object States"
ATTACHERS = frozenset({"add", "add_all"})


@dataclass(frozen=True)
class Detached:
    """Knows who reads when the session of a statement is closed."""

    program: Program
    reach: Reach

    def is_read_detached(self, site: ast.AST, path: str, reader: Reader) -> bool:
        """Whether the session with which a statement runs has ended wherever a reader reads."""
        loader = self.program.function_of(site)
        block = self._block(site, path, loader)
        if block is None or loader is None or self._yields(loader):
            return False
        function = self.program.function_of(reader.node)
        if function is None:
            return False
        source = self.program.modules[path].source
        if reader.path == path and _is_below(source, reader.node, loader.node):
            return function is loader and not _is_below(source, reader.node, block)
        return function not in self.reach.of(loader) and not self._is_attached(function, site)

    def _block(self, site: ast.AST, path: str, loader: FunctionInfo | None) -> ast.With | ast.AsyncWith | None:
        """The innermost `with Session(...) as session:` around a statement, in its function."""
        source = self.program.modules[path].source
        node = source.parent(site)
        while node is not None and loader is not None and node is not loader.node:
            if isinstance(node, (ast.With, ast.AsyncWith)) and any(self._makes_session(i) for i in node.items):
                return node
            node = source.parent(node)
        return None

    def _makes_session(self, item: ast.withitem) -> bool:
        made = item.context_expr
        return isinstance(made, ast.Call) and not isinstance(made.func, ast.Lambda) and self._is_new(made)

    def _is_new(self, made: ast.Call) -> bool:
        """Whether a call is that of a session class or factory; one of the program may keep the session open."""
        return is_session(self.program.values(made)) and not self.program.calls(made)

    def _yields(self, function: FunctionInfo) -> bool:
        return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function.node))

    def _is_attached(self, function: FunctionInfo, site: ast.AST) -> bool:
        """Whether a function, or what it runs, hands instances of a statement to a session."""
        for inner in self.reach.of(function):
            for call in (n for n in ast.walk(inner.node) if isinstance(n, ast.Call)):
                if isinstance(call.func, ast.Attribute) and call.func.attr in ATTACHERS:
                    if any(_is_of(self.program.values(argument), site) for argument in call.args):
                        return True
        return False


def _is_of(values: Values, site: ast.AST) -> bool:
    return any(o.origin is not None and o.origin.site is site for o in objects(values))


def _is_below(source: SourceFile, node: ast.AST | None, above: ast.AST) -> bool:
    while node is not None and node is not above:
        node = source.parent(node)
    return node is above
