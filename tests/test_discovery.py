"""Which files are found, and the reason for each that is left out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from asyncify.analysis.discovery import MAX_BYTES, discover, is_used
from asyncify.model.errors import UsageError


def put(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def found(root: Path, *exclude: str) -> set[str]:
    return set(discover(root, exclude).files)


def reasons(root: Path, *exclude: str) -> dict[str, str]:
    return {e.path: e.reason for e in discover(root, exclude).excluded}


def test_the_walk_keeps_source_templates_manifests_and_settings(tmp_path: Path) -> None:
    wanted = {
        "app/main.py": "x = 1\n",
        "templates/a.html": "",
        "mail/b.j2": "",
        "requirements-dev.txt": "",
        "pyproject.toml": "",
        ".env.test": "",
        "prod.env": "",
        "Dockerfile": "",
        "README.md": "",
        "Procfile": "",
        "environment.yaml": "",
    }
    put(tmp_path, {**wanted, "notes.doc": "", "logo.png": b"\x89"})
    assert found(tmp_path) == set(wanted)
    assert reasons(tmp_path) == {
        "notes.doc": "not a kind of file that is read",
        "logo.png": "not a kind of file that is read",
    }


def test_content_is_kept_as_bytes(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": b"x = 1\r\n"})
    assert discover(tmp_path).files["a.py"] == b"x = 1\r\n"


@pytest.mark.parametrize("folder", ["node_modules", "__pycache__", ".tox", "lib/site-packages", ".asyncify"])
def test_installed_and_generated_folders_are_never_entered(tmp_path: Path, folder: str) -> None:
    put(tmp_path, {"a.py": "", f"{folder}/b.py": ""})
    assert found(tmp_path) == {"a.py"}
    assert reasons(tmp_path)[folder + "/"] == "a folder of installed or generated files"


@pytest.mark.parametrize("with_git", [False, True])
def test_a_virtual_environment_of_any_name_is_never_entered(tmp_path: Path, with_git: bool) -> None:
    put(tmp_path, {"a.py": "", "my env/pyvenv.cfg": "", "my env/lib/b.py": "", "my env/deep/er/c.py": ""})
    if with_git:
        git(tmp_path, "init")
    assert found(tmp_path) == {"a.py"}
    assert reasons(tmp_path) == {"my env/": "a virtual environment"}


def test_the_walk_honours_nested_gitignore_with_exceptions(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            ".gitignore": "*.gen.py\n/build/\n",
            "a.py": "",
            "a.gen.py": "",
            "build/b.py": "",
            "sub/build/c.py": "",
            "sub/.gitignore": "!keep.gen.py\nlocal.py\n",
            "sub/keep.gen.py": "",
            "sub/local.py": "",
            "local.py": "",
        },
    )
    assert {p for p in found(tmp_path) if p.endswith(".py")} == {
        "a.py",
        "local.py",
        "sub/build/c.py",
        "sub/keep.gen.py",
    }
    assert reasons(tmp_path)["build/"] == "ignored by .gitignore"


def test_git_decides_what_belongs_to_a_repository(tmp_path: Path) -> None:
    sources = ("a.py", "skip/b.py", "x.log.py", "c.log.py")
    put(tmp_path, {".gitignore": "skip/\n*.log.py\n", **dict.fromkeys(sources, "")})
    git(tmp_path, "init")
    git(tmp_path, "add", "-f", "c.log.py")  # tracked although ignored
    assert {p for p in found(tmp_path) if p.endswith(".py")} == {"a.py", "c.log.py"}
    assert reasons(tmp_path)["skip/"] == "ignored by git"


def test_a_folder_of_a_repository_has_paths_of_its_own(tmp_path: Path) -> None:
    put(tmp_path, {"other.py": "", "backend/app/main.py": ""})
    git(tmp_path, "init")
    assert found(tmp_path / "backend") == {"app/main.py"}


def test_a_root_that_git_ignores_is_walked(tmp_path: Path) -> None:
    put(tmp_path, {".gitignore": "out/\n", "out/a.py": ""})
    git(tmp_path, "init")
    assert found(tmp_path / "out") == {"a.py"}


def test_a_tracked_file_that_was_deleted_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": "", "gone.py": ""})
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    (tmp_path / "gone.py").unlink()
    assert found(tmp_path) == {"a.py"}
    assert reasons(tmp_path) == {"gone.py": "not a file on disk"}


@pytest.mark.parametrize("with_git", [False, True])
def test_symbolic_links_are_not_read_twice_nor_followed_out(tmp_path: Path, with_git: bool) -> None:
    root = tmp_path / "repo"
    put(tmp_path, {"repo/a.py": "", "outside/b.py": ""})
    (root / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "out.py").symlink_to(tmp_path / "outside" / "b.py")
    (root / "same.py").symlink_to("a.py")
    if with_git:
        git(root, "init")
    assert found(root) == {"a.py"}
    assert reasons(root) == {
        "out": "a symbolic link that leaves the root",
        "out.py": "a symbolic link that leaves the root",
        "same.py": "a symbolic link that is read where it points",
    }


def test_large_and_binary_files_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": "", "big.py": b"#" * (MAX_BYTES + 1), "bin.py": b"a\0b"})
    assert found(tmp_path) == {"a.py"}
    assert reasons(tmp_path) == {"big.py": "larger than 2 MB", "bin.py": "binary"}


def test_patterns_exclude_files_and_folders(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": "", "alembic/env.py": "", "old/x.py": "", "y_old.py": ""})
    assert found(tmp_path, "alembic/", "*old.py", "/old") == {"a.py"}
    assert reasons(tmp_path, "alembic/")["alembic/"] == "excluded by a pattern that was given"


def test_names_that_are_not_ascii(tmp_path: Path) -> None:
    put(tmp_path, {"größe/ä b.py": ""})
    git(tmp_path, "init")
    assert found(tmp_path) == {"größe/ä b.py"}


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "does not exist"), ("file.py", "is a file"), ("empty", "has no Python files")],
)
def test_a_root_that_cannot_be_migrated_is_one_sentence(tmp_path: Path, name: str, message: str) -> None:
    put(tmp_path, {"file.py": "", "empty/readme.txt": ""})
    with pytest.raises(UsageError, match=message):
        discover(tmp_path / name)


@pytest.mark.parametrize("name", ["environment.doc", "py", "notes.locked", "xenv", "Makefiles", "fish"])
def test_other_names_are_not_used(name: str) -> None:
    assert not is_used(name)
