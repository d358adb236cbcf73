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
from asyncify.model.text import DOCUMENTS, decode_text
from asyncify.transforms.settings.needs import Needs

_COMMAND = re.compile(
    r"\b(?:(?:pip3?|uv[ \t]+pip|pipenv)[ \t]+install|(?:uv|poetry|pdm|rye)[ \t]+add)\b"
    r"(?P<rest>(?:\\\r?\n|[^\n;&|#`])*)"
)  # to the end of the line that is continued, to the next command, or to the end of code in prose
_LIST = re.compile(
    r"(?:([\"'])pip3?\1\s*,\s*([\"'])install\2\s*,|\bsession\.install\()"
    r"(?P<rest>(?:\s*,?\s*(?:\"[^\"\n]*\"|'[^'\n]*'))+)"
)  # the words of a command as a list: `RUN ["pip", "install", ...]`, nox
_TOKEN = re.compile(r"(?<!\S)(?P<quote>[\"']?)(?P<text>[A-Za-z0-9][^\s\"'\\,]*)(?P=quote)(?=[\s\"']|$)")
_WORD = re.compile(r"(?P<quote>[\"'])(?P<text>[A-Za-z0-9][^\s\"']*)(?P=quote)")
_COMMENT = re.compile(r"[ \t]*#")
_FOLDED = re.compile(
    r"^(?P<indent>[ \t]*(?:-[ \t]+)*)[^\n#]*[:-][ \t]+>[+-]?[ \t]*\n(?:(?P=indent)[ \t]+\S.*\n?)+", re.MULTILINE
)
_SUFFIXES = (".sh", ".bash", ".mk", ".yml", ".yaml", ".dockerfile", ".Dockerfile", "tox.ini", *DOCUMENTS)
_PAST = ("CHANGELOG", "CHANGES", "HISTORY", "NEWS")  # what was true then
_NAMES = (
    *("Dockerfile", "Containerfile", "Makefile", "makefile", "justfile", "Justfile", "Jenkinsfile", "Procfile"),
    *("devcontainer.json", "noxfile.py"),
)


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
    if name.upper().startswith(_PAST):
        return False
    return path.endswith(_SUFFIXES) or any(name == n or name.startswith(n + ".") for n in _NAMES)


def with_packages(files: Mapping[str, bytes], needs: Needs) -> Mapping[str, str]:
    """The new text of each file whose commands install something that async code needs more packages beside."""
    found: dict[str, str] = {}
    for path in filter(holds_commands, files):
        try:
            text = decode_text(files[path])
        except UnicodeDecodeError:
            continue
        after = _rewritten(text, needs, folds=path.endswith((".yml", ".yaml")))
        found.update({path: after} if after != text else {})
    return found


def _rewritten(text: str, needs: Needs, *, folds: bool) -> str:
    """The new text. folds: it is YAML, where the lines of `>` blocks are one."""
    out: list[str] = []
    position = 0
    for tokens, comma in _commands(text, folds=folds):
        for token in tokens:
            words = [_extended(token), *_beside(token, tokens, needs)]
            if words != [str(token.requirement)]:
                quoted = [_in_quotes(w, token) if comma else _quoted(w, token, text) for w in words]
                if words[0] == str(token.requirement):
                    quoted[0] = text[token.start : token.end]
                out += [text[position : token.start], comma.join(quoted) if comma else " ".join(quoted)]
                position = token.end
    return "".join([*out, text[position:]])


def _commands(text: str, *, folds: bool) -> Iterator[tuple[list[_Token], str]]:
    """The requirements of each command, in order, and what stands between its words where that is a comma."""
    flat = _FOLDED.sub(lambda found: found[0][:-1].replace("\n", " ") + found[0][-1], text) if folds else text
    found = [(m, "") for m in _COMMAND.finditer(flat)] + [(m, ", ") for m in _LIST.finditer(text)]
    for command, comma in sorted(found, key=lambda pair: pair[0].start()):
        line = text[text.rfind("\n", 0, command.start()) + 1 : command.start()]
        if not _COMMENT.match(line):
            yield list(_tokens(text, *command.span("rest"), _WORD if comma else _TOKEN)), comma


def _tokens(text: str, start: int, end: int, pattern: re.Pattern[str]) -> Iterator[_Token]:
    """The requirements of a command; options, their values that are files, and variables are none."""
    previous = ""
    for match in pattern.finditer(text, start, end):
        before = text[start : match.start()].replace(",", " ").split()
        previous = before[-1].strip("\"'") if before else ""
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


def _in_quotes(word: str, token: _Token) -> str:
    return f"{token.quote}{word}{token.quote}"


def _quoted(word: str, token: _Token, text: str) -> str:
    """The word for a shell, in the quotes that the line leaves room for: brackets and `>` mean something to shells."""
    if re.fullmatch(r"[\w.-]+(==[\w.]+)?", word):
        return word
    line = text[text.rfind("\n", 0, token.start) + 1 : (text + "\n").index("\n", token.end)]
    quote = token.quote or ("'" if "'" not in line else '"' if '"' not in line else "")
    return f"{quote}{word}{quote}"
