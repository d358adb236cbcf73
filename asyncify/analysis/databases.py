"""Which databases an app may meet."""

from __future__ import annotations

import re

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.knowledge.drivers import ASYNC_DRIVERS, backend_of, sync_packages
from asyncify.model.text import DOCUMENTS

_URL = re.compile(rb"\b(sqlite|postgresql|postgres|mysql|mariadb|mssql|oracle)(\+\w+)?://")
#: Source: Docker "Compose file reference"
_COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$")
BACKENDS = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")


def find_backends(program: Program) -> tuple[str, ...]:
    """The databases that the URLs anywhere in the repository name, and its packages; empty where nothing says so.

    A URL in a compose file may be that of another service: it says nothing of a database for which no driver is listed,
    where one for another database is. `Program.named_backends` keeps them: all files are searched.
    """
    listed = read_dependencies(program.workspace.files).listed
    by_package = [b for b in BACKENDS if any(p in listed for p in _packages(b))]
    by_url = {
        backend
        for path, data in program.workspace.files.items()
        if not path.endswith(DOCUMENTS)
        for match in _URL.finditer(data)
        if (backend := backend_of(match.group(1).decode())) == "sqlite"
        or (not _is_comment(data, match.start()) and (not by_package or not _COMPOSE.search(path)))
    }
    return tuple(b for b in BACKENDS if b in by_url or b in by_package)


def _packages(backend: str) -> tuple[str, ...]:
    """The distributions by which a repository shows that it uses a database: drivers may be sync and async in one."""
    both = tuple(row.package for row in ASYNC_DRIVERS if row.backend == backend and row.serves_sync)
    return (*sync_packages(backend), *both)


def _is_comment(data: bytes, at: int) -> bool:
    """Whether a line up to a place is a comment: an example of what else there may be, whose driver is not listed."""
    line = data[data.rfind(b"\n", 0, at) + 1 : at].lstrip()
    return line.startswith((b"#", b";", b"//"))


def backends(program: Program) -> tuple[str, ...]:
    """The same; where nothing says so, the two that most apps use."""
    return program.named_backends or ("sqlite", "postgresql")
