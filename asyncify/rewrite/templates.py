"""Templates: Python source with `$name` holes, and what is put into them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from asyncify.rewrite import layout, parens
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.room import Room
from asyncify.rewrite.statements import Block, Line

_PREFIX = "_asyncify_hole_"
# a hole, or what may hold a dollar sign that is none: strings and comments
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|'
    r"'''(?:\\.|[^\\])*?'''|"
    r'"(?:\\.|[^"\\\n])*"|'
    r"'(?:\\.|[^'\\\n])*'|"
    r"#[^\n]*|\$(?P<name>[A-Za-z_]\w*)",
    re.DOTALL,
)


Filling = cst.BaseExpression | Block
_NO_ROOM = Room()


def _parsed(source: str) -> cst.BaseExpression:
    """An expression; one of several lines may need the brackets around its place. Raises ParserSyntaxError."""
    try:
        return cst.parse_expression(source)
    except cst.ParserSyntaxError:
        if "\n" not in source:
            raise
    within = cst.parse_expression(f"({source}\n)")
    return within.with_changes(lpar=within.lpar[1:], rpar=within.rpar[:-1])


@dataclass(frozen=True)
class Style:
    """What new code of a file looks like. width: of its lines; an edit alone makes none longer."""

    newline: str = "\n"
    indent: str = "    "
    width: int = 110


@dataclass(frozen=True)
class Template:
    """A template and the fillings of its holes, `it` among them."""

    source: str
    fillings: Mapping[str, Filling] = field(default_factory=dict)
    style: Style = field(default_factory=Style)

    def expression(self) -> cst.BaseExpression:
        """The template as an expression. Raises RewriteError."""
        return self.laid_out(_NO_ROOM)[0]

    def laid_out(self, room: Room) -> tuple[cst.BaseExpression, bool]:
        """The template as an expression, and whether its brackets took the place of the parentheses of the room."""
        source = self._with_names()
        try:
            parsed = _parsed(source)
        except cst.ParserSyntaxError as error:
            raise RewriteError(f"the template {self.source!r} is no expression") from error
        filler = _Filler(self.fillings, self.style, wrap=False, room=room, around=_around_hole(parsed))
        filled = parsed.visit(filler)
        assert isinstance(filled, cst.BaseExpression)
        return filled, filler.hugged

    def statements(self) -> Block:
        """The template as statements; blank lines and comments on top lead the first. Raises RewriteError."""
        source = self._with_names()
        try:
            parsed = cst.parse_module(source if source.endswith("\n") else source + self.style.newline)
        except cst.ParserSyntaxError as error:
            raise RewriteError(f"the template {self.source!r} is no statement") from error
        if not parsed.body:
            return Block()
        first = parsed.body[0]
        led = first.with_changes(leading_lines=(*parsed.header, *first.leading_lines))
        parsed = parsed.with_changes(header=(), body=(led, *parsed.body[1:]))
        filled = parsed.visit(_Filler(self.fillings, self.style, wrap=True))
        assert isinstance(filled, cst.Module)
        return Block(tuple(s for s in filled.body if isinstance(s, Line)), tuple(filled.footer))

    def _with_names(self) -> str:
        def replace(match: re.Match[str]) -> str:
            name = match["name"]
            if name is None:
                return match[0]
            if name not in self.fillings:
                raise RewriteError(f"the template {self.source!r} has a hole ${name} that nothing fills")
            return _PREFIX + name

        return _TOKEN.sub(replace, self.source).replace("\n", self.style.newline)


class _Filler(cst.CSTTransformer):
    """Puts nodes into the holes, with the parentheses and the lines that they need there."""

    def __init__(
        self,
        fillings: Mapping[str, Filling],
        style: Style,
        wrap: bool,
        room: Room = _NO_ROOM,
        around: cst.Call | None = None,
    ) -> None:
        super().__init__()
        self._wrap = wrap
        self._room = room
        self.hugged = False
        self._around = around
        self._first = None if around is None else layout.first_of(around.args[0].value)
        self._fillings = fillings
        self._style = style
        self._footers: dict[int, tuple[cst.EmptyLine, ...]] = {}
        self._exploded: dict[int, layout.Broken] = {}
        self._wrapped: dict[int, cst.BaseExpression] = {}

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> object:  # type: ignore[override]
        return super().on_leave(original_node, parens.fix(updated_node))

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        """A blank line of a template stays blank wherever the template goes."""
        return updated_node if updated_node.comment else updated_node.with_changes(indent=False)

    def _filling(self, name: str) -> Filling | None:
        return self._fillings.get(name[len(_PREFIX) :]) if name.startswith(_PREFIX) else None

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        filling = self._filling(updated_node.value)
        if filling is None:
            return updated_node
        if isinstance(filling, Block):
            raise RewriteError(f"statements cannot stand in an expression (${updated_node.value[len(_PREFIX) :]})")
        if updated_node.lpar:
            return parens.around(filling, updated_node)
        if self._wrap and not filling.lpar and layout.is_broken(filling):
            wrapped = parens.wrap(filling)
            self._wrapped[id(wrapped)] = filling
            return wrapped
        return filling

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        bare = self._wrapped.get(id(updated_node.value))
        return updated_node if bare is None else updated_node.with_changes(value=bare)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        before = self._exploded.get(id(updated_node.value)) or layout.chain_break(updated_node.value)
        if before is None:
            return updated_node
        if original_node.value is self._first and isinstance(before, cst.ParenthesizedWhitespace):
            before = self._room.with_comments(before)
        return layout.on_own_line(updated_node, before)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if original_node is self._around:
            if self._room.opening is not None:
                self.hugged = True
                bare = isinstance(original_node.args[0].value, cst.Name)
                return self._room.hug(updated_node, bare, self._style.width)
            closing = layout.closing_break(updated_node.args[0].value)
            if closing is not None and layout.chain_break(updated_node.args[0].value) is None:
                return layout.explode(updated_node, closing, self._style.indent)
        for arg in updated_node.args:
            before = None if arg.value.lpar else layout.chain_break(arg.value)
            if isinstance(before, cst.ParenthesizedWhitespace) and layout.is_broken(arg.value):
                call = layout.explode(updated_node, before, self._style.indent)
                self._exploded[id(call)] = before
                return call
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        only = original_node.body[0]
        if len(original_node.body) != 1 or not isinstance(only, cst.Expr) or not isinstance(only.value, cst.Name):
            return updated_node
        filling = self._filling(only.value.value)
        if not isinstance(filling, Block):
            return updated_node
        if not filling.body:
            return cst.FlattenSentinel(())
        first, *rest = filling.body
        lines = [*updated_node.leading_lines, *getattr(first, "leading_lines", ())]
        body = (first.with_changes(leading_lines=lines), *rest)
        self._footers[id(body[-1])] = filling.footer
        return cst.FlattenSentinel(body)

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        only = node.body[0]
        if isinstance(only, cst.Expr) and isinstance(only.value, cst.Name):
            return not isinstance(self._filling(only.value.value), Block)
        return True

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        body, footer = self._with_footers(updated_node.body)
        return updated_node.with_changes(body=body, footer=(*footer, *updated_node.footer))

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        body, footer = self._with_footers(updated_node.body)
        return updated_node.with_changes(body=body, footer=(*footer, *updated_node.footer))

    def _with_footers(
        self, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement]
    ) -> tuple[list[cst.CSTNode], list[cst.EmptyLine]]:
        """Comments below a run of statements lead the next statement, or end the block."""
        done: list[cst.CSTNode] = []
        waiting: list[cst.EmptyLine] = []
        for statement in body:
            footer = self._footers.get(id(statement), ())
            lines = [*waiting, *getattr(statement, "leading_lines", ())]
            done.append(statement.with_changes(leading_lines=lines) if waiting else statement)
            waiting = list(footer)
        return done, waiting


def _around_hole(template: cst.BaseExpression) -> cst.Call | None:
    """The call in a chain whose only argument is a hole, or a chain that begins with one."""
    for call in layout.calls(template):
        if len(call.args) == 1:
            first = layout.first_of(call.args[0].value)
            if isinstance(first, cst.Name) and first.value.startswith(_PREFIX):
                return call
            inner = _around_hole(call.args[0].value)
            if inner is not None:
                return inner
    return None
