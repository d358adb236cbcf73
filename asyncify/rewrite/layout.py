"""Expressions over several lines: keep them valid where they move to, and readable."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from asyncify.rewrite import parens

Broken = cst.ParenthesizedWhitespace | cst.SimpleWhitespace
_EMPTY = cst.Module(body=[])


def code_of(node: cst.CSTNode) -> str:
    """The text of a node without its surroundings."""
    return _EMPTY.code_for_node(node)


def is_broken(node: cst.BaseExpression) -> bool:
    """Whether the expression has a line end outside brackets of its own, so that it needs some around it."""
    code = code_of(node).strip()
    if "\n" not in code and "\r" not in code:
        return False
    try:
        ast.parse(code, mode="eval")
    except SyntaxError:
        return True
    return False


def chain_break(node: cst.BaseExpression) -> Broken | None:
    """The white space before the dots of a chain whose links stand on own lines, without comments."""
    for link in links(node):
        before = link.dot.whitespace_before
        if isinstance(before, cst.ParenthesizedWhitespace):
            return before.with_changes(first_line=_plain(before.first_line), empty_lines=[])
        if isinstance(before, cst.SimpleWhitespace) and "\n" in before.value:
            return before
    return None


def links(node: cst.BaseExpression) -> Iterator[cst.Attribute]:
    """The attributes of a chain, the last one first."""
    current = node
    while not current.lpar or current is node:
        if isinstance(current, cst.Attribute):
            yield current
        inner = _inside(current)
        if inner is None:
            return
        current = inner


def calls(node: cst.BaseExpression) -> Iterator[cst.Call]:
    """The calls of a chain, the last one first."""
    current: cst.BaseExpression | None = node
    while current is not None:
        if isinstance(current, cst.Call):
            yield current
        current = _inside(current)


def first_of(node: cst.BaseExpression) -> cst.BaseExpression:
    """What a chain begins with."""
    inner = _inside(node)
    return node if inner is None else first_of(inner)


def closing_break(node: cst.BaseExpression) -> cst.ParenthesizedWhitespace | None:
    """The white space before a closing bracket of a chain that stands on a line of its own, without comments."""
    for call in calls(node):
        last = call.args[-1] if call.args else cst.Arg(call)
        space = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else last.whitespace_after_arg
        if isinstance(space, cst.ParenthesizedWhitespace):
            return space.with_changes(first_line=_plain(space.first_line), empty_lines=[])
    return None


def comments(node: cst.CSTNode) -> Iterator[str]:
    """The comments in a node, in order."""
    if isinstance(node, cst.Comment):
        yield node.value
    for child in node.children:
        yield from comments(child)


def swapped(node: cst.BaseExpression, old: cst.CSTNode, new: cst.CSTNode) -> cst.BaseExpression:
    """The expression with one node in it instead of another."""
    changed = node.visit(_Swap(old, new))
    assert isinstance(changed, cst.BaseExpression)
    return changed


def on_own_line(node: cst.Attribute, before: Broken) -> cst.Attribute:
    """The attribute with its dot on a line of its own."""
    return node.with_changes(dot=node.dot.with_changes(whitespace_before=before))


def explode(call: cst.Call, before: cst.ParenthesizedWhitespace, unit: str) -> cst.Call:
    """The call with every argument on a line of its own, one unit deeper than the lines of the chain."""
    deeper = before.with_changes(last_line=cst.SimpleWhitespace(before.last_line.value + unit))
    args: list[cst.Arg] = []
    for arg in call.args:
        moved = arg.with_changes(value=shift(arg.value, len(unit), unit[0]))
        separator = deeper if arg is not call.args[-1] else before
        if arg is not call.args[-1] or len(call.args) > 1:
            args.append(moved.with_changes(comma=cst.Comma(whitespace_after=separator)))
        else:
            args.append(moved.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=separator))
    return call.with_changes(args=args, whitespace_before_args=deeper)


def over_lines(node: cst.BaseExpression, unit: str, margin: str, room: int) -> cst.BaseExpression:
    """The expression with the items of its longest bracket on lines of their own, one unit deeper than the line that
    it begins on, and those in it that are longer than a line the same; unchanged when there is nothing to break.

    margin: by how much that line is deeper than the block. room: how long a line of the block may be."""
    before = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(margin))
    if isinstance(node, cst.List) and node.elements:
        return _over_lines_of(node, before, unit, room)
    with_arguments = [call for call in calls(node) if call.args]
    if not with_arguments:
        return node
    longest = max(with_arguments, key=lambda call: sum(len(code_of(arg)) for arg in call.args))
    exploded = explode(longest, before, unit)
    args = [arg.with_changes(value=_fitting(arg, unit, margin, room)) for arg in exploded.args]
    return swapped(node, longest, exploded.with_changes(args=args))


def _over_lines_of(node: cst.List, before: cst.ParenthesizedWhitespace, unit: str, room: int) -> cst.List:
    margin = before.last_line.value
    deeper = before.with_changes(last_line=cst.SimpleWhitespace(margin + unit))
    elements = [
        element.with_changes(
            value=_fitting(element, unit, margin, room),
            comma=cst.Comma(whitespace_after=before if element is node.elements[-1] else deeper),
        )
        for element in node.elements
    ]
    return node.with_changes(elements=elements, lbracket=node.lbracket.with_changes(whitespace_after=deeper))


def _fitting(item: cst.Arg | cst.BaseElement, unit: str, margin: str, room: int) -> cst.BaseExpression:
    """The value of an item that has a line for itself, over several lines where that is too short."""
    code = code_of(item).strip()  # with its comma
    fits = "\n" in code or "\r" in code or len(margin) + len(unit) + len(code) <= room
    return item.value if fits else over_lines(item.value, unit, margin + unit, room)


def _inside(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a link of a chain is a link of."""
    if isinstance(node, cst.Call):
        return node.func
    if isinstance(node, cst.Attribute | cst.Subscript):
        return node.value
    return node.expression if isinstance(node, cst.Await) else None


def shift(node: cst.BaseExpression, columns: int, fill: str = " ") -> cst.BaseExpression:
    """The expression with all its further lines so many columns deeper, or less deep. fill: a space, or a tab."""
    if not columns:
        return node
    shifted = node.visit(_Shift(columns, fill))
    assert isinstance(shifted, cst.BaseExpression)
    return shifted


def hold(new: cst.BaseExpression, old: cst.BaseExpression) -> cst.BaseExpression:
    """`new` in parentheses if it needs some to span lines, and its place may not have any (`old` did not)."""
    if new.lpar and not parens.owned(new):
        return new
    if is_broken(new) and (old.lpar or not is_broken(old)):
        return parens.wrap(new)
    return new


def _plain(line: cst.TrailingWhitespace) -> cst.TrailingWhitespace:
    return cst.TrailingWhitespace(newline=line.newline)


class _Swap(cst.CSTTransformer):
    """One node instead of another; what is inside is left alone."""

    def __init__(self, old: cst.CSTNode, new: cst.CSTNode) -> None:
        super().__init__()
        self._old = old
        self._new = new

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node is not self._old

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        return self._new if original_node is self._old else updated_node


class _Shift(cst.CSTTransformer):
    def __init__(self, columns: int, fill: str) -> None:
        super().__init__()
        self._columns = columns
        self._fill = fill

    def _moved(self, space: cst.SimpleWhitespace) -> cst.SimpleWhitespace:
        if self._columns < 0:
            return cst.SimpleWhitespace(space.value[: self._columns] if len(space.value) > -self._columns else "")
        return cst.SimpleWhitespace(space.value + self._fill * self._columns)

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        return updated_node.with_changes(last_line=self._moved(updated_node.last_line))

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        if updated_node.comment is None:
            return updated_node
        return updated_node.with_changes(whitespace=self._moved(updated_node.whitespace))
