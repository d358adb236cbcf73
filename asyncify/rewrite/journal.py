"""The record of one write, kept under `.asyncify/` in the root, so that it can be finished or taken back.

.asyncify/.gitignore             `*`: git never sees this folder
.asyncify/pending/journal.json   a write that is under way; `.asyncify/last/` once it is done
.asyncify/pending/backup/0, 1    the old bytes of each file
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from asyncify.model.errors import AsyncifyError

FOLDER = ".asyncify"
VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One file of a write.

    path: relative to the root, the end of any symbolic links. temporary: the new bytes, beside the file.
    before, after: hashes; None where the file is not there. mode: its permission bits.
    """

    path: str
    temporary: str
    before: str | None
    after: str | None
    mode: int


@dataclass(frozen=True)
class Journal:
    """A write.

    folder: where it is recorded.
    committed: False while the new bytes are being put on disk (then it can only be taken back), True from the
    moment when all of them are there (then it can also be finished).
    """

    folder: Path
    entries: tuple[Entry, ...]
    committed: bool = False

    def backup(self, index: int) -> Path:
        """The old bytes of the entry at `index`."""
        return self.folder / "backup" / str(index)

    def save(self) -> None:
        """Put the record on disk, whole or not at all."""
        value = {
            "version": VERSION,
            "committed": self.committed,
            "entries": [asdict(entry) for entry in self.entries],
        }
        new = self.folder / "journal.json.new"
        write_synced(new, json.dumps(value, indent=1).encode())
        new.replace(self.folder / "journal.json")
        sync_folder(self.folder)

    def commit(self) -> Journal:
        """The same journal, marked as complete, on disk too."""
        done = replace(self, committed=True)
        done.save()
        return done

    def close(self, root: Path) -> None:
        """The write is done: keep its record as the last one, for `undo`."""
        last = root / FOLDER / "last"
        shutil.rmtree(last, ignore_errors=True)
        self.folder.replace(last)
        sync_folder(root / FOLDER)

    def discard(self) -> None:
        """The write has been taken back: forget it."""
        shutil.rmtree(self.folder)


def start(root: Path, entries: tuple[Entry, ...]) -> Journal:
    """A fresh journal for a write to `root`; nothing is on disk but the empty folders."""
    home = root / FOLDER
    home.mkdir(exist_ok=True)
    (home / ".gitignore").write_text("*\n", encoding="utf-8")
    journal = Journal(home / "pending", entries)
    (journal.folder / "backup").mkdir(parents=True)
    return journal


def load(root: Path, name: str) -> Journal | None:
    """The journal `pending` or `last` of a root; None when there is none.

    Raises `AsyncifyError` when it cannot be read: somebody changed it, or another version wrote it.
    """
    folder = root / FOLDER / name
    if not folder.is_dir():
        return None
    file = folder / "journal.json"
    if not file.is_file():  # killed before the first save: no file of the user has been touched
        return Journal(folder, ())
    try:
        value = json.loads(file.read_bytes())
        if value["version"] != VERSION:
            raise ValueError(f"version {value['version']}")
        entries = tuple(Entry(**entry) for entry in value["entries"])
        for path in (path for entry in entries for path in (entry.path, entry.temporary)):
            # a journal can come with a repository that somebody else made
            if not (root / path).parent.resolve().is_relative_to(root.resolve()):
                raise ValueError(f"{path} leads out of the folder")
        return Journal(folder, entries, bool(value["committed"]))
    except (ValueError, KeyError, TypeError) as error:
        raise AsyncifyError(
            f"{file} cannot be understood ({error}); look at its backup folder, then delete {folder}"
        ) from error


def write_synced(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file and wait until it is on disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if mode is not None:
        path.chmod(mode)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk. Windows cannot open folders, and needs no such wait."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
