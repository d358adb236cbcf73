"""Statements that are put in: on one line where there is room, else over several."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

#: as long as lines that the rewriter breaks may be
WIDTH = 110


def call(head: str, arguments: Sequence[str], room: int, end: str = "") -> str:
    """`head(arguments)end`, each argument on a line of its own where it would be longer than `room`."""
    whole = f"{head}({', '.join(arguments)}){end}"
    if len(whole) <= room:
        return whole
    lines = "".join(indent(f"{argument},\n", "    ") for argument in arguments)
    return f"{head}(\n{lines}){end}"


def selection(select: str, model: str, options: Sequence[str], condition: str, room: int) -> str:
    """`select(Model).options(...).where(...)`, an option on each line where it would be longer than `room`."""
    return call(f"{select}({model}).options", options, room, f".where({condition})")
