"""The patch is what `git apply` takes, whatever the bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asyncify.model.plan import Workspace
from asyncify.report.patch import patch

Files = dict[str, bytes]


def applied(folder: Path, before: Files, after: Files) -> Files:
    """What git makes of the files with our patch."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in before.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    workspace = Workspace(folder, before)
    text = patch(workspace, workspace.with_files(after))
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=folder, input=text, check=True, capture_output=True)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\n", b"a\nc\n"),
        (b"a\nb", b"a\nc"),
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"a\r\nb\r\n", b"a\r\nc\r\n"),
        (b"a\r\nb", b"a\nb"),
        (b"a\rb\n", b"a\rc\n"),
        ("# ä\f\x1c\u2028\n".encode(), "# ö\f\x1c\u2028\n".encode()),
        (b"# \xe4\n", b"# \xf6\n"),
        (b"", b"x\n"),
        (b"x\n", b""),
        (None, b"x\n"),
        (None, b"x"),
        (b"".join(b"%d\n" % n for n in range(99)), b"".join(b"%d\n" % (n + n // 40 % 2) for n in range(99))),
    ],
)
def test_git_applies_it(tmp_path: Path, before: bytes | None, after: bytes) -> None:
    files = {} if before is None else {"pkg/a.py": before}
    assert applied(tmp_path / "r", files, {"pkg/a.py": after}) == {"pkg/a.py": after}


@pytest.mark.parametrize("name", ["a b.py", "größe.py", 'quo"te.py', "back\\slash.py", "tab\tin.py", "x 1/y 2.py"])
def test_names_of_every_sort(tmp_path: Path, name: str) -> None:
    assert applied(tmp_path / "r", {name: b"1\n"}, {name: b"2\n"}) == {name: b"2\n"}
    assert applied(tmp_path / "s", {"z": b""}, {name: b"2\n"}) == {"z": b"", name: b"2\n"}


def test_an_empty_file_can_be_new(tmp_path: Path) -> None:
    assert applied(tmp_path / "r", {"z": b"1\n"}, {"z": b"2\n", "pkg/__init__.py": b""}) == {
        "z": b"2\n",
        "pkg/__init__.py": b"",
    }


LINES = st.lists(st.sampled_from([b"a", b"b\r", b"", b" ", b"-", b"+x", b"\\ No", b"@@ -1 +1 @@"]), max_size=8)


@given(before=LINES, after=LINES, ends=st.tuples(st.booleans(), st.booleans()))
def test_any_two_contents(
    tmp_path_factory: pytest.TempPathFactory, before: list[bytes], after: list[bytes], ends: tuple[bool, bool]
) -> None:
    old, new = (b"\n".join(side) + b"\n" * end for side, end in zip((before, after), ends, strict=True))
    if old != new:
        assert applied(tmp_path_factory.mktemp("r"), {"a.py": old}, {"a.py": new}) == {"a.py": new}


def test_nothing_changed_is_an_empty_patch(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {"a.py": b"x\n"})
    assert patch(workspace, workspace) == b""


def test_files_come_in_order_and_a_new_one_says_so(tmp_path: Path) -> None:
    before = Workspace(tmp_path, {"b.py": b"1\n"})
    text = patch(before, before.with_files({"b.py": b"2\n", "a.py": b"new\n"}))
    assert text == (
        b"diff --git a/a.py b/a.py\nnew file mode 100644\n--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+new\n"
        b"diff --git a/b.py b/b.py\n--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-1\n+2\n"
    )
