"""Statements that are put in: on one line where there is room, else over several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from textwrap import indent

#: as long as lines that the rewriter breaks may be
WIDTH = 110
INDENT = "    "


def call(head: str, arguments: Sequence[str], room: int, end: str = "") -> str:
    """`head(arguments)end`, each argument on a line of its own where it would be longer than `room`."""
    whole = f"{head}({', '.join(arguments)}){end}"
    if len(whole) <= room:
        return whole
    return f"{head}(\n{_items(arguments, room)}){end}"


def _items(items: Sequence[str], room: int) -> str:
    """Items on lines of their own, and over several where one is longer than `room`."""
    deeper = room - len(INDENT)
    return "".join(indent(f"{_broken(item, deeper - 1)},\n", INDENT) for item in items)


def _broken(text: str, room: int) -> str:
    """An expression with the items of its longest bracket on lines of their own, where it is longer than `room`."""
    found = max(_brackets(text), key=lambda b: b[-1] - b[0], default=None) if len(text) > room else None
    if found is None:
        return text
    items = [text[start + 1 : end].strip() for start, end in pairwise(found)]
    return f"{text[: found[0] + 1]}\n{_items([i for i in items if i], room)}{text[found[-1] :]}"


def _brackets(text: str) -> Iterator[list[int]]:
    """For each outermost bracket with items its places in a text: where it opens, the commas, where it closes."""
    depth, quote, places = 0, "", list[int]()
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            depth += 1
            places = [at] if depth == 1 else places
        elif letter in ")]}":
            depth -= 1
            # a comma behind what stands in brackets alone, or behind an index, would make a tuple of it
            called = text[: places[0]][-1:].isidentifier() or text[: places[0]][-1:] in (")", "]")
            separate = called == (text[places[0]] == "(") and " for " not in text[places[0] : at]
            if depth == 0 and at - places[0] > 1 and separate:
                yield [*places, at]
        elif letter == "," and depth == 1:
            places.append(at)


def selection(select: str, model: str, options: Sequence[str], condition: str, room: int) -> str:
    """`select(Model).options(...).where(...)`, an option on each line where it would be longer than `room`."""
    return call(f"{select}({model}).options", options, room, f".where({condition})")
