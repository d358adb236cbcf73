"""Lock files: the exact versions that a project runs on today."""

from __future__ import annotations

import json

from packaging.utils import canonicalize_name

from asyncify.analysis.manifests.model import LockFile
from asyncify.analysis.manifests.toml_text import loads
from asyncify.knowledge.packages import LOCK_COMMANDS


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
