"""Where something stands in a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of source text.

    Lines count from 1, columns from 0 in code points (not in UTF-8 bytes as `ast` counts them);
    the end is exclusive. These are the units of LibCST's `PositionProvider`.
    """

    line: int
    column: int
    end_line: int
    end_column: int

    def contains(self, other: Span) -> bool:
        """Whether `other` lies inside this span (equal spans count)."""
        return (self.line, self.column) <= (other.line, other.column) and (
            other.end_line,
            other.end_column,
        ) <= (self.end_line, self.end_column)


class Place(Enum):
    """The sort of node that an edit or a hole names; a span alone can be both `f()` and its line."""

    EXPRESSION = "expression"
    STATEMENT = "statement"


@dataclass(frozen=True, order=True)
class Target:
    """The node that an edit changes.

    An expression is found by its exact span (without enclosing parentheses); a statement by its start
    (a decorated function or class starts at its `def`, `async` or `class` keyword, as in `ast`).
    """

    span: Span
    place: Place = Place.EXPRESSION
