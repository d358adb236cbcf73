"""Modules that tests import by names put together at run time: who calls their functions is known all the same."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

JOB = """\
from app import crud, db as database

engine = database.engine


def run(session):
    return crud.add(session, __name__.rpartition(".")[2]).text


def rows(session):
    return len(crud.texts(session))


def label():
    return __name__
"""
SUITE = {
    "app/jobs/__init__.py": "",
    "app/jobs/daily.py": JOB,
    "app/jobs/weekly.py": JOB,
    "app/jobs/reports/__init__.py": "def run(session):\n    return 'a package below is not asked for'\n",
    "tests/test_jobs.py": """\
import importlib
import sys
from dataclasses import dataclass
from types import ModuleType

import pytest
from sqlalchemy import inspect

from app import models
from app.db import Base, SessionLocal, engine


@dataclass
class Jobs:
    first: ModuleType
    again: ModuleType


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture(name="name", params=["daily", pytest.param("weekly")])
def name_fixture(request):
    return request.param


@pytest.fixture
def job(request, name):
    return importlib.import_module(f"app.jobs.{name}")


def path_of(name):
    return "app.jobs." + name


@pytest.fixture
def jobs(name):
    path = path_of(name)
    first = sys.modules[path] if path in sys.modules else importlib.import_module(path)
    return Jobs(first=first, again=importlib.reload(first))


def test_by_fixture(job, name, db):
    assert job.run(db) == name
    assert job.label() == f"app.jobs.{name}"
    assert inspect(job.engine).has_table("notes")


def test_held(jobs, name, db):
    assert [jobs.first.run(db), jobs.again.run(db)] == [name, name]
    assert jobs.first.rows(db) == 2


@pytest.mark.parametrize(("which", "count"), [("daily", 1), ("weekly", 2)])
def test_by_mark(which, count, db):
    job = __import__(f"app.jobs.{which}", fromlist=["run"])
    for _ in range(count):
        job.run(db)
    assert job.rows(db) == count


def test_by_what_is_in_the_folder(db):
    found = []
    for which in sorted({"weekly", "daily"}):
        found.append(importlib.import_module(f"app.jobs.{which}").run(db))
    assert found == ["daily", "weekly"]
""",
}


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **SUITE})
    assert code == 0, output
    migrated, _ = flip(SUITE)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert "\ndef label" in migrated["app/jobs/daily.py"]


def test_a_name_of_which_nothing_is_known_means_no_module() -> None:
    test = """\
import importlib


def test_all(name):
    importlib.import_module(name).label()
    importlib.import_module(f"{name}.label").run()
"""
    migrated, _ = flip({**SUITE, "tests/test_jobs.py": test})
    assert migrated["tests/test_jobs.py"] == test
