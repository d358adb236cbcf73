"""One Python file: its text, its tree, and the translation of positions."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from asyncify.analysis.nodes import below, children
from asyncify.model.python_text import parse_python
from asyncify.model.span import Place, Span, Target

N = TypeVar("N", bound=ast.AST)


def decode(data: bytes) -> str:
    """The text of a Python file, newlines as they are.

    Raises SyntaxError or UnicodeDecodeError where the bytes do not fit their PEP 263 declaration.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


@dataclass(eq=False)
class SourceFile:
    """A parsed file.

    path: relative to the root, with `/`. tree: its `ast`. Nodes are compared by identity everywhere.
    """

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def parse(cls, path: str, data: bytes) -> SourceFile:
        """Parse the bytes of a file. Raises SyntaxError, UnicodeDecodeError or ValueError (null bytes)."""
        text = decode(data)
        return cls(path, text, parse_python(text, path))

    @cached_property
    def lines(self) -> list[str]:
        """Lines split as Python's tokenizer splits them (`\\n`, `\\r\\n`, `\\r`; not form feeds)."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, in the order of `ast.walk`; walked once."""
        return tuple(below(self.tree))

    @cached_property
    def _by_type(self) -> dict[type[ast.AST], list[ast.AST]]:
        found: dict[type[ast.AST], list[ast.AST]] = {}
        for node in self.nodes:
            found.setdefault(type(node), []).append(node)
        return found

    def nodes_of(self, kind: type[N]) -> list[N]:
        """The nodes of exactly one type, in the same order."""
        return self._by_type.get(kind, [])  # type: ignore[return-value]

    def nodes_among(self, kinds: frozenset[type[ast.AST]]) -> list[ast.AST]:
        """The nodes of some types, in the same order."""
        return [node for node in self.nodes if type(node) in kinds]

    def column(self, line: int, byte_column: int) -> int:
        """`ast` counts UTF-8 bytes; everybody else counts code points. This is the one translation."""
        text = self.lines[line - 1]
        if text.isascii():
            return byte_column
        return len(text.encode()[:byte_column].decode(errors="replace"))

    def span(self, node: ast.AST) -> Span:
        """Where a node stands. Decorators of a function or class are not part of it."""
        line, end = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        return Span(
            line,
            self.column(line, node.col_offset),  # type: ignore[attr-defined]
            end,
            self.column(end, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def target(self, node: ast.AST) -> Target:
        """The node as the target of an edit."""
        place = Place.STATEMENT if isinstance(node, ast.stmt) else Place.EXPRESSION
        return Target(self.span(node), place)

    def segment(self, node: ast.AST) -> str:
        """The source text of a node, newlines as `\\n`."""
        span = self.span(node)
        rows = self.lines[span.line - 1 : span.end_line]
        rows[-1] = rows[-1][: span.end_column]
        rows[0] = rows[0][span.column :]
        return "\n".join(rows)

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {inner: outer for outer in self.nodes for inner in children(outer)}

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node around a node; None for the module."""
        return self._parents.get(node)

    def holder(self, argument: ast.AST) -> ast.AST | None:
        """The node around an expression; for `f(name=expression)` the call, as for `f(expression)`."""
        outer = self.parent(argument)
        return self.parent(outer) if isinstance(outer, ast.keyword) else outer

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds a node (or the node itself)."""
        found: ast.AST | None = node
        while found is not None and not isinstance(found, ast.stmt):
            found = self.parent(found)
        if found is None:
            raise ValueError(f"{self.path}: a node outside every statement")
        return found
