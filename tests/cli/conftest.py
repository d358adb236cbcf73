"""A program with three small transforms, run in a process that is this one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from asyncify.cli.main import main
from asyncify.transforms import registry
from tests.fakes import APP, STEPS, TRANSFORMS, put


@dataclass(frozen=True)
class Outcome:
    """What a command line printed and returned."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line with the transforms of `tests.fakes`, in the folder where the test is."""
    monkeypatch.setattr(registry, "TRANSFORMS", TRANSFORMS)
    monkeypatch.setattr(registry, "STEPS", STEPS)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: object) -> Outcome:
        code = main([str(word) for word in words])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed git repository with something to do in each step; it is the current folder."""
    root = put(tmp_path / "repo", {"app.py": APP, "requirements.txt": "syncdriver>=1\n"})
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True, capture_output=True)
    for key, value in (("user.name", "Test"), ("user.email", "test@example.test")):
        subprocess.run(["git", "config", key, value], cwd=root, check=True)
    subprocess.run(["git", "commit", "-qm", "start"], cwd=root, check=True, capture_output=True)
    monkeypatch.chdir(root)
    return root


def git(root: Path, *arguments: str) -> str:
    """What git says."""
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout
