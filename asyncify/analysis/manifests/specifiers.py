"""Versions as other tools write them, as PEP 440."""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from asyncify.analysis.manifests.model import Form, Requirement

_BARE = re.compile(r"\d+(\.\d+)*(\.\*)?([a-z]+\d+)?")


def pep508(text: str, form: Form, group: str, start: int, line: int, hashed: bool = False) -> Requirement | None:
    """The requirement that a text says; None for what PEP 508 does not know (paths, options, bare URLs)."""
    try:
        parsed = Pep508(text)
    except InvalidRequirement:
        return None
    return Requirement(
        canonicalize_name(parsed.name),
        tuple(sorted(parsed.extras)),
        str(parsed.specifier),
        group,
        form,
        start,
        start + len(text),
        line,
        hashed,
    )


def poetry_specifier(text: str) -> str:
    """`^2.0`, `~2.0`, `2.0.*`, `2.0.1` and PEP 440 itself, as PEP 440; empty for others (`*`, `||`)."""
    parts = []
    for part in (p.strip() for p in text.split(",")):
        if part.startswith("^") or (part.startswith("~") and not part.startswith("~=")):
            parts.append(_between(part))
        elif _BARE.fullmatch(part):
            parts.append(f"=={part}")
        else:
            parts.append(part)
    return _valid(",".join(parts))


def conda_specifier(text: str) -> str:
    """`=2.0` (any 2.0), `==2.0.1`, `>=2,<3` as PEP 440; a build string is dropped."""
    text = text.strip()
    if text.startswith("=") and not text.startswith("=="):
        version = text[1:].partition("=")[0].strip()
        text = f"=={version}" if version.endswith("*") else f"=={version}.*"
    elif _BARE.fullmatch(text):
        text = f"=={text}"
    return _valid(text)


def _between(part: str) -> str:
    """The range of a caret (the first number that is not 0 stays) or of a tilde (the minor one stays)."""
    version = part[1:].strip()
    numbers = [int(n) for n in re.findall(r"\d+", version)]
    if not numbers:
        return "invalid"
    if part[0] == "^":
        index = next((i for i, n in enumerate(numbers) if n), len(numbers) - 1)
    else:
        index = min(1, len(numbers) - 1)
    upper = [*numbers[:index], numbers[index] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"


def _valid(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier:
        return ""
