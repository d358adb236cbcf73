"""What a manifest says, with places in its text so that a line can be changed without touching the rest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

#: The group of what the project always needs; other groups have the names that the manifest gives them.
MAIN = ""


class Kind(Enum):
    """The sort of file."""

    REQUIREMENTS = "requirements"
    PYPROJECT = "pyproject"
    SETUP_CFG = "setup.cfg"
    SETUP_PY = "setup.py"
    PIPFILE = "Pipfile"
    CONDA = "environment"
    TOX = "tox"


class Form(Enum):
    """How one requirement is written."""

    LINE = "line"  #: PEP 508 on a line of its own
    STRING = "string"  #: PEP 508 in a string literal of a TOML array or Python list
    ITEM = "item"  #: `name = value` of a TOML table (poetry, Pipfile)
    TABLE = "table"  #: `[tool.poetry.dependencies.name]`, a table of its own
    CONDA = "conda"  #: a match specification of conda


@dataclass(frozen=True)
class Requirement:
    """One requirement of a manifest.

    name: normalised (`SQLAlchemy` and `sql_alchemy` spell other names, `sqlalchemy` and `sql-alchemy`).
    specifier: as PEP 440; empty for any version or one that PEP 440 cannot say.
    group: `MAIN` or the name of an extra, a dependency group, a tox environment.
    start, end: offsets of its text: PEP 508 without quotes and comment, `name = value`, or a whole table.
    line: from 1. hashed: it carries `--hash`.
    """

    name: str
    extras: tuple[str, ...]
    specifier: str
    group: str
    form: Form
    start: int
    end: int
    line: int
    hashed: bool = False


@dataclass(frozen=True)
class Manifest:
    """A file that says what the project depends on.

    includes: paths of other requirement files that it pulls in.
    python: its `requires-python`, as PEP 440.
    generated: the command that makes it, such as `pip-compile`, when its header says so.
    """

    path: str
    kind: Kind
    text: str
    requirements: tuple[Requirement, ...]
    includes: tuple[str, ...] = ()
    python: str = ""
    generated: str = ""

    def find(self, *names: str, group: str | None = None) -> tuple[Requirement, ...]:
        """The requirements of these normalised names, in the order of the file; of one group, or of all."""
        return tuple(r for r in self.requirements if r.name in names and group in (None, r.group))


@dataclass(frozen=True)
class LockFile:
    """Exact versions that a resolver wrote. command: what writes it anew."""

    path: str
    versions: dict[str, str]
    command: str
