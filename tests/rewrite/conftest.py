"""Short ways to say an edit in a test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Op
from asyncify.model.plan import FileResult, Plan, Workspace
from asyncify.model.span import Place, Span, Target
from asyncify.rewrite.apply import apply_plan
from asyncify.rewrite.source import column, split_lines


class File:
    """A source text whose nodes are named by their own text."""

    def __init__(self, text: str, path: str = "app.py") -> None:
        self.text = text
        self.path = path
        self._lines = split_lines(text)
        self._tree = ast.parse(text)

    def expr(self, code: str, nth: int = 0) -> Span:
        """The n-th expression that is written `code`."""
        return self._find(code, nth, ast.expr)

    def stmt(self, start: str, nth: int = 0) -> Span:
        """The n-th statement whose text begins with `start`."""
        return self._find(start, nth, ast.stmt)

    def hole(self, name: str, code: str, nth: int = 0) -> Hole:
        """A hole for an expression."""
        return Hole(name, self.expr(code, nth))

    def body(self, name: str, first: str, last: str | None = None) -> Hole:
        """A hole for statements."""
        return Hole(name, self.stmt(first), Place.STATEMENT, self.stmt(last) if last else None)

    def at(self, code: str, op: Op, nth: int = 0, **more: object) -> Edit:
        """An edit of an expression."""
        return Edit("test", self.path, Target(self.expr(code, nth)), op, **more)  # type: ignore[arg-type]

    def on(self, start: str, op: Op, nth: int = 0, **more: object) -> Edit:
        """An edit of a statement."""
        return Edit("test", self.path, Target(self.stmt(start, nth), Place.STATEMENT), op, **more)  # type: ignore[arg-type]

    def apply(self, *edits: Edit) -> str:
        """The text after the edits, none of which may fail."""
        workspace, results = self.results(*edits)
        problems = [result for result in results if type(result).__name__ != "Rewritten"]
        assert problems == []
        return workspace.files[self.path].decode()

    def results(self, *edits: Edit) -> tuple[Workspace, tuple[FileResult, ...]]:
        """The workspace after the edits, and what came of each file."""
        workspace = Workspace(Path("/repo"), {self.path: self.text.encode()})
        return apply_plan(Plan("test", edits), workspace)

    def _find(self, code: str, nth: int, kind: type[ast.AST]) -> Span:
        found: list[Span] = []
        for node in ast.walk(self._tree):
            if isinstance(node, kind) and (text := ast.get_source_segment(self.text, node)) is not None:
                if text == code if kind is ast.expr else text.startswith(code):
                    found.append(self._span(node))
        return sorted(set(found))[nth]

    def _span(self, node: ast.AST) -> Span:
        start, end = self._lines[node.lineno - 1], self._lines[node.end_lineno - 1]  # type: ignore[attr-defined]
        return Span(
            node.lineno,  # type: ignore[attr-defined]
            column(start, node.col_offset),  # type: ignore[attr-defined]
            node.end_lineno,  # type: ignore[attr-defined]
            column(end, node.end_col_offset),  # type: ignore[attr-defined]
        )


@pytest.fixture
def file() -> type[File]:
    """The class `File`."""
    return File
