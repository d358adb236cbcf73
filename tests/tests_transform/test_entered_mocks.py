"""Mocks of units of work: entered with `async with`, and what they hold is awaited."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

UNITS = {
    "app/units.py": """\
from fastapi import APIRouter, Depends

from app import crud
from app.db import SessionLocal


class Notes:
    def __init__(self, db):
        self.db = db

    def all(self):
        return crud.texts(self.db)


class UnitOfWork:
    def __init__(self, factory):
        self.factory = factory

    def __enter__(self):
        self.session = self.factory()
        self.notes = Notes(self.session)
        return self

    def __exit__(self, *args):
        self.session.rollback()
        self.session.close()

    def commit(self):
        self.session.commit()


class Service:
    def __init__(self, unit: UnitOfWork):
        self.unit = unit

    def texts(self):
        with self.unit as unit:
            found = unit.notes.all()
            unit.commit()
            return found


def get_unit() -> UnitOfWork:
    return UnitOfWork(SessionLocal)


router = APIRouter()


@router.get("/unit")
def read(unit: UnitOfWork = Depends(get_unit)):
    with unit:
        found = unit.notes.all()
        unit.commit()
    return found
""",
    "app/main.py": APP["app/main.py"] + "\n\nfrom app.units import router\n\napp.include_router(router)\n",
}
TESTS = {
    "tests/conftest.py": """\
import pytest
from fastapi.testclient import TestClient

from app.main import app
from app.units import get_unit

pytest_plugins = ["tests.doubles"]


@pytest.fixture
def client(entered):
    app.dependency_overrides[get_unit] = lambda: entered
    yield TestClient(app)
    app.dependency_overrides.clear()
""",
    "tests/__init__.py": "",
    "tests/doubles.py": """\
from unittest.mock import MagicMock

import pytest


@pytest.fixture
def unit():
    unit = MagicMock()
    unit.__enter__.return_value = unit
    unit.notes.all.return_value = ["a"]
    return unit


@pytest.fixture
def entered():
    with MagicMock() as unit:
        unit.notes.all.return_value = ["b"]
        yield unit
""",
    "tests/test_units.py": """\
from app.units import Service


def test_service(unit):
    assert Service(unit).texts() == ["a"]
    unit.commit.assert_called_once()
    unit.__exit__.assert_called_once()


def test_route(client, entered):
    assert client.get("/unit").json() == ["b"]
    entered.commit.assert_called_once()
    entered.__exit__.assert_called_once()
""",
}


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    files = {**UNITS, **TESTS}
    code, output = pytest_run(tmp_path / "before", {**APP, **files})
    assert code == 0, output
    migrated, _ = flip(files)
    assert "async with self.unit as unit:" in migrated["app/units.py"]
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    again, _ = flip(migrated, {})
    assert again == migrated
