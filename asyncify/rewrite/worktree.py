"""The git work tree around a repository: is everything in it safe, and one commit for a step."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from asyncify.model.errors import AsyncifyError, UsageError


def require_clean(root: Path) -> None:
    """Raise `UsageError` unless git has a copy of everything under the root, so that a diff can be taken back."""
    status = _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--", ".")
    if status is not None and status.returncode != 0 and "not a git repository" not in status.stderr:
        raise UsageError(f"git does not answer for {root} ({_last_line(status)}); mend that or pass --allow-dirty")
    if status is None or status.returncode != 0:
        raise UsageError(
            f"{root} is not in a git work tree, so nothing could take the changes back; "
            "run `git init` and commit first, or pass --allow-dirty"
        )
    changed = [entry for entry in status.stdout.split("\0") if entry]
    if changed:
        others = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise UsageError(
            f"the git tree of {root} has changes that are not committed ({changed[0][3:]}{others}); "
            "commit or stash them first, or pass --allow-dirty"
        )


def commit(root: Path, paths: Sequence[str], message: str) -> None:
    """Commit some files and nothing else. Raises `AsyncifyError` with git's own words when it refuses."""
    for arguments in (["add", "--", *paths], ["commit", "-q", "-m", message, "--", *paths]):
        done = _git(root, *arguments)
        if done is None or done.returncode != 0:
            said = _last_line(done) if done else "git is not installed"
            raise AsyncifyError(
                f"git {arguments[0]} failed ({said}); the files of this step are written, but not committed"
            )


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=root,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
            env={**os.environ, "LC_ALL": "C"},  # its words are read
        )
    except FileNotFoundError:
        return None
