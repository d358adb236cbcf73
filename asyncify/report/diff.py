"""A patch in colours, exact to the character: styles around the text, never markup, wrapping or tabs made
into spaces. Without colours it is the patch itself, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style

HEADER = Style(bold=True)
HUNK = Style(color="cyan")
OLD = Style(color="red")
NEW = Style(color="green")
NOTE = Style(dim=True)
PLAIN = Style.null()
EMPHASIS = Style(reverse=True)  #: the words that differ between an old line and its new form

MAX_LINE = 500  #: longer lines get no emphasis; comparing them word by word is slow
SIMILAR = 0.5  #: lines less alike than this are two lines, not two forms of one


def show(patch: bytes, console: Console) -> None:
    """Write a patch where a console writes: in colours if it has any, else the very bytes."""
    out = console.file
    if console.color_system is not None and not console.no_color:
        out.writelines(coloured(patch.decode("utf-8", "backslashreplace")))
    elif (buffer := getattr(out, "buffer", None)) is not None:
        out.flush()
        buffer.write(patch)
    else:
        out.write(patch.decode("utf-8", "backslashreplace"))
    out.flush()


def coloured(patch: str) -> Iterator[str]:
    """The lines of a patch with escape codes around their text. The eight standard colours follow the
    terminal's own theme."""
    old: list[str] = []
    new: list[str] = []
    in_hunk = False
    for line in patch.split("\n")[:-1]:
        starts_file = line.startswith("diff --git ")
        in_hunk = line.startswith("@@") or (in_hunk and not starts_file)
        if in_hunk and line[:1] == "-" and not new:
            old.append(line)
        elif in_hunk and line[:1] == "+":
            new.append(line)
        else:
            yield from _changed(old, new)
            old, new = ([line], []) if in_hunk and line[:1] == "-" else ([], [])
            if not old:
                yield _painted(line, _style(line, in_hunk)) + "\n"
    yield from _changed(old, new)


def _style(line: str, in_hunk: bool) -> Style:
    if not in_hunk:
        return HEADER
    return {"@": HUNK, "\\": NOTE}.get(line[:1], PLAIN)


def _changed(old: list[str], new: list[str]) -> Iterator[str]:
    """A run of old lines and the new ones in their place; where they pair up, with the words that differ."""
    pairs = [_pair(a, b) for a, b in zip(old, new, strict=True)] if len(old) == len(new) else []
    olds = [a for a, _ in pairs] or [_painted(line, OLD) for line in old]
    news = [b for _, b in pairs] or [_painted(line, NEW) for line in new]
    yield from (line + "\n" for line in (*olds, *news))


def _pair(old: str, new: str) -> tuple[str, str]:
    a, b = _words(old), _words(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if max(len(old), len(new)) > MAX_LINE or matcher.ratio() < SIMILAR:
        return _painted(old, OLD), _painted(new, NEW)
    left, right = [_painted(old[:1], OLD)], [_painted(new[:1], NEW)]
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        mark = PLAIN if kind == "equal" else EMPHASIS
        left.append(_painted("".join(a[a1:a2]), OLD + mark))
        right.append(_painted("".join(b[b1:b2]), NEW + mark))
    return "".join(left), "".join(right)


def _words(line: str) -> list[str]:
    return re.findall(r"\w+|\s+|.", line[1:], re.DOTALL)


def _painted(text: str, style: Style) -> str:
    """The text in a style. The code ends before a `\\r`, which some terminals would otherwise colour by."""
    body = text.rstrip("\r")
    return style.render(body, color_system=ColorSystem.STANDARD) + text[len(body) :]
