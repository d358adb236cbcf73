"""Which files of a repository are looked at: what git knows, or else a walk that honours `.gitignore`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from asyncify.model.errors import UsageError
from asyncify.model.plan import Exclusion, Workspace
from asyncify.model.text import DOCUMENTS, is_utf16

MAX_BYTES = 2_000_000  #: larger files are data, not source
BINARY_PROBE = 8192  #: a NUL byte in so many first bytes means binary; git looks at 8000

PIP_FILES = ("requirements.txt", "requirements.in")  #: names, or their ends: pip reads them as UTF-16 too

#: source, templates, manifests and settings
SUFFIXES = (
    *(".py", ".html", ".htm", ".jinja", ".jinja2", ".j2", ".txt", ".xml"),
    *(".toml", ".cfg", ".ini", ".yml", ".yaml", ".env"),
    *(".in", ".lock"),  # requirements.in, poetry.lock
    ".ipynb",  # read, never changed
    *(".sh", ".bash", ".mk", ".dockerfile", ".Dockerfile"),
    *DOCUMENTS,
)
#: whole names, or the part before a dot (`.env.test`)
NAMES = (
    *("Pipfile", "Dockerfile", "Containerfile", "Makefile", "makefile", "justfile", "Justfile", "Jenkinsfile"),
    *("Procfile", ".env", "devcontainer.json"),
)

#: folders that hold installed or generated files, whatever `.gitignore` says
SKIPPED_FOLDERS = frozenset(
    (
        *(".git", ".hg", ".svn", ".asyncify"),
        *("node_modules", "site-packages", ".eggs", ".tox", ".nox"),
        *("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"),
    )
)


def discover(root: Path, exclude: Sequence[str] = ()) -> Workspace:
    """The files under a folder that a migration can read or change.

    root: the folder; a folder inside a git work tree is listed by git, any other is walked.
    exclude: further patterns in the syntax of `.gitignore`, relative to the root.

    Raises `UsageError` when the root is missing, is a file, cannot be read, or has no Python.
    """
    if not root.exists():
        raise UsageError(f"{root} does not exist; give the folder of the repository")
    if not root.is_dir():
        raise UsageError(f"{root} is a file; give the folder of the repository, a migration needs all of it")
    root = root.resolve()
    found = _Found(root, GitIgnoreSpec.from_lines(exclude))
    listed = _git_files(root, found)
    try:
        for path in sorted(_walk(root, found) if listed is None else listed):
            found.take(path)
    except PermissionError as error:
        raise UsageError(f"{error.filename} cannot be read; change its permissions or --exclude it") from None
    if not any(path.endswith(".py") for path in found.files):
        raise UsageError(f"{root} has no Python files; give the folder of the repository")
    return Workspace(root, found.files, tuple(sorted(set(found.excluded), key=lambda e: e.path)))


def is_used(path: str) -> bool:
    """Whether files of this name can matter: Python, templates, manifests, settings."""
    name = path.rpartition("/")[2]
    return name.endswith(SUFFIXES) or any(name == n or name.startswith(n + ".") for n in NAMES)


@dataclass
class _Found:
    """What has been kept and left out so far."""

    root: Path
    exclude: GitIgnoreSpec
    files: dict[str, bytes] = field(default_factory=dict)
    excluded: list[Exclusion] = field(default_factory=list)
    folders: dict[str, bool] = field(default_factory=dict)  # folder -> whether it is left out

    def leave(self, path: str, reason: str) -> None:
        self.excluded.append(Exclusion(path, reason))

    def take(self, path: str) -> None:
        """Keep the file at `path`, or note why not."""
        parent = path.rpartition("/")[0]
        if parent and self.skips(parent):
            return
        file = self.root / path
        if self.exclude.match_file(path):
            self.leave(path, "excluded by a pattern that was given")
        elif file.is_symlink():
            inside = file.resolve().is_relative_to(self.root)
            where = "is read where it points" if inside else "leaves the root"
            self.leave(path, f"a symbolic link that {where}")
        elif file.is_dir():
            self.leave(path, "a repository of its own")
        elif not file.is_file():
            self.leave(path, "not a file on disk")
        elif not is_used(path):
            self.leave(path, "not a kind of file that is read")
        elif file.stat().st_size > MAX_BYTES:
            self.leave(path, f"larger than {MAX_BYTES // 1_000_000} MB")
        else:
            content = file.read_bytes()
            if b"\0" in content[:BINARY_PROBE] and not (path.endswith(PIP_FILES) and is_utf16(content)):
                self.leave(path, "binary")
            else:
                self.files[path] = content

    def skips(self, folder: str) -> bool:
        """Whether a folder or one of its parents is left out."""
        known = self.folders.get(folder)
        if known is not None:
            return known
        parent, _, name = folder.rpartition("/")
        skip = bool(parent) and self.skips(parent)
        if not skip:
            reason = self._reason(folder, name)
            skip = reason is not None
            if reason is not None:
                self.leave(folder + "/", reason)
        self.folders[folder] = skip
        return skip

    def _reason(self, folder: str, name: str) -> str | None:
        if name in SKIPPED_FOLDERS:
            return "a folder of installed or generated files"
        if self.exclude.match_file(folder + "/"):
            return "excluded by a pattern that was given"
        if (self.root / folder).is_symlink():
            return "a symbolic link to a folder"
        if (self.root / folder / "pyvenv.cfg").is_file():
            return "a virtual environment"
        return None


def _git_files(root: Path, found: _Found) -> list[str] | None:
    """What git tracks or would add under the root; None where git does not answer for it.

    A root that the surrounding repository itself ignores is walked: git would list nothing there.
    """
    if _git(root, "rev-parse", "--is-inside-work-tree") != "true\n":
        return None
    if _git(root, "check-ignore", "-q", ".") is not None:
        return None
    listing = _git(root, "ls-files", "-co", "--exclude-standard", "-z")
    ignored = _git(root, "ls-files", "-oi", "--exclude-standard", "--directory", "-z")
    if listing is None or ignored is None:
        return None
    for path in filter(None, ignored.split("\0")):
        parent = path.rstrip("/").rpartition("/")[0]
        if not (parent and found.skips(parent)):
            found.leave(path, "ignored by git")
    return sorted(set(filter(None, listing.split("\0"))))


def _git(root: Path, *arguments: str) -> str | None:
    """What a git command prints; None when it fails or there is no git."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


def _walk(root: Path, found: _Found) -> Iterator[str]:
    """Every file under the root that no `.gitignore` on its way ignores."""
    yield from _walk_folder(root, "", found, ())


#: folder of each `.gitignore` on the way ("" or ending in `/`), and its patterns
Rules = tuple[tuple[str, GitIgnoreSpec], ...]


def _walk_folder(root: Path, folder: str, found: _Found, rules: Rules) -> Iterator[str]:
    own = root / folder / ".gitignore"
    if own.is_file():
        lines = own.read_text("utf-8", "replace").splitlines()
        rules = (*rules, (folder, GitIgnoreSpec.from_lines(lines)))
    for entry in sorted((root / folder).iterdir()):
        path = folder + entry.name
        is_folder = entry.is_dir() and not entry.is_symlink()
        if is_folder and found.skips(path):
            continue
        if _ignored(path + "/" * is_folder, rules):
            found.leave(path + "/" * is_folder, "ignored by .gitignore")
        elif is_folder:
            yield from _walk_folder(root, path + "/", found, rules)
        else:
            yield path


def _ignored(path: str, rules: Iterable[tuple[str, GitIgnoreSpec]]) -> bool:
    """The deepest `.gitignore` with an opinion decides, as in git."""
    for folder, spec in reversed(tuple(rules)):
        verdict = spec.check_file(path[len(folder) :]).include
        if verdict is not None:
            return verdict
    return False
