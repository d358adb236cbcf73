"""Bodies: put statements in, take statements out, comments and blank lines kept in their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from asyncify.rewrite.errors import RewriteError

_DEFINITIONS = (cst.FunctionDef, cst.ClassDef)
Line = cst.SimpleStatementLine | cst.BaseCompoundStatement


@dataclass(frozen=True)
class Block:
    """Statements, and the comments below the last of them."""

    body: tuple[Line, ...] = ()
    footer: tuple[cst.EmptyLine, ...] = ()


@dataclass
class Changes:
    """What becomes of one statement: new ones before and after it, and, unless None, others in its place."""

    before: list[Block] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)
    instead: Block | None = None


def with_lines(statement: Line, lines: Sequence[cst.EmptyLine]) -> Line:
    """The statement with these comments and blank lines above it."""
    return statement.with_changes(leading_lines=tuple(lines))


def merge_blank(above: Sequence[cst.EmptyLine], below: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Two runs of lines that come together where a statement went away: blank lines are not added up."""
    blank = 0
    while blank < len(above) and above[-1 - blank].comment is None:
        blank += 1
    start = 0
    while start < min(blank, len(below)) and below[start].comment is None:
        start += 1
    return [*above, *below[start:]]


def split_line(line: cst.SimpleStatementLine) -> list[cst.SimpleStatementLine]:
    """`a; b` on lines of their own; the comment stays with the last."""
    lines = [cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for small in line.body]
    lines[0] = lines[0].with_changes(leading_lines=line.leading_lines)
    lines[-1] = lines[-1].with_changes(trailing_whitespace=line.trailing_whitespace)
    return lines


def as_block(suite: cst.BaseSuite) -> cst.IndentedBlock:
    """`if x: f()` with its body on a line of its own."""
    if isinstance(suite, cst.IndentedBlock):
        return suite
    assert isinstance(suite, cst.SimpleStatementSuite)
    line = cst.SimpleStatementLine(suite.body, trailing_whitespace=suite.trailing_whitespace)
    return cst.IndentedBlock(body=split_line(line))


def insert_inside(statement: cst.CSTNode, new: Sequence[Line]) -> cst.CSTNode:
    """The compound statement with statements on top of its body, below the docstring."""
    if not isinstance(statement, cst.BaseCompoundStatement) or isinstance(statement, cst.Match):
        raise RewriteError("the target has no body")
    block = as_block(statement.body)
    body = list(block.body)
    at = 1 if isinstance(statement, cst.FunctionDef | cst.ClassDef) and _is_docstring(body) else 0
    fresh = list(new)
    if at < len(body) and fresh:
        blank, rest = split_blank(leading(body[at]))
        fresh[0] = with_lines(fresh[0], merge_blank(blank, leading(fresh[0])))
        body[at] = body[at].with_changes(leading_lines=rest)
    return statement.with_changes(body=block.with_changes(body=[*body[:at], *fresh, *body[at:]]))


def _is_docstring(body: Sequence[cst.BaseStatement]) -> bool:
    first = body[0] if body else None
    if not isinstance(first, cst.SimpleStatementLine) or not isinstance(first.body[0], cst.Expr):
        return False
    return isinstance(first.body[0].value, cst.SimpleString | cst.ConcatenatedString)


def leading(statement: cst.CSTNode) -> tuple[cst.EmptyLine, ...]:
    """The comments and blank lines above a statement."""
    return tuple(getattr(statement, "leading_lines", ()))


def split_comments(lines: Sequence[cst.EmptyLine]) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """What stands above a statement, and the comments that touch it."""
    count = len(lines)
    while count and lines[count - 1].comment is not None:
        count -= 1
    return list(lines[:count]), list(lines[count:])


def split_blank(lines: Sequence[cst.EmptyLine]) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """The blank lines on top, and the rest from the first comment on."""
    count = 0
    while count < len(lines) and lines[count].comment is None:
        count += 1
    return list(lines[:count]), list(lines[count:])


def without_leading(block: Block) -> Block:
    """The statements without the comments above the first."""
    return _led(block, ())


def _led(block: Block, lines: Sequence[cst.EmptyLine]) -> Block:
    if not block.body:
        return block
    return Block((with_lines(block.body[0], lines), *block.body[1:]), block.footer)


def replaced(old: Block, new: Block, keep_comment: bool) -> Block:
    """New statements in the place of old ones, the comments above the old kept.

    keep_comment: whether the comment behind the old code goes behind the new.
    """
    if not new.body:
        return new
    above = leading(old.body[0]) if old.body else ()
    fresh = _led(new, merge_blank(above, leading(new.body[0])))
    comment = _comment(old.body[-1]) if old.body and keep_comment else None
    return Block(_with_comment(fresh.body, comment), fresh.footer) if comment else fresh


def _comment(line: Line) -> cst.TrailingWhitespace | None:
    """The comment behind a simple statement, or behind the colon of a compound one."""
    if isinstance(line, cst.SimpleStatementLine):
        trailing = line.trailing_whitespace
    elif isinstance(body := getattr(line, "body", None), cst.IndentedBlock):
        trailing = body.header
    elif isinstance(body, cst.SimpleStatementSuite):
        trailing = body.trailing_whitespace
    else:
        return None
    return trailing if trailing.comment is not None else None


def _with_comment(lines: Sequence[Line], comment: cst.TrailingWhitespace) -> tuple[Line, ...]:
    last = lines[-1]
    body = getattr(last, "body", None)
    if _comment(last) is None and isinstance(last, cst.SimpleStatementLine):
        return (*lines[:-1], last.with_changes(trailing_whitespace=comment))
    if _comment(last) is None and isinstance(body, cst.IndentedBlock):
        return (*lines[:-1], last.with_changes(body=body.with_changes(header=comment)))
    above = cst.EmptyLine(comment=comment.comment)
    return (with_lines(lines[0], (*leading(lines[0]), above)), *lines[1:])


def result_of(statement: Line, changes: Changes) -> Block:
    """One statement after its changes. What is put before it stands above the comments that touch it."""
    middle = Block((statement,)) if changes.instead is None else changes.instead
    before = join(changes.before)
    if before.body and middle.body:
        above, touching = split_comments(leading(middle.body[0]))
        before = _led(before, merge_blank(above, leading(before.body[0])))
        middle = _led(middle, touching)
    return join([before, middle, *changes.after])


def join(blocks: Sequence[Block]) -> Block:
    """Blocks one after another: comments below one lead the next."""
    body: list[Line] = []
    waiting: tuple[cst.EmptyLine, ...] = ()
    for block in blocks:
        if block.body:
            led = _led(block, merge_blank(waiting, leading(block.body[0]))) if waiting else block
            body += led.body
            waiting = led.footer
        else:
            waiting = tuple(merge_blank(waiting, block.footer))
    return Block(tuple(body), waiting)


def spaced(groups: Sequence[tuple[Line, Block]], gap: int) -> list[tuple[Line, Block]]:
    """The groups with blank lines around functions and classes that are new among them."""
    done: list[tuple[Line, Block]] = []
    needs = False
    for old, new in groups:
        body = list(new.body)
        grown = len(body) > 1
        for index, line in enumerate(body):
            above = body[index - 1] if index else None
            if (needs and not index) or (
                grown and (isinstance(line, _DEFINITIONS) or isinstance(above, _DEFINITIONS)) and (index or done)
            ):
                body[index] = _with_gap(line, gap)
        needs = grown and isinstance(body[-1], _DEFINITIONS)
        done.append((old, Block(tuple(body), new.footer)))
    return done


def _with_gap(line: Line, gap: int) -> Line:
    blank, rest = split_blank(leading(line))
    missing = [cst.EmptyLine(indent=False)] * (gap - len(blank))
    return with_lines(line, (*missing, *blank, *rest))


def collect(groups: Sequence[tuple[Line, Block]]) -> Block:
    """A body from what became of each of its statements.

    groups: each old statement with those that it became; none where it was removed, whose comments stay.
    """
    whole = join([new if new.body else Block((), (*leading(old), *new.footer)) for old, new in groups])
    if groups and not groups[0][1].body and not leading(groups[0][0]) and whole.body:
        # the first went away, and nothing stood above it: what begins the body now has no blank lines above it either
        first, *rest = whole.body
        whole = Block((with_lines(first, split_blank(leading(first))[1]), *rest), whole.footer)
    footer = list(whole.footer)
    while footer and footer[-1].comment is None:
        footer.pop()
    return Block(whole.body, tuple(footer))
