"""Add and drop items of a list with commas (arguments, parameters, imported names), its layout kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import libcst as cst

Item = TypeVar("Item", bound=cst.CSTNode)
_TAILS = ("whitespace_after_arg", "whitespace_after_param", "whitespace_after")


def drop(items: Sequence[Item], index: int) -> list[Item]:
    """The items without one; what follows the last item stays what it is."""
    kept = list(items)
    gone = kept.pop(index)
    if index == len(kept) and kept:
        kept[-1] = _end_like(kept[-1], gone)
    return kept


def insert(items: Sequence[Item], index: int, new: Item, opening: cst.CSTNode | None = None) -> list[Item]:
    """The items with one more at `index`.

    opening: the white space before the first item, which tells a list over several lines.
    """
    grown = list(items)
    if not grown:
        return [new]
    if index < len(grown):
        grown.insert(index, _with_comma(new, _separator(grown, opening)))
        return grown
    last = grown[-1]
    grown[-1] = _with_comma(last, _join(last, _separator(grown, opening)))
    grown.append(_end_like(new, last, comments=False))
    return grown


def _separator(items: Sequence[cst.CSTNode], opening: cst.CSTNode | None) -> cst.BaseParenthesizableWhitespace:
    """The white space after a comma: as after the others, without comments."""
    if len(items) > 1:
        comma = getattr(items[-2], "comma", None)
        if isinstance(comma, cst.Comma):
            return _bare(comma.whitespace_after)
    if isinstance(opening, cst.ParenthesizedWhitespace):
        return _bare(opening)
    return cst.SimpleWhitespace(" ")


def _join(last: cst.CSTNode, separator: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """The separator after what was the last item, with the comment that stood behind it."""
    end = _end(last)
    if isinstance(end, cst.ParenthesizedWhitespace) and end.first_line.comment is not None:
        if isinstance(separator, cst.ParenthesizedWhitespace):
            return separator.with_changes(first_line=end.first_line)
        return end
    return separator


def _bare(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    if isinstance(space, cst.ParenthesizedWhitespace):
        return space.with_changes(first_line=cst.TrailingWhitespace(newline=space.first_line.newline), empty_lines=())
    return space


def _with_comma(item: Item, after: cst.BaseParenthesizableWhitespace) -> Item:
    tail = _tail(item)
    cleared = item.with_changes(**{tail: cst.SimpleWhitespace("")}) if tail else item
    return cleared.with_changes(comma=cst.Comma(whitespace_after=after))


def _end(item: cst.CSTNode) -> cst.BaseParenthesizableWhitespace | None:
    """The white space that follows the last item."""
    comma = getattr(item, "comma", None)
    if isinstance(comma, cst.Comma):
        return comma.whitespace_after
    tail = _tail(item)
    return getattr(item, tail) if tail else None


def _end_like(item: Item, last: cst.CSTNode, comments: bool = True) -> Item:
    """The item as the last one, with or without a comma as the old last one."""
    end = _end(last) or cst.SimpleWhitespace("")
    own = _end(item)
    if not comments:
        end = _last_line(end)
    elif isinstance(own, cst.ParenthesizedWhitespace) and isinstance(end, cst.ParenthesizedWhitespace):
        end = own.with_changes(last_line=end.last_line)
    elif isinstance(own, cst.ParenthesizedWhitespace) and own.first_line.comment is not None:
        end = own
    if isinstance(getattr(last, "comma", None), cst.Comma):
        return _with_comma(item, end)
    tail = _tail(item)
    bare = item.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    if tail:
        return bare.with_changes(**{tail: end})
    return bare if not isinstance(end, cst.ParenthesizedWhitespace) else _with_comma(item, end)


def _last_line(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """The same without comments, which went with the item before."""
    return _bare(space)


def _tail(item: cst.CSTNode) -> str | None:
    """The attribute that holds the white space after an item without a comma."""
    return next((name for name in _TAILS if hasattr(item, name)), None)
