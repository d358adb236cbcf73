"""From the spans of `ast` to the nodes of LibCST: the one place that knows how the two trees join.

LibCST's positions leave out the parentheses around a node, as `ast` does, with two exceptions made good here: a
tuple and a generator expression own their parentheses in `ast`. A generator that is the only argument of a call
owns the call's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from asyncify.model.ops import Hole
from asyncify.model.span import Place, Span, Target
from asyncify.rewrite.errors import RewriteError

Statement = cst.BaseStatement | cst.BaseSmallStatement
_WHITESPACE = (
    cst.BaseParenthesizableWhitespace,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Newline,
    cst.Comment,
    cst.Comma,
    cst.Dot,
)
_EXPRESSION_PARENS = (cst.Tuple, cst.GeneratorExp)


@dataclass(frozen=True)
class Run:
    """Statements one after another in one body: what a hole for statements stands for."""

    container: cst.CSTNode
    first: Statement
    last: Statement


@dataclass
class Located:
    """A parsed chunk and the nodes that were asked for.

    module: the chunk as a module. expressions: by exact span. statements: by start.
    parents: of every node that was looked at, by `id`.
    """

    module: cst.Module
    expressions: dict[Span, cst.BaseExpression] = field(default_factory=dict)
    statements: dict[tuple[int, int], Statement] = field(default_factory=dict)
    parents: dict[int, cst.CSTNode] = field(default_factory=dict)

    def find(self, target: Target) -> cst.BaseExpression | Statement:
        """The node of a target. Raises RewriteError at stage `locate`."""
        node: cst.BaseExpression | Statement | None
        if target.place is Place.EXPRESSION:
            node = self.expressions.get(target.span)
        else:
            node = self.statements.get((target.span.line, target.span.column))
        if node is None:
            span = target.span
            where = f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"
            raise RewriteError(f"no {target.place.value} at {where}", "locate")
        return node

    def find_run(self, hole: Hole) -> Run:
        """The statements of a hole. Raises RewriteError at stage `locate`."""
        first = self._statement(hole.span)
        last = self._statement(hole.last) if hole.last else first
        container = self.container_of(first)
        if container is None or self.container_of(last) is not container:
            raise RewriteError(f"the statements of hole ${hole.name} do not stand in one body", "locate")
        return Run(container, first, last)

    def container_of(self, node: Statement) -> cst.CSTNode | None:
        """The module, block or one-line suite that a statement stands in; None for an `elif`."""
        parent = self.parents[id(node)]
        if isinstance(parent, cst.SimpleStatementLine):
            parent = self.parents[id(parent)]
        if isinstance(parent, cst.Module | cst.IndentedBlock | cst.SimpleStatementSuite):
            return parent
        return None

    def is_alone(self, node: cst.CSTNode) -> bool:
        """Whether a statement has its lines for itself, in a block."""
        parent = self.parents[id(node)]
        if isinstance(parent, cst.SimpleStatementLine):
            return len(parent.body) == 1
        return isinstance(parent, cst.Module | cst.IndentedBlock)

    def within(self, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
        """Whether `node` is `outer` or stands somewhere in it."""
        current: cst.CSTNode | None = node
        while current is not None and current is not outer:
            current = self.parents.get(id(current))
        return current is outer

    def start_of(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """Where the statement around an expression starts; None if an f-string is in between."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.FormattedString):
            if isinstance(current, Statement) and not isinstance(current, cst.SimpleStatementLine):
                return next((place for place, found in self.statements.items() if found is current), None)
            current = self.parents.get(id(current))
        return None

    def statement_of(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The line of simple statements, or the compound statement, around a node."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.BaseStatement):
            current = self.parents.get(id(current))
        return current

    def spine(self, nodes: Iterable[cst.CSTNode]) -> set[int]:
        """The `id` of the nodes and of everything above them."""
        found: set[int] = set()
        for node in nodes:
            current: cst.CSTNode | None = node
            while current is not None and id(current) not in found:
                found.add(id(current))
                current = self.parents.get(id(current))
        return found

    def _statement(self, span: Span) -> Statement:
        node = self.find(Target(span, Place.STATEMENT))
        assert isinstance(node, cst.BaseStatement | cst.BaseSmallStatement)
        return node


def locate(module: cst.Module, first_line: int, wanted: Sequence[Span]) -> Located:
    """Index the nodes of a chunk near the wanted spans.

    module: fresh from the parser. first_line: the line of the file that the first line of `module` is.
    """
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    return _Locator(module, positions, first_line - 1, wanted).run()


class _Locator:
    def __init__(
        self, module: cst.Module, positions: Mapping[cst.CSTNode, CodeRange], offset: int, wanted: Sequence[Span]
    ) -> None:
        self._positions = positions
        self._offset = offset
        self._lines = sorted({line for span in wanted for line in (span.line, span.end_line)})
        self._found = Located(module)

    def run(self) -> Located:
        stack: list[cst.CSTNode] = [self._found.module]
        while stack:
            node = stack.pop()
            self._record(node)
            for child in reversed(node.children):
                if not isinstance(child, _WHITESPACE) and self._near(child):
                    self._found.parents[id(child)] = node
                    stack.append(child)
        return self._found

    def _range(self, node: cst.CSTNode) -> CodeRange | None:
        return self._positions.get(node)

    def _near(self, node: cst.CSTNode) -> bool:
        """Whether a wanted line can be in the node. The ranges of LibCST tell it of expressions and statements only:
        a block starts below the decorators of its first statement, a parameter ends before its annotation."""
        found = self._range(node)
        if found is None or isinstance(node, cst.GeneratorExp):
            return True
        if not isinstance(node, cst.BaseExpression | cst.BaseStatement | cst.BaseSmallStatement):
            return True
        start, end = found.start.line, found.end.line
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.decorators:
            first = self._range(node.decorators[0])
            start = min(start, first.start.line) if first else start
        if isinstance(node, cst.BaseExpression) and node.lpar:
            left, right = self._range(node.lpar[0]), self._range(node.rpar[-1])
            start, end = (left.start.line, right.end.line) if left and right else (start, end)
        index = bisect_left(self._lines, start + self._offset)
        return index < len(self._lines) and self._lines[index] <= end + self._offset

    def _record(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.BaseExpression):
            span = self._span(node)
            if span is not None:
                self._found.expressions.setdefault(span, node)
        elif isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            found = self._range(node)
            if found is not None:
                key = (found.start.line + self._offset, found.start.column)
                self._found.statements.setdefault(key, node)

    def _span(self, node: cst.BaseExpression) -> Span | None:
        found = self._range(node)
        if found is None:
            return None
        start, end = found.start, found.end
        if isinstance(node, _EXPRESSION_PARENS) and node.lpar:
            left, right = self._range(node.lpar[-1]), self._range(node.rpar[0])
            if left and right:
                start, end = left.start, right.end
        elif isinstance(node, cst.GeneratorExp):
            return self._bare_generator(node)
        return Span(start.line + self._offset, start.column, end.line + self._offset, end.column)

    def _bare_generator(self, node: cst.GeneratorExp) -> Span | None:
        """`f(x for x in y)`: in `ast` the generator begins and ends with the parentheses of the call."""
        arg = self._found.parents.get(id(node))
        call = self._found.parents.get(id(arg)) if arg is not None else None
        if not isinstance(call, cst.Call):
            return None
        last = call.func.rpar[-1] if call.func.rpar else call.func
        func, whole = self._range(last), self._range(call)
        space = call.whitespace_after_func
        if func is None or whole is None or not isinstance(space, cst.SimpleWhitespace) or "\n" in space.value:
            return None
        return Span(
            func.end.line + self._offset,
            func.end.column + len(space.value),
            whole.end.line + self._offset,
            whole.end.column,
        )
