"""A file cut into its top-level statements, so that LibCST sees only those that hold an edit.

LibCST is an order of magnitude slower than `ast`, and what it never sees it cannot change: the pieces without
an edit are copied as text.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from asyncify.rewrite.source import column


@dataclass(frozen=True)
class Chunk:
    """Whole lines: one logical line or one compound statement, with the comments and blank lines above it.

    start: its first line, from 1. body: the first line of code. end: its last line.
    kinds: the types of the `ast` statements in it (several for `a; b`).
    """

    start: int
    body: int
    end: int
    kinds: tuple[type[ast.stmt], ...]


def cut(tree: ast.Module, lines: Sequence[str]) -> list[Chunk]:
    """The chunks of a file in order. Lines below the last statement belong to none, indented comments excepted."""
    chunks: list[Chunk] = []
    previous = 0
    index = 0
    while index < len(tree.body):
        node = tree.body[index]
        body = _first_line(node)
        end = _logical_end(node, lines)
        kinds: list[type[ast.stmt]] = [type(node)]
        index += 1
        while index < len(tree.body) and _first_line(tree.body[index]) <= end:
            kinds.append(type(tree.body[index]))
            end = max(end, _logical_end(tree.body[index], lines))
            index += 1
        following = _first_line(tree.body[index]) - 1 if index < len(tree.body) else len(lines)
        end = _with_footer(end, following, lines)
        chunks.append(Chunk(previous + 1, body, end, tuple(kinds)))
        previous = end
    return chunks


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _logical_end(node: ast.stmt, lines: Sequence[str]) -> int:
    """The last line of the logical line that a statement ends on: a backslash may lead to further lines."""
    end = node.end_lineno or node.lineno
    tail = lines[end - 1][column(lines[end - 1], node.end_col_offset or 0) :]
    while "#" not in tail and tail.rstrip("\r\n").endswith("\\") and end < len(lines):
        tail = lines[end]
        end += 1
    return end


def _with_footer(end: int, following: int, lines: Sequence[str]) -> int:
    """Comments below a block that are indented belong to it."""
    last = end
    for number in range(end + 1, following + 1):
        line = lines[number - 1]
        if line.strip() and not line[0].isspace():
            break
        if line.lstrip().startswith("#"):
            last = number
    return last
