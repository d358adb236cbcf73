"""The lines that an expression has for itself: what takes its place may use them, and keeps the comments in them.

x = (                      x = db.scalars(
    db.query(A)                select(A)
    .filter(A.b)  # why        .where(A.b)  # why
    .all()                 ).all()
)
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from asyncify.rewrite import layout, parens

Space = cst.ParenthesizedWhitespace


@dataclass(frozen=True)
class Room:
    """What the place of an expression has to offer.

    opening, closing: the white space inside of the parentheses around it; None where there are none that could go.
    column: where the lines in between begin. shift: by how much they move to begin there.
    comments: the white space before the last link, when that holds comments.
    """

    opening: Space | None = None
    closing: Space | None = None
    column: int = 0
    shift: int = 0
    comments: Space | None = None

    def with_comments(self, before: Space) -> Space:
        """White space that ends a line, with the comments of the link that went away."""
        if self.comments is None:
            return before
        return before.with_changes(first_line=self.comments.first_line, empty_lines=self.comments.empty_lines)

    def hug(self, call: cst.Call, bare: bool, width: int) -> cst.Call:
        """A call around the statement: its brackets stand where the parentheses were.

        bare: whether nothing was added to the statement, so that its last comments come before the closing bracket.
        """
        assert self.opening is not None and self.closing is not None
        value = _joined(layout.shift(call.args[0].value, self.shift), width - self.column)
        closing = self.with_comments(self.closing) if bare and not _has_comments(self.closing) else self.closing
        arg = call.args[0].with_changes(value=value, whitespace_after_arg=closing)  # which may have a name
        return call.with_changes(args=[arg], whitespace_before_args=self.opening)


def room_of(old: cst.BaseExpression, start: int, margin: int | None, unit: str) -> Room:
    """The room of an expression, its own parentheses included.

    start: the column of its text. margin: that of the statement, where both begin on the same line, else None.
    """
    bare = parens.strip(old)
    comments = _last_comments(bare)
    if len(old.lpar) - parens.owned(old) != 1:
        return Room(comments=comments)
    opening, closing = old.lpar[0].whitespace_after, old.rpar[-1].whitespace_before
    if isinstance(opening, Space):
        if not isinstance(closing, Space):
            closing = Space(indent=True, last_line=cst.SimpleWhitespace(opening.last_line.value[: -len(unit)]))
        return Room(opening, closing, start, 0, comments)
    line = layout.chain_break(bare)
    if margin is None or not isinstance(line, Space) or not line.indent or _has_comments(closing):
        return Room(comments=comments)
    shift = len(unit) - len(line.last_line.value)
    ends = Space(indent=True)
    return Room(Space(indent=True, last_line=cst.SimpleWhitespace(unit)), ends, margin + len(unit), shift, comments)


def _last_comments(node: cst.BaseExpression) -> Space | None:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        before = node.func.dot.whitespace_before
        if isinstance(before, Space) and _has_comments(before):
            return before
    return None


def _has_comments(space: cst.BaseParenthesizableWhitespace) -> bool:
    if not isinstance(space, Space):
        return False
    return space.first_line.comment is not None or any(line.comment is not None for line in space.empty_lines)


def _joined(node: cst.BaseExpression, width: int) -> cst.BaseExpression:
    """`select(A)` and its only link on one line, where they fit: one link is no chain."""
    breaks = [link for link in layout.links(node) if isinstance(link.dot.whitespace_before, Space)]
    if len(breaks) != 1 or _has_comments(breaks[0].dot.whitespace_before):
        return node
    (link,) = breaks
    flat = link.with_changes(dot=link.dot.with_changes(whitespace_before=cst.SimpleWhitespace("")))
    joined = layout.swapped(node, link, flat)
    code = layout.code_of(joined)
    return joined if "\n" not in code and len(code) <= width else node
