"""Every way in which an attribute loads itself: the app fails in async code without the transform, and answers as
before with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rows_server
from filelock import FileLock
from flip.harness import BASE, migrate
from rows_cases import ROWS, Row
from rows_world import FILLING, MODELS
from sqlalchemy_versions import VERSIONS, installed

from asyncify import pipeline
from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages
from asyncify.transforms import registry

SERVER = Path(rows_server.__file__)
IMPORTS = """\
from datetime import datetime, timezone
from decimal import Decimal

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer, load_only

from db import SessionLocal, get_db
from models import Group, Note, Post, Profile, User

app = FastAPI()


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]

"""
#: what SQLAlchemy says when an attribute loads itself where nothing can wait for it
LAZY = "greenlet_spawn has not been called"

#: by row: the answers and errors of each form, the codes of what was reported, and the migrated `main.py`
Answers = Mapping[str, Mapping[str, Any]]


def files_of(row: Row) -> dict[str, str]:
    """The synchronous app of a row."""
    return {**BASE, "models.py": MODELS, "main.py": IMPORTS + row.routes}



def without_loads(row: Row, patch: pytest.MonkeyPatch) -> dict[str, str]:
    """The app made async, but for what loads beforehand what is read later."""
    patch.setattr(pipeline, "unplaced_reads", lambda program: ())
    before = Workspace(Path("/nowhere"), {path: text.encode() for path, text in files_of(row).items()})
    after = run_steps(before, stages([step for step in registry.STEPS if step != "eager"])).after
    return {path: data.decode() for path, data in after.files.items()}


@cache
def forms(row: Row) -> tuple[Mapping[str, Mapping[str, str]], list[str]]:
    """The files of each form, and the codes of what was reported."""
    migrated = migrate(files_of(row))
    with pytest.MonkeyPatch.context() as patch:
        bare = without_loads(row, patch)
    return {"sync": files_of(row), "async": migrated.files, "bare": bare}, sorted(migrated.codes)


@pytest.fixture(scope="session")
def answers(shared_folder: Path) -> Callable[[str], Answers]:
    """What every form of every row gives with a version: run once, by whichever process asks first."""

    @cache
    def run(version: str) -> Answers:
        file = shared_folder / f"rows-{version}.json"
        with FileLock(shared_folder / "rows.lock"):
            if not file.exists():
                jobs = []
                for row in ROWS:
                    for form, files in forms(row)[0].items():
                        folder = shared_folder / f"rows-{version}" / row.name.replace(" ", "_") / form
                        folder.mkdir(parents=True, exist_ok=True)
                        for path, text in {**files, "filling.py": FILLING}.items():
                            (folder / path).write_text(text)
                        kind = "sync" if form == "sync" else "async"
                        jobs.append({"folder": str(folder), "form": kind, "requests": row.requests})
                told = iter(installed(version).run(SERVER, jobs))
                given = {
                    row.name: {
                        "codes": forms(row)[1],
                        "main": forms(row)[0]["async"]["main.py"],
                        **{form: next(told) for form in ("sync", "async", "bare")},
                    }
                    for row in ROWS
                }
                file.write_text(json.dumps(given))
        found: Answers = json.loads(file.read_text())
        return found

    return run


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row, answers: Callable[[str], Answers]) -> None:
    for version in VERSIONS:
        if version == "1.4":
            continue
        found = answers(version)[row.name]
        expected = found["sync"]["answers"]
        assert expected and all(status == 200 for status, _ in expected), (version, found["sync"])
        without = found["bare"]
        assert (without["answers"] != expected) is (row.lazy or row.stale), (version, without)
        assert not row.lazy or LAZY in without["errors"], (version, without["errors"])
        assert found["async"]["answers"] == expected, (version, found["async"]["errors"], found["main"])
        assert set(found["codes"]) == set(row.codes)
