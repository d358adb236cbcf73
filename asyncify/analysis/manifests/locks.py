"""Lock files: the exact versions that a project runs on today."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable
from dataclasses import replace

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from asyncify.analysis.manifests.model import LockFile, Manifest
from asyncify.analysis.manifests.toml_text import loads
from asyncify.knowledge.packages import LOCK_COMMANDS

#: By these a lock file is compared with its manifest: what is known of the code depends on them, and no step of a
#: migration moves their bounds.
_TELLING = ("fastapi", "pydantic", "sqlalchemy", "sqlmodel", "starlette")


def current(lock: LockFile, manifests: Iterable[Manifest]) -> LockFile:
    """A lock file as it is worth: one that its manifest has gone past says nothing, as no install takes it.

    Source: Poetry, "poetry lock": "pyproject.toml changed significantly since poetry.lock was last generated"; uv and
    pipenv make such a file anew.
    """
    beside = [m for m in manifests if posixpath.dirname(m.path) == posixpath.dirname(lock.path)]
    wanted = "Pipfile" if lock.path.endswith("Pipfile.lock") else "pyproject.toml"
    for manifest in (m for m in beside if posixpath.basename(m.path) == wanted):
        for name in _TELLING:
            said = [r.specifier for r in manifest.find(name)]
            locked = lock.versions.get(name)
            if locked and said and not any(_admits(text, locked) for text in said):
                return replace(lock, versions={})
    return lock


def _admits(specifier: str, version: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except ValueError:
        return True  # a version that is no version, as of a branch


def read_lock(path: str, text: str) -> LockFile | None:
    """The versions in a lock file; None for a file of another name. One that cannot be read has none."""
    command = LOCK_COMMANDS.get(path.rpartition("/")[2])
    if command is None:
        return None
    try:
        data: object = json.loads(text) if path.endswith("Pipfile.lock") else loads(text)
    except ValueError:
        return LockFile(path, {}, command)
    return LockFile(path, dict(_versions(data)), command)


def _versions(data: object) -> list[tuple[str, str]]:
    if not isinstance(data, dict):
        return []
    packages = data.get("package") or data.get("packages") or []
    entries = [p for p in packages if isinstance(p, dict)]
    found = [(p.get("name"), p.get("version")) for p in entries]
    for section in ("develop", "default"):  # Pipfile.lock
        table = data.get(section)
        if isinstance(table, dict):
            found += [(name, value.get("version")) for name, value in table.items() if isinstance(value, dict)]
    return [(canonicalize_name(str(n)), str(v).removeprefix("==")) for n, v in found if n and v]
