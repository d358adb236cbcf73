"""Put changed files on disk: all or none, whatever happens in between.

Order: check everything; save old and new bytes beside each other and wait for the disk; mark the journal
as complete; move the new files over the old one by one. A kill before the mark leaves every file old, a
kill after it is finished by `recover`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from asyncify.model.errors import AsyncifyError, UsageError
from asyncify.model.plan import Workspace, content_hash
from asyncify.rewrite import journal as journals
from asyncify.rewrite.journal import Entry, Journal


@dataclass(frozen=True)
class Change:
    """The bytes of one file before and after; None where there is no file."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True)
class Recovery:
    """What was done about a write that had been interrupted. finished: else it was taken back."""

    finished: bool
    paths: tuple[str, ...]


def changes_between(before: Workspace, after: Workspace) -> tuple[Change, ...]:
    """The files that differ, in order of their paths."""
    old, new = before.files, after.files
    return tuple(Change(p, old.get(p), new[p]) for p in sorted(new) if old.get(p) != new[p])


def write(root: Path, changes: Sequence[Change]) -> tuple[str, ...]:
    """Write every change or none; returns the paths.

    Raises `UsageError`, and writes nothing, when a file is read-only, lies outside the root, or no longer
    has the bytes that the change was made from; `AsyncifyError` when the disk refuses, after giving every
    file its old bytes again.
    """
    recover(root)
    if not changes:
        return ()
    entries = tuple(_entry(root, change, index) for index, change in enumerate(changes))
    try:
        journal = journals.start(root, entries)
    except OSError as error:
        raise UsageError(f"{root} cannot be written to ({error.strerror}); nothing was written") from error
    try:
        _prepare(root, journal, changes)
        journal = journal.commit()
        _move(root, journal)
        journal.close(root)
    except (OSError, KeyboardInterrupt) as error:
        _take_back(root, journal)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise AsyncifyError(f"writing failed ({error}); every file has its old content again") from error
    return tuple(change.path for change in changes)


def is_pending(root: Path) -> bool:
    """Whether a write to this root was interrupted."""
    return journals.load(root, "pending") is not None


def recover(root: Path) -> Recovery | None:
    """Finish a write that was interrupted, or take it back; None when there was none.

    It is finished when all new bytes had reached the disk. It is taken back otherwise, and also when
    somebody has changed one of the files since; such a file keeps what they wrote.
    """
    journal = journals.load(root, "pending")
    if journal is None:
        return None
    finish = journal.committed and all(_untouched(root, entry) for entry in journal.entries)
    if finish:
        _move(root, journal)
        journal.close(root)
    else:
        _take_back(root, journal)
    return Recovery(finish, tuple(entry.path for entry in journal.entries))


def undo(root: Path) -> tuple[str, ...]:
    """Take back the last write, interrupted or not; returns the paths. The taking back can be undone too.

    Raises `UsageError` when there is none, or when a file has been changed since.
    """
    journal = journals.load(root, "pending")
    if journal is not None:
        _take_back(root, journal)
        return tuple(entry.path for entry in journal.entries)
    journal = journals.load(root, "last")
    if journal is None:
        raise UsageError(f"there is no run to undo in {root}")
    changes = []
    for index, entry in enumerate(journal.entries):
        now = _read(root / entry.path)
        if _hash(now) != entry.after:
            raise UsageError(f"{entry.path} has been changed since the last run; nothing was undone")
        before = None if entry.before is None else journal.backup(index).read_bytes()
        changes.append(Change(entry.path, now, before))
    return write(root, changes)


def _entry(root: Path, change: Change, index: int) -> Entry:
    """Check one change against the disk."""
    target = (root / change.path).resolve()
    if not target.is_relative_to(root.resolve()):
        raise UsageError(f"{change.path} leads out of {root}; nothing was written")
    now = _read(target)
    if now != change.before:
        raise UsageError(f"{change.path} was changed while asyncify was running; run it again, nothing was written")
    mode = stat.S_IMODE(target.stat().st_mode) if now is not None else 0o644
    if now is not None and (not mode & 0o222 or not os.access(target, os.W_OK)):
        raise UsageError(f"{change.path} is read-only; make it writable or --exclude it, nothing was written")
    parent = next(folder for folder in target.parents if folder.exists())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"{parent} is read-only; make it writable or --exclude it, nothing was written")
    path = target.relative_to(root.resolve()).as_posix()
    name = str(Path(path).with_name(f".asyncify-{index}.tmp"))
    return Entry(path, name, _hash(now), _hash(change.after), mode)


def _prepare(root: Path, journal: Journal, changes: Iterable[Change]) -> None:
    """Put the old and the new bytes of every change on disk, without touching a file of the user."""
    journal.save()
    folders = {journal.folder / "backup"}
    for index, (entry, change) in enumerate(zip(journal.entries, changes, strict=True)):
        if change.before is not None:
            journals.write_synced(journal.backup(index), change.before)
        if change.after is not None:
            temporary = root / entry.temporary
            temporary.parent.mkdir(parents=True, exist_ok=True)
            journals.write_synced(temporary, change.after, entry.mode)
            folders.add(temporary.parent)
    for folder in sorted(folders):
        journals.sync_folder(folder)


def _move(root: Path, journal: Journal) -> None:
    """Put the new files over the old; a file that is new already is left."""
    for entry in journal.entries:
        if entry.after is None:
            (root / entry.path).unlink(missing_ok=True)
        elif (root / entry.temporary).exists():
            (root / entry.temporary).replace(root / entry.path)
    for folder in sorted({(root / entry.path).parent for entry in journal.entries}):
        journals.sync_folder(folder)


def _take_back(root: Path, journal: Journal) -> None:
    """Give every file that has its new bytes the old ones again, and forget the write."""
    for index, entry in enumerate(journal.entries):
        target, temporary = root / entry.path, root / entry.temporary
        if journal.committed and _hash(_read(target)) == entry.after:
            if entry.before is None:
                target.unlink()
            elif entry.before != entry.after:
                journals.write_synced(temporary, journal.backup(index).read_bytes(), entry.mode)
                temporary.replace(target)
        temporary.unlink(missing_ok=True)
    journal.discard()


def _untouched(root: Path, entry: Entry) -> bool:
    """Whether a file has the bytes of before or after the write, and can be brought to those of after."""
    now = _hash(_read(root / entry.path))
    if now == entry.after:
        return True
    return now == entry.before and (entry.after is None or (root / entry.temporary).exists())


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _hash(content: bytes | None) -> str | None:
    return None if content is None else content_hash(content)
