"""Expressions over several lines: keep them valid where they move to, and readable."""

from __future__ import annotations

import ast

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
    current: cst.BaseExpression = node
    while not current.lpar or current is node:
        if isinstance(current, cst.Call):
            current = current.func
        elif isinstance(current, cst.Subscript):
            current = current.value
        elif isinstance(current, cst.Await):
            current = current.expression
        elif isinstance(current, cst.Attribute):
            before = current.dot.whitespace_before
            if isinstance(before, cst.ParenthesizedWhitespace):
                return before.with_changes(first_line=_plain(before.first_line), empty_lines=[])
            if isinstance(before, cst.SimpleWhitespace) and "\n" in before.value:
                return before
            current = current.value
        else:
            return None
    return None


def on_own_line(node: cst.Attribute, before: Broken) -> cst.Attribute:
    """The attribute with its dot on a line of its own."""
    return node.with_changes(dot=node.dot.with_changes(whitespace_before=before))


def explode(call: cst.Call, before: cst.ParenthesizedWhitespace, unit: str) -> cst.Call:
    """The call with every argument on a line of its own, one unit deeper than the lines of the chain."""
    deeper = _deepen(before, unit)
    args: list[cst.Arg] = []
    for arg in call.args:
        moved = arg.with_changes(value=shift(arg.value, unit))
        separator = deeper if arg is not call.args[-1] else before
        if arg is not call.args[-1] or len(call.args) > 1:
            args.append(moved.with_changes(comma=cst.Comma(whitespace_after=separator)))
        else:
            args.append(moved.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=separator))
    return call.with_changes(args=args, whitespace_before_args=deeper)


def over_lines(node: cst.BaseExpression, unit: str) -> cst.BaseExpression:
    """The expression with the arguments of its longest call on lines of their own, one unit deeper than the block
    that it stands in; unchanged when it is no chain with a call that has arguments."""
    calls: list[cst.Call] = []
    current: cst.CSTNode = node
    while isinstance(current, cst.Call | cst.Attribute | cst.Subscript | cst.Await):
        if isinstance(current, cst.Call) and current.args:
            calls.append(current)
        current = current.func if isinstance(current, cst.Call) else _inner(current)
    if not calls:
        return node
    longest = max(calls, key=lambda call: sum(len(code_of(arg)) for arg in call.args))
    changed = node.visit(_Swap(longest, explode(longest, cst.ParenthesizedWhitespace(indent=True), unit)))
    assert isinstance(changed, cst.BaseExpression)
    return changed


def _inner(node: cst.Attribute | cst.Subscript | cst.Await) -> cst.BaseExpression:
    return node.expression if isinstance(node, cst.Await) else node.value


def shift(node: cst.BaseExpression, unit: str) -> cst.BaseExpression:
    """The expression with all its further lines one unit deeper."""
    shifted = node.visit(_Shift(unit))
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


def _deepen(before: cst.ParenthesizedWhitespace, unit: str) -> cst.ParenthesizedWhitespace:
    return before.with_changes(last_line=cst.SimpleWhitespace(before.last_line.value + unit))


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
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        return _deepen(updated_node, self._unit)

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        if updated_node.comment is None:
            return updated_node
        deeper = cst.SimpleWhitespace(updated_node.whitespace.value + self._unit)
        return updated_node.with_changes(whitespace=deeper)
