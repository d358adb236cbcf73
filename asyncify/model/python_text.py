"""Python text as an `ast`, also where its syntax is newer than the Python that runs asyncify.

A program for Python 3.12 may reuse quotes within f-strings and put backslashes and comments there (PEP 701), and write
`class Page[T]`, `def first[T](...)` and `type Db = Annotated[...]` (PEP 695). An older `ast` refuses such a file as a
whole, and a migration that passes over one file breaks the program. So the text is written in the older syntax first,
character for character: every node stands where it stands in the real text. Only what no analysis looks at is lost:
what an awkward string in an f-string says, bounds of type parameters.

`type` statements become plain assignments on every Python: nobody then needs to know of two kinds of alias.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from typing import Any, cast

_TOKEN = re.compile(r"#[^\r\n]*|(?P<prefix>[A-Za-z]{0,2})(?P<quote>'''|\"\"\"|'|\")|\w+|.", re.DOTALL)
_ENDS = {
    quote: re.compile(rf"(?:\\.|[^\\{'' if len(quote) > 1 else chr(10)}])*?{quote}", re.DOTALL)
    for quote in ("'", '"', "'''", '"""')
}
_GENERIC = re.compile(r"(?:def|class)[ \t]+\w+[ \t]*(?=\[)")
_ALIAS = re.compile(r"type(?P<gap>[ \t]+)(?P<name>\w+)[ \t]*(?=[\[=])")
_INNERMOST = re.compile(r"[\[(][^\[\]()]*[\])]")
_PARAMETER = re.compile(r"(?:^|,)\s*\**\s*(\w+)")


@dataclass(frozen=True)
class TypeParameter:
    """What `type_params` of a class holds where `ast` does not know type parameters. name: as written."""

    name: str


def parse_python(source: str | bytes, path: str = "<unknown>") -> ast.Module:
    """The tree of a Python file, from its text or its bytes.

    Raises SyntaxError (of the real text) where neither this Python nor the older spelling explains the text, and what
    `ast.parse` raises besides: ValueError, RecursionError, MemoryError.
    """
    try:
        tree = ast.parse(source, path)
    except SyntaxError as refused:
        older = OlderPython(source if isinstance(source, str) else _decode(source))
        try:
            tree = ast.parse(older.written(), path)
        except SyntaxError:
            raise refused from None
        _name_parameters(tree, older.parameters)
    if hasattr(ast, "TypeAlias"):
        _assign_aliases(tree)
    return tree


def _decode(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _name_parameters(tree: ast.Module, found: dict[int, tuple[TypeParameter, ...]]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno in found:
            cast(Any, node).type_params = list(found[node.lineno])


def _assign_aliases(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if not isinstance(body, list):
                continue
            for index, statement in enumerate(body):
                if type(statement).__name__ == "TypeAlias":
                    assign = ast.Assign(targets=[statement.name], value=statement.value)
                    body[index] = ast.copy_location(assign, statement)


def _without_brackets(text: str) -> str:
    left = _INNERMOST.sub("", text)
    return left if left == text else _without_brackets(left)


class OlderPython:
    """A text with PEP 701 and PEP 695 spelled as Python 3.10 reads them, of the same length and lines.

    parameters: the type parameters that were blanked out, by the line of their `class` or `def`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.out = list(text)
        self.parameters: dict[int, tuple[TypeParameter, ...]] = {}

    def written(self) -> str:
        """The text in the older syntax."""
        self._code(0, ())
        return "".join(self.out)

    def _code(self, at: int, outer: tuple[str, ...]) -> int:
        """Walk code to the end of the text, or, within f-strings with these quotes, to the end of an expression."""
        depth = 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            assert match is not None
            token, end = match[0], match.end()
            if match["quote"]:
                end = self._string(match, outer)
            elif outer and token[0] in "#\\":
                self._blank(at, end)
            elif token in "([{":
                depth += 1
            elif token in ")]}":
                if outer and depth == 0:
                    return at
                depth -= 1
            elif outer and depth == 0 and (token == ":" or (token == "!" and self.text[end : end + 1] != "=")):
                return at
            elif not outer and token in ("def", "class", "type"):
                end = self._typed(at, end, depth)
            at = end
        return at

    def _string(self, match: re.Match[str], outer: tuple[str, ...]) -> int:
        prefix, quote, start = match["prefix"].lower(), match["quote"], match.end()
        spelled = self._quote(quote, outer)
        if "f" in prefix:
            end = self._fields(start, quote, "r" in prefix, (*outer, spelled))
        else:
            closing = _ENDS[quote].match(self.text, start)
            end = closing.end() if closing else len(self.text)
            if spelled not in outer:
                self._plain(start, end - len(quote), (*outer, spelled))
        if outer and spelled in outer and "f" not in prefix:  # no quotes are left: a number of the same length
            self.out[match.start() : end] = "1" * (end - match.start())
        elif spelled != quote:
            self.out[start - len(quote) : start] = self.out[end - len(quote) : end] = spelled
        return end

    def _fields(self, at: int, quote: str, raw: bool, quotes: tuple[str, ...]) -> int:
        """Walk the content of an f-string; gives the place after its closing quote."""
        begun = at
        while at < len(self.text) and not self.text.startswith(quote, at):
            two = self.text[at : at + 2]
            if two in ("{{", "}}") or (two[0] == "\\" and (not raw or two[1:] in ("\\", quote[0]))):
                at += 2
                if two == "\\N" and self.text[at : at + 1] == "{":
                    at = self.text.find("}", at) + 1 or len(self.text)
            elif two[0] == "{":
                self._plain(begun, at, quotes)
                begun = at = self._field(at + 1, quotes)
            else:
                at += 1
        self._plain(begun, at, quotes)
        return at + len(quote)

    def _field(self, at: int, quotes: tuple[str, ...]) -> int:
        at = self._code(at, quotes)
        if self.text[at : at + 1] == "!":
            at += 2
        while at < len(self.text) and self.text[at] != "}":  # the format, with fields of its own
            at = self._field(at + 1, quotes) if self.text[at] == "{" else at + 1
        return at + 1

    def _quote(self, quote: str, outer: tuple[str, ...]) -> str:
        """The quote as it is, or the other one, where a string around it ends at the first; else as it is."""
        other = ("'" if quote[0] == '"' else '"') * len(quote)
        for choice in (quote, other):
            if not any(choice.startswith(around) for around in outer):
                return choice
        return quote

    def _plain(self, start: int, end: int, quotes: tuple[str, ...]) -> None:
        """What a string within an f-string says must not end the strings around it, nor hold a backslash."""
        if len(quotes) > 1:
            for index in range(start, end):
                if self.out[index] in "\\'\"":
                    self.out[index] = "_"

    def _typed(self, at: int, end: int, depth: int) -> int:
        alias = _ALIAS.match(self.text, at) if depth == 0 and self._begins(at) else None
        match = alias or _GENERIC.match(self.text, at)
        if match is None:
            return end
        opening, closing = match.end(), match.end()
        if self.text[opening] == "[":
            closing = self._closing(opening)
            line = self.text.count("\n", 0, at) + 1
            names = _PARAMETER.findall(_without_brackets(self.text[opening + 1 : closing - 1]))
            self.parameters[line] = tuple(TypeParameter(name) for name in names)
            self._blank(opening, closing)
        if alias is not None:
            name = alias["name"]
            self.out[at : alias.end("name")] = name + " " * (alias.end("name") - at - len(name))
        return closing

    def _begins(self, at: int) -> bool:
        return not self.text[self.text.rfind("\n", 0, at) + 1 : at].strip()

    def _closing(self, opening: int) -> int:
        depth = 0
        for index in range(opening, len(self.text)):
            depth += {"[": 1, "]": -1}.get(self.text[index], 0)
            if depth == 0:
                return index + 1
        return len(self.text)

    def _blank(self, start: int, end: int) -> None:
        """Spaces instead of a text; lines within it go on, as they did within brackets."""
        for index in range(start, end):
            if self.text[index] not in "\r\n":
                self.out[index] = " "
            elif self.text[index - 1] not in "\r\n":
                self.out[index - 1] = "\\"
