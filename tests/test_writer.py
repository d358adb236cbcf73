"""Every file is written or none, and a kill at any moment can be finished or undone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from asyncify.model.errors import AsyncifyError, UsageError
from asyncify.model.plan import Workspace, content_hash
from asyncify.rewrite import journal as journals
from asyncify.rewrite import writer
from asyncify.rewrite.writer import Change, Recovery

OLD = {"a.py": b"a = 1\n", "pkg/b.py": b"b = 1\r\n"}
CHANGES = (
    Change("a.py", OLD["a.py"], b"a = 2\n"),
    Change("new/c.py", None, b"c = 2\n"),
    Change("pkg/b.py", OLD["pkg/b.py"], b"b = 2\r\n"),
)
NEW = {"a.py": b"a = 2\n", "pkg/b.py": b"b = 2\r\n", "new/c.py": b"c = 2\n"}


class Killed(BaseException):
    """Stands for the end of the process: no handler of the writer runs."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    fill(folder)
    return folder


def fill(root: Path) -> None:
    (root / "pkg").mkdir(parents=True)
    for name, content in OLD.items():
        (root / name).write_bytes(content)


def on_disk(root: Path) -> dict[str, bytes]:
    """Every file but the journal's own."""
    files = {p.relative_to(root).as_posix(): p for p in root.rglob("*") if p.is_file()}
    return {name: p.read_bytes() for name, p in files.items() if not name.startswith(".asyncify/")}


def test_writes_and_leaves_nothing_behind(root: Path) -> None:
    assert writer.write(root, CHANGES) == ("a.py", "new/c.py", "pkg/b.py")
    assert on_disk(root) == NEW
    assert not writer.is_pending(root)


def test_no_change_touches_nothing(root: Path) -> None:
    assert writer.write(root, ()) == ()
    assert not (root / ".asyncify").exists()


def test_changes_between_workspaces(root: Path) -> None:
    before = Workspace(root, OLD)
    assert writer.changes_between(before, before.with_files({**NEW})) == CHANGES


def test_modes_and_links_are_kept(root: Path) -> None:
    (root / "a.py").chmod(0o755)
    (root / "link.py").symlink_to("pkg/b.py")
    writer.write(root, (CHANGES[0], Change("link.py", OLD["pkg/b.py"], b"b = 3\n")))
    assert (root / "a.py").stat().st_mode & 0o777 == 0o755
    assert (root / "link.py").is_symlink()
    assert (root / "pkg/b.py").read_bytes() == b"b = 3\n"


def test_git_does_not_see_the_journal(root: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    writer.write(root, CHANGES[:1])
    listing = subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, check=True)
    assert b".asyncify" not in listing.stdout


def test_a_read_only_file_stops_everything(root: Path) -> None:
    (root / "pkg/b.py").chmod(0o444)
    with pytest.raises(UsageError, match=r"pkg/b\.py is read-only"):
        writer.write(root, CHANGES)
    assert on_disk(root) == OLD


def test_a_file_that_changed_meanwhile_stops_everything(root: Path) -> None:
    (root / "pkg/b.py").write_bytes(b"mine\n")
    with pytest.raises(UsageError, match=r"pkg/b\.py was changed while"):
        writer.write(root, CHANGES)
    assert on_disk(root) == {**OLD, "pkg/b.py": b"mine\n"}


def test_a_new_file_that_exists_already_stops_everything(root: Path) -> None:
    (root / "new").mkdir()
    (root / "new/c.py").write_bytes(b"mine\n")
    with pytest.raises(UsageError, match=r"new/c\.py was changed"):
        writer.write(root, CHANGES)
    assert on_disk(root) == {**OLD, "new/c.py": b"mine\n"}


@pytest.mark.parametrize("way", ["../x.py", "link/x.py"])
def test_nothing_outside_the_root_is_written(root: Path, way: str) -> None:
    (root / "link").symlink_to(root.parent, target_is_directory=True)
    (root.parent / "x.py").write_bytes(b"x\n")
    with pytest.raises(UsageError, match="leads out of"):
        writer.write(root, (Change(way, b"x\n", b"y\n"),))
    assert (root.parent / "x.py").read_bytes() == b"x\n"


@pytest.mark.parametrize("moment", range(3))
def test_a_disk_that_refuses_gets_the_old_files_back(root: Path, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    real, targets = Path.replace, []

    def replace(source: Path, target: Path) -> Path:
        if Path(target).name in {"a.py", "b.py", "c.py"} and ".asyncify-" in Path(source).name:
            targets.append(target)
            if len(targets) == moment + 1:
                raise OSError(28, "No space left on device")
        return real(source, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(AsyncifyError, match="No space left"):
        writer.write(root, CHANGES)
    assert on_disk(root) == OLD
    assert not writer.is_pending(root)


def killed_at(root: Path, moment: int) -> bool:
    """Write, and die at the given call that reaches the disk; False when there are not so many."""
    calls = 0

    def dying(real):  # type: ignore[no-untyped-def]
        def call(*args, **kwargs):  # type: ignore[no-untyped-def]
            nonlocal calls
            calls += 1
            if calls == moment:
                raise Killed
            return real(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", dying(Path.replace))
        patch.setattr(os, "fsync", dying(os.fsync))
        patch.setattr(Path, "mkdir", dying(Path.mkdir))
        patch.setattr(Path, "chmod", dying(Path.chmod))
        patch.setattr(shutil, "rmtree", dying(shutil.rmtree))
        try:
            writer.write(root, CHANGES)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("way", [writer.recover, writer.undo])
def test_a_kill_at_any_moment_can_be_finished_or_undone(tmp_path: Path, way) -> None:  # type: ignore[no-untyped-def]
    outcomes = []
    for moment in range(1, 200):
        root = tmp_path / str(moment)
        fill(root)
        if not killed_at(root, moment):
            break
        for path, content in on_disk(root).items():  # each file wholly old or wholly new, at every moment
            assert ".asyncify-" in path or content in (OLD.get(path), NEW[path])
        if way is writer.recover or writer.is_pending(root):
            way(root)
        outcomes.append(on_disk(root))
        assert on_disk(root) in (OLD, NEW)
        assert not writer.is_pending(root)
        writer.write(root, [Change("a.py", (root / "a.py").read_bytes(), b"next\n")])
    assert len(outcomes) > 15
    assert outcomes[0] == OLD
    if way is writer.recover:
        assert outcomes[-1] == NEW
        assert outcomes == sorted(outcomes, key=lambda files: files == NEW), "once committed, always finished"


def test_an_interrupted_write_with_a_later_change_is_taken_back(root: Path) -> None:
    moment = 1
    while True:
        assert killed_at(root, moment), "no moment with a journal that is complete"
        pending = journals.load(root, "pending")
        if pending is not None and pending.committed and (root / "a.py").read_bytes() != OLD["a.py"]:
            break
        writer.recover(root)
        if on_disk(root) == NEW:
            writer.undo(root)
        moment += 1
    (root / "pkg/b.py").write_bytes(b"mine\n")
    assert writer.recover(root) == Recovery(False, ("a.py", "new/c.py", "pkg/b.py"))
    assert on_disk(root) == {**OLD, "pkg/b.py": b"mine\n"}


def test_undo_and_undo_again(root: Path) -> None:
    writer.write(root, CHANGES)
    assert writer.undo(root) == ("a.py", "new/c.py", "pkg/b.py")
    assert on_disk(root) == OLD
    writer.undo(root)
    assert on_disk(root) == NEW


def test_undo_refuses_what_it_would_lose(root: Path) -> None:
    with pytest.raises(UsageError, match="no run to undo"):
        writer.undo(root)
    writer.write(root, CHANGES)
    (root / "a.py").write_bytes(b"mine\n")
    with pytest.raises(UsageError, match=r"a\.py has been changed since"):
        writer.undo(root)
    assert on_disk(root) == {**NEW, "a.py": b"mine\n"}


def test_recover_without_anything_to_recover(root: Path) -> None:
    assert writer.recover(root) is None
    writer.write(root, CHANGES)
    assert writer.recover(root) is None


@pytest.mark.parametrize("path", ["../x.py", "link/x.py"])
def test_a_journal_that_leads_out_of_the_root_is_refused(root: Path, path: str) -> None:
    (root / "link").symlink_to(root.parent, target_is_directory=True)
    (root.parent / "x.py").write_bytes(b"old\n")
    (root / "a.tmp").write_bytes(b"evil\n")
    entry = journals.Entry(path, "a.tmp", content_hash(b"old\n"), content_hash(b"evil\n"), 0o644)
    journals.start(root, (entry,)).commit()
    with pytest.raises(AsyncifyError, match="leads out of the folder"):
        writer.recover(root)
    assert (root.parent / "x.py").read_bytes() == b"old\n"


def test_a_journal_that_cannot_be_read_is_named(root: Path) -> None:
    folder = root / ".asyncify" / "pending"
    folder.mkdir(parents=True)
    (folder / "journal.json").write_text("{}")
    with pytest.raises(AsyncifyError, match=r"journal\.json cannot be understood"):
        writer.write(root, CHANGES)
    assert on_disk(root) == OLD
