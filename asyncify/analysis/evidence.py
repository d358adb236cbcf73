"""Places of recorded evidence in the program as it stands: the steps before may have moved every line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from functools import cache

from asyncify.model.evidence import CodePlace, Evidence

Lines = Callable[[str, int], int]


def relocated(evidence: Evidence, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Evidence:
    """Evidence of one state of the files, with the lines of another.

    before: path to content as it was recorded. after: as it is now. A line that was replaced becomes the line at the
    same distance from the beginning of what replaced it.
    """
    if before is after or not evidence.loads:
        return evidence

    @cache
    def moved(path: str) -> Mapping[int, int]:
        old, new = before.get(path, b"").splitlines(), after.get(path, b"").splitlines()
        found: dict[int, int] = {}
        for _, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            found.update({i + 1: min(j1 + i - i1, max(j2 - 1, j1)) + 1 for i in range(i1, i2)})
        return found

    def place(at: CodePlace | None) -> CodePlace | None:
        if at is None or before.get(at.path) == after.get(at.path):
            return at
        return replace(at, line=moved(at.path).get(at.line, at.line))

    loads = tuple(replace(x, read=place(x.read), loaded=place(x.loaded)) for x in evidence.loads)
    return replace(evidence, loads=loads)
