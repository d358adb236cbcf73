"""The text of a file and what is needed to write it back byte for byte."""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
import warnings
from collections import Counter
from dataclasses import dataclass, replace

from asyncify.model.python_text import parse_python
from asyncify.rewrite.errors import RewriteError, Unreadable

NEWLINE = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def split_lines(text: str) -> list[str]:
    """Lines with their ends, counted as Python's tokenizer counts them (not as `str.splitlines`, which also
    breaks at form feeds and Unicode separators)."""
    return _LINE.findall(text)


@dataclass(frozen=True)
class Source:
    """A decoded file.

    text: without the byte order mark. newline, indent: what new code gets; the commonest newline of the file and
    the first indentation in it.
    """

    text: str
    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"
    indent: str = "    "

    def with_text(self, text: str) -> Source:
        """The same file with another text."""
        return replace(self, text=text)

    def encode(self) -> bytes:
        """The bytes of the file. Raises RewriteError when the encoding cannot say the text."""
        try:
            data = self.text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise RewriteError(f"the new text cannot be written in {self.encoding}: {error}") from error
        return codecs.BOM_UTF8 + data if self.bom else data


def decode(data: bytes) -> Source:
    """Read a file's bytes as PEP 263 says. Raises Unreadable."""
    bom = data.startswith(codecs.BOM_UTF8)
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        text = data[len(codecs.BOM_UTF8) if bom else 0 :].decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise Unreadable(f"cannot be decoded: {error}") from error
    found = Counter(NEWLINE.findall(text)).most_common(1)
    return Source(text, encoding, bom, found[0][0] if found else "\n")


def parse(text: str) -> ast.Module:
    """The `ast` of a text. Raises Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_python(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"cannot be parsed: {error}") from error


def column(line: str, offset: int) -> int:
    """A column of `ast`, in bytes of UTF-8, as a column in code points."""
    return len(line.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "surrogatepass"))


def indent_of(tree: ast.Module, lines: list[str]) -> str | None:
    """The first indentation of a file; None when nothing in it is indented."""
    for node in tree.body:
        inner = node.cases[0].pattern if isinstance(node, ast.Match) else next(iter(getattr(node, "body", ())), None)
        if inner is None or inner.lineno == node.lineno:
            continue
        decorators: list[ast.expr] = getattr(inner, "decorator_list", [])
        line = lines[min([inner.lineno, *(decorator.lineno for decorator in decorators)]) - 1]
        if indent := line[: len(line) - len(line.lstrip(" \t"))]:
            return indent
    return None


def width_of(lines: list[str]) -> int:
    """How long the lines of a file may be: as long as all but one in a hundred are, but at least 88 (black's default)
    and at most 110 columns; a file that is too short to tell gets all of them."""
    if len(lines) < 100:
        return 110
    return max(88, min(110, sorted(len(line.rstrip()) for line in lines)[len(lines) * 99 // 100]))
