"""Where keys, values and strings stand in the text of a TOML file.

The standard library reads TOML without positions. This scanner finds only positions and trusts that the text
is valid: callers parse it with `tomllib` first.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_HEADER = re.compile(r"\[\[?(?P<name>[^\]\n]+)\]\]?")
_KEY = re.compile(r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\w-]+|[ \t]*\.[ \t]*)+""")
_KEY_PART = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\w-]+""")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)


@dataclass(frozen=True)
class TomlString:
    """A string inside a value. start and end include the quotes; depth counts the brackets around it."""

    value: str
    start: int
    end: int
    depth: int


@dataclass(frozen=True)
class TomlItem:
    """`key = value`. key: full, with the parts of its table. start: of the key; end: behind the value."""

    key: tuple[str, ...]
    table: tuple[str, ...]
    start: int
    value_start: int
    end: int
    strings: tuple[TomlString, ...]


def loads(text: str) -> dict[str, object]:
    """`tomllib.loads`; raises ValueError for text that is not TOML. A byte order mark is no reason."""
    return tomllib.loads(text.lstrip("\ufeff").replace("\r\n", "\n"))


def scan(text: str) -> Iterator[TomlItem]:
    """All `key = value` of valid TOML, in order."""
    position = 1 if text.startswith("\ufeff") else 0
    table: tuple[str, ...] = ()
    while True:
        position = _skip(_BLANK, text, position)
        header = _HEADER.match(text, position)
        if header:
            table = _parts(header["name"])
            position = header.end()
            continue
        key = _KEY.match(text, position)
        if key is None:
            return
        value_start = _skip(re.compile(r"[ \t]*=[ \t]*"), text, key.end())
        end, strings = _value(text, value_start)
        yield TomlItem((*table, *_parts(key[0])), table, position, value_start, end, strings)
        position = end


def _value(text: str, start: int) -> tuple[int, tuple[TomlString, ...]]:
    """The end of the value that starts here, and the strings in it."""
    strings: list[TomlString] = []
    depth = 0
    position = end = start
    while position < len(text):
        char = text[position]
        if char == "#" or char in " \t\r\n":
            if depth == 0 and char in "#\r\n":
                break
            position = _skip(_BLANK, text, position) if depth else position + 1
            continue
        literal = _STRING.match(text, position)
        if literal:
            value = str(tomllib.loads(f"x = {literal[0]}")["x"])
            strings.append(TomlString(value, position, literal.end(), depth))
            position = end = literal.end()
            continue
        depth += (char in "[{") - (char in "]}")
        position += 1
        end = position
    return end, tuple(strings)


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _KEY_PART.findall(name))


def _skip(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
