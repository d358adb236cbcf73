"""The whole claim, for small apps written as text: migrated in memory, both forms run, the same answers."""

from __future__ import annotations

import json
import multiprocessing
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zlib import crc32

from ruff.__main__ import find_ruff_bin
from warm_interpreter import run_python

from asyncify.analysis.config import Config
from asyncify.analysis.evidence import relocated
from asyncify.model.comparison import Comparison
from asyncify.model.edit import Finding
from asyncify.model.evidence import NO_EVIDENCE, Evidence
from asyncify.model.plan import Rewritten, Workspace
from asyncify.pipeline import run_steps, stages
from asyncify.transforms import registry

from .driver import serve
from .warm import warm

DB = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
MODELS = """\
from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int] = mapped_column(default=0)
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    author: Mapped[Optional["User"]] = relationship(back_populates="posts")
"""
BASE: Mapping[str, str] = {"db.py": DB, "models.py": MODELS, "requirements.txt": "fastapi\nsqlalchemy\nhttpx\n"}

Request = tuple[str, str] | tuple[str, str, Any]


@dataclass(frozen=True)
class Migrated:
    """What became of an app: its files, what was reported, and evidence beside reasoning."""

    files: Mapping[str, str]
    findings: tuple[Finding, ...]
    comparison: Comparison | None = None

    @property
    def codes(self) -> set[str]:
        """The codes of the findings."""
        return {f.code for f in self.findings}

    def __getitem__(self, path: str) -> str:
        return self.files[path]


def migrate(files: Mapping[str, str], config: Config | None = None, evidence: Evidence = NO_EVIDENCE) -> Migrated:
    """Migrate an app. A second run must change nothing.

    For every eighth app, chosen by what is in it, the steps one by one must give the same bytes. All steps of a run
    share what one has read of the files; that takes the same few lines in all apps, and as long as the run itself.
    """
    before = Workspace(Path("/nowhere"), {path: text.encode() for path, text in files.items()})
    run = run_steps(before, stages(), config, evidence=evidence)
    failed = [r for s in run.steps for r in s.results if not isinstance(r, Rewritten)]
    assert not failed, failed
    after = {path: data.decode() for path, data in run.after.files.items()}
    again = run_steps(run.after, stages(), config)
    assert {p: d.decode() for p, d in again.after.files.items()} == after, "a second run changes something"
    if crc32("".join(files.values()).encode()) % 8 == 0:
        _same_step_by_step(before, run.after, config, evidence)
    return Migrated(after, run.findings, run.comparison)


def _same_step_by_step(before: Workspace, after: Workspace, config: Config | None, evidence: Evidence) -> None:
    now = before
    for step in registry.STEPS:
        now = run_steps(now, stages([step]), config, evidence=relocated(evidence, before.files, now.files)).after
    assert dict(now.files) == dict(after.files), "steps one by one give other bytes"


def prove(
    folder: Path,
    app: str | Mapping[str, str],
    requests: Sequence[Request] = (),
    commands: Sequence[Sequence[str]] = (),
    codes: Sequence[str] = (),
    installed: Mapping[str, str] = MappingProxyType({}),
    config: Config | None = None,
    evidence: Evidence = NO_EVIDENCE,
    leaks: bool = False,
) -> Migrated:
    """Migrate an app and run it before and after. A line that ends with `# kept` must stay as it is.

    app: `main.py`, or files beside `db.py` and `models.py`, which may be replaced. requests: method, URL and body.
    commands: arguments for the interpreter, run after the requests; their output must be the same.
    codes: the findings that are expected, no others. installed: modules of libraries, which are not migrated.
    evidence: of a recorded run of these files. leaks: the app leaves sessions to the garbage collector, as before.
    """
    files = {**BASE, **({"main.py": app} if isinstance(app, str) else app)}
    migrated = migrate(files, config, evidence)
    for path, text in files.items():
        assert kept_lines(migrated[path]) == kept_lines(text), path
    old = write_files(folder / "before", {**installed, **files})
    new = write_files(folder / "after", {**installed, **migrated.files})
    made = {(path, name) for path, name in _faults(new) - _faults(old) if name not in "".join(files.values())}
    assert not made, made
    expected, actual = _serve(old, "sync", requests), _serve(new, "async", requests, leaks)
    assert all(a[0] != "error" for a in expected if isinstance(a, list)), f"wrong from the start: {expected}"
    rows = zip(requests, expected, actual, strict=False)
    assert actual == expected, "\n".join(f"{r}: {o} -> {n}" for r, o, n in rows)
    for command in commands:
        wanted, got = run_python(command, old), run_python(command, new)
        assert wanted.returncode == 0, wanted.stderr
        assert (got.returncode, got.stdout) == (wanted.returncode, wanted.stdout), got.stderr
        check_warnings(got.stderr)
    assert migrated.codes == set(codes), migrated.findings
    return migrated


def mend(folder: Path, app: Mapping[str, str], requests: Sequence[Request], answers: Sequence[Any]) -> Migrated:
    """Migrate an app that does not work as it is, and compare what its routes answer then. Nothing is reported."""
    files = {**BASE, **app}
    migrated = migrate(files)
    for path, text in files.items():
        assert kept_lines(migrated[path]) == kept_lines(text), path
    actual = _serve(write_files(folder / "after", migrated.files), "async", requests)
    assert actual == [[200, answer] for answer in answers]
    assert not migrated.findings, migrated.findings
    return migrated


def kept_lines(text: str) -> list[str]:
    """The lines of a file that say that they stay."""
    return [line for line in text.splitlines() if line.endswith("# kept")]


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder


def _faults(folder: Path) -> set[tuple[str, str]]:
    """The names that are used and nowhere defined, or imported and not used, each with its file."""
    command = [find_ruff_bin(), "check", "--isolated", "--no-cache", "--select", "F401,F821", "--output-format", "json"]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    return {(Path(one["filename"]).name, re.split(r"[`.]", one["message"])[-2]) for one in json.loads(done.stdout)}


def _serve(folder: Path, form: str, requests: Sequence[Request], leaks: bool = False) -> list[Any]:
    answers, errors = run_app(folder, form, requests)
    check_warnings(errors, leaks)
    return answers


def run_app(
    folder: Path, form: str, requests: Sequence[Request], body: Callable[..., None] = serve
) -> tuple[list[Any], str]:
    """Fork a process that runs an app, "sync" or "async": what its body leaves in `answers.json`, and its stderr."""
    warm()
    process = multiprocessing.get_context("fork").Process(target=body, args=(folder, form, requests))
    process.start()
    process.join(60)
    if process.is_alive():
        process.kill()
        raise AssertionError(f"{form} hangs")
    errors = (folder / "stderr.txt").read_text()
    sys.stdout.write(f"--- {form}\n{errors}\n")
    assert process.exitcode == 0, errors
    return json.loads((folder / "answers.json").read_text()), errors


def check_warnings(errors: str, leaks: bool = False) -> None:
    """Fail where coroutines were left alone, or connections. leaks: the latter were before, too."""
    assert "never awaited" not in errors, errors
    assert leaks or "non-checked-in connection" not in errors, errors
