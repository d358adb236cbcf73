"""What a run of the tests showed of loads that nobody wrote: the file that the recorder writes and `eager` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from asyncify.model.errors import UsageError

VERSION = 1


class LoadKind(str, Enum):
    """Why SQLAlchemy sent a statement that no call of a session asked for."""

    RELATIONSHIP = "relationship"  # a relationship that was not loaded was read
    DEFERRED = "deferred"  # a deferred column, or one that load_only() left out
    EXPIRED = "expired"  # the whole instance was expired: commit, rollback, expire
    FETCHED = "fetched"  # one column was expired by a flush: onupdate, a server default, an SQL expression
    POLYMORPHIC = "polymorphic"  # a column of the table of a subclass
    ASSIGNED = "assigned"  # writing to an attribute had to load what was there before


@dataclass(frozen=True, order=True)
class CodePlace:
    """A line of the repository. path: relative to its root, with `/`. function: its name, or of a template nothing."""

    path: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class ImplicitLoad:
    """An attribute that loaded itself, at one place, from instances of one origin.

    model: name of the mapped class. attribute: what was read or written. through: the relationships between the
    instance that `loaded` gave and the one that was read.
    read: the nearest line of the repository that read it. reader: "code", "response" (FastAPI serialised the
    answer of the route `route`) or "template".
    loaded: the line that loaded, refreshed or constructed the instance; None where no line of the repository did.
    cause: of an expired one "commit" (which `expire_on_commit=False` takes away), "rollback" or "expire".
    inside: the call of a session in whose middle this happened ("flush"), which an async session runs as well.
    count: statements in all tests. worst: the most in one test, and which: `worst_test`.
    """

    kind: LoadKind
    model: str
    attribute: str
    through: tuple[str, ...] = ()
    read: CodePlace | None = None
    reader: str = "code"
    route: str = ""
    loaded: CodePlace | None = None
    cause: str = ""
    inside: str = ""
    count: int = 1
    worst: int = 1
    worst_test: str = ""

    @property
    def title(self) -> str:
        """The attribute, and why it was loaded where that is no lazy relationship."""
        detail = f" by {self.cause}" if self.cause else ""
        kind = "" if self.kind is LoadKind.RELATIONSHIP else f" ({self.kind.value}{detail})"
        return f"{self.model}.{self.attribute}{kind}"

    @property
    def reads(self) -> str:
        """What has read: a line, or the answer of a route."""
        return f"response {self.route}".strip() if self.reader == "response" else str(self.read or "?")


@dataclass(frozen=True)
class Statements:
    """How many statements one test sent: those that code asked for, and those that instances sent themselves."""

    explicit: int = 0
    implicit: int = 0

    @property
    def all(self) -> int:
        """Both together."""
        return self.explicit + self.implicit


@dataclass(frozen=True)
class Evidence:
    """All that a run showed. tests: by node id. files: path to `content_hash` of every file with a line in it."""

    loads: tuple[ImplicitLoad, ...] = ()
    tests: Mapping[str, Statements] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def paths(self) -> frozenset[str]:
        """The files of all lines."""
        return frozenset(p.path for x in self.loads for p in (x.read, x.loaded) if p is not None)

    def to_json(self) -> str:
        """The text of the file, loads with the most statements first."""
        loads = sorted(self.loads, key=lambda x: (-x.count, x.model, x.attribute, str(x.read), str(x.loaded)))
        tests = {name: asdict(found) for name, found in sorted(self.tests.items())}
        whole = {
            "version": VERSION,
            "files": dict(sorted(self.files.items())),
            "loads": [asdict(x) for x in loads],
            "tests": tests,
        }
        return json.dumps(whole, indent=1) + "\n"


NO_EVIDENCE = Evidence()


def read_evidence(text: str, name: str) -> Evidence:
    """Evidence from the text of a file. name: how the file is called in errors. Raises `UsageError`."""
    try:
        raw = json.loads(text)
        if raw["version"] != VERSION:
            raise UsageError(f"{name} has format {raw['version']}, known is {VERSION}: record it again")
        loads = tuple(_load(item) for item in raw["loads"])
        return Evidence(loads, {test: Statements(**c) for test, c in raw["tests"].items()}, dict(raw["files"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name} is no evidence of the recorder ({error}); make it with: pytest -p asyncify.recorder"
        ) from error


def joined(parts: Sequence[Evidence]) -> Evidence:
    """The evidence of several processes as one."""
    counts: dict[ImplicitLoad, list[ImplicitLoad]] = {}
    tests: dict[str, Statements] = {}
    for part in parts:
        tests.update(part.tests)
        for load in part.loads:
            counts.setdefault(_bare(load), []).append(load)
    loads = []
    for same in counts.values():
        worst = max(same, key=lambda x: x.worst)
        loads.append(_bare(worst, sum(x.count for x in same), worst.worst, worst.worst_test))
    return Evidence(tuple(loads), tests, {path: h for part in parts for path, h in part.files.items()})


def _bare(load: ImplicitLoad, count: int = 0, worst: int = 0, test: str = "") -> ImplicitLoad:
    values = {**vars(load), "count": count, "worst": worst, "worst_test": test}
    return ImplicitLoad(**values)


def _load(raw: Mapping[str, Any]) -> ImplicitLoad:
    places = {name: CodePlace(**raw[name]) if raw[name] else None for name in ("read", "loaded")}
    return ImplicitLoad(**{**raw, **places, "kind": LoadKind(raw["kind"]), "through": tuple(raw["through"])})
