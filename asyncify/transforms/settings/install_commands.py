"""`pip install fastapi sqlalchemy psycopg2-binary` in a Dockerfile, a workflow, a script: a manifest without a file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from asyncify.knowledge.drivers import async_driver, sync_packages
from asyncify.knowledge.packages import BRINGS_SQLALCHEMY, SQLALCHEMY_EXTRAS
from asyncify.model.text import decode_text
from asyncify.transforms.settings.needs import Needs

_COMMAND = re.compile(
    r"\b(?:pip3?|uv[ \t]+pip)[ \t]+install\b(?P<rest>(?:\\\r?\n|[^\n;&|#])*)"
)  # to the end of the line that is continued, or to the next command
_TOKEN = re.compile(r"(?<!\S)(?P<quote>[\"']?)(?P<text>[A-Za-z0-9][^\s\"'\\,]*)(?P=quote)(?=[\s\"']|$)")
_COMMENT = re.compile(r"[ \t]*#")
_SUFFIXES = (".sh", ".yml", ".yaml", ".dockerfile", ".Dockerfile", "tox.ini")
_NAMES = ("Dockerfile", "Containerfile", "Makefile", "makefile", "justfile", "Justfile")


@dataclass(frozen=True)
class _Token:
    """A requirement in a command. start, end: of it with its quotes, in the text of the file."""

    name: str
    requirement: Requirement
    quote: str
    start: int
    end: int


def holds_commands(path: str) -> bool:
    """Whether a file of this name holds commands of a shell."""
    name = posixpath.basename(path)
    return path.endswith(_SUFFIXES) or any(name == n or name.startswith(n + ".") for n in _NAMES)


def with_packages(files: Mapping[str, bytes], needs: Needs) -> Mapping[str, str]:
    """The new text of each file whose commands install something that async code needs more packages beside."""
    found: dict[str, str] = {}
    for path in filter(holds_commands, files):
        try:
            text = decode_text(files[path])
        except UnicodeDecodeError:
            continue
        after = _rewritten(text, needs)
        found.update({path: after} if after != text else {})
    return found


def _rewritten(text: str, needs: Needs) -> str:
    out: list[str] = []
    position = 0
    for command in _COMMAND.finditer(text):
        line = text[text.rfind("\n", 0, command.start()) + 1 : command.start()]
        if _COMMENT.match(line):
            continue
        tokens = list(_tokens(text, command.start("rest"), command.end("rest")))
        for token in tokens:
            more = list(_beside(token, tokens, needs))
            words = [_extended(token), *more]
            if words != [str(token.requirement)]:
                quoted = [_quoted(w, token, text) for w in words[1:]]
                head = text[token.start : token.end]
                if words[0] != str(token.requirement):
                    head = _quoted(words[0], token, text)
                out += [text[position : token.start], " ".join([head, *quoted])]
                position = token.end
    return "".join([*out, text[position:]])


def _tokens(text: str, start: int, end: int) -> Iterator[_Token]:
    """The requirements of a command; options, their values that are files, and variables are none."""
    previous = ""
    for match in _TOKEN.finditer(text, start, end):
        before = text[start : match.start()].split()
        previous = before[-1] if before else ""
        if previous in ("-r", "-c", "-e", "-i", "-t", "--requirement", "--constraint", "--index-url", "--target"):
            continue
        try:
            requirement = Requirement(match["text"])
        except InvalidRequirement:
            continue
        yield _Token(canonicalize_name(requirement.name), requirement, match["quote"], match.start(), match.end())


def _extended(token: _Token) -> str:
    """The requirement, with the extra of SQLAlchemy that brings greenlet."""
    if token.name != "sqlalchemy" or token.requirement.extras:
        return str(token.requirement)
    return f"{token.requirement.name}[asyncio]{token.requirement.specifier}"


def _beside(token: _Token, tokens: list[_Token], needs: Needs) -> Iterator[str]:
    """What goes beside a requirement."""
    there = {t.name for t in tokens}
    there |= {p for t in tokens for e in t.requirement.extras for p in SQLALCHEMY_EXTRAS.get(e, ())}
    homes = there & {"sqlalchemy", *BRINGS_SQLALCHEMY}
    if token.name in BRINGS_SQLALCHEMY and "sqlalchemy" not in there:
        yield "sqlalchemy[asyncio]"
    for names, tested in ((needs.drivers, False), (needs.test_drivers, True)):
        for row in filter(None, map(async_driver, names)):
            sync = [t.name for t in tokens if t.name in sync_packages(row.backend)]
            anchors = sync if sync_packages(row.backend) else sorted(homes)
            if tested:
                anchors = ["pytest"] if "pytest" in there and homes else []
            if row.package not in there and anchors[:1] == [token.name]:
                binary = row.package == "psycopg" and token.name != "psycopg2"
                yield "psycopg[binary]" if binary else row.package
    if token.name == "pytest" and needs.pytest_asyncio and "pytest-asyncio" not in there:
        yield "pytest-asyncio"


def _quoted(word: str, token: _Token, text: str) -> str:
    """The word for a shell, in the quotes that the line leaves room for: brackets and `>` mean something to shells."""
    if re.fullmatch(r"[\w.-]+(==[\w.]+)?", word):
        return word
    line = text[text.rfind("\n", 0, token.start) + 1 : (text + "\n").index("\n", token.end)]
    quote = token.quote or ("'" if "'" not in line else '"' if '"' not in line else "")
    return f"{quote}{word}{quote}"
