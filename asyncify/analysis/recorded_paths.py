"""The paths of recorded evidence as those of a workspace: tests may run in another folder than is migrated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from asyncify.model.errors import UsageError
from asyncify.model.evidence import CodePlace, Evidence
from asyncify.model.plan import Workspace, content_hash

AGAIN = "run pytest -p asyncify.recorder again"


@dataclass(frozen=True)
class Shift:
    """How the paths of one folder become those of another. strip, add: what goes from and comes to the front."""

    strip: str = ""
    add: str = ""

    def __call__(self, path: str) -> str:
        inside = path.startswith(self.strip)
        return self.add + path[len(self.strip) :] if inside else f"../{path}"  # beside the workspace: in no file of it


def in_workspace(evidence: Evidence, name: str, workspace: Workspace) -> Evidence:
    """Evidence with the paths of a workspace. name: of its file, for errors.

    Raises `UsageError` where no file of it is here, or one is gone or has changed since: its lines would mean others.
    """
    if not evidence.files:
        return evidence
    shift = _shift(evidence.files, workspace.files)
    if shift is None:
        count = len(evidence.files)
        raise UsageError(
            f"{name} was recorded in another repository: none of its {count} files is in {workspace.root}; {AGAIN}"
        )
    moved = _moved(evidence, shift)
    for path, recorded in sorted(moved.files.items()):
        if path in workspace.files:
            if content_hash(workspace.files[path]) != recorded:
                raise UsageError(f"{path} has changed since {name} was recorded; {AGAIN}")
        elif not path.startswith("../") and not (workspace.root / path).exists():  # else excluded on purpose
            raise UsageError(f"{path} is gone since {name} was recorded; {AGAIN}")
    return moved


def _shift(recorded: Mapping[str, str], files: Mapping[str, bytes]) -> Shift | None:
    """The shift under which most recorded files are found again, by their content."""
    ends: dict[str, list[str]] = {}
    for path in files:
        ends.setdefault(path.rpartition("/")[2], []).append(path)
    found: Counter[Shift] = Counter()
    for path, wanted in recorded.items():
        for here in ends.get(path.rpartition("/")[2], ()):
            if content_hash(files[here]) == wanted:
                found[_between(path, here)] += 1
    if found:
        return min(found, key=lambda s: (-found[s], len(s.strip) + len(s.add), s.strip, s.add))
    return Shift() if recorded.keys() & files.keys() else None


def _between(path: str, here: str) -> Shift:
    old, new = path.split("/"), here.split("/")
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    return Shift("".join(f"{part}/" for part in old), "".join(f"{part}/" for part in new))


def _moved(evidence: Evidence, shift: Shift) -> Evidence:
    def place(at: CodePlace | None) -> CodePlace | None:
        return replace(at, path=shift(at.path)) if at is not None else None

    if shift == Shift():
        return evidence
    loads = tuple(replace(x, read=place(x.read), loaded=place(x.loaded)) for x in evidence.loads)
    return replace(evidence, loads=loads, files={shift(path): h for path, h in evidence.files.items()})
