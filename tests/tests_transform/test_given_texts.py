"""Tests that are parametrized with names: of methods, of factories in fixtures, from lists that stand elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run
from test_suites import CONFTEST

STEPS = ("lifespan", "flip")
DESK = """

class Desk:
    def __init__(self, db: Session):
        self.db = db

    def first(self, db: Session):
        return texts(db)[0]

    def last(self, db: Session):
        return texts(db)[-1]

    def words(self):
        return ["a", "b"]
"""
FACTORIES = """

@pytest.fixture
def make_short(db):
    def make():
        return crud.add(db, "s")

    return make


@pytest.fixture
def make_long(db):
    def make():
        return crud.add(db, "long")

    return make
"""
LISTS = {
    "a generator over a dictionary": """\
def given():
    known = {1: "make_short", 4: "make_long"}
    for size, factory in known.items():
        yield size, factory


ROWS = given()
""",
    "a function that returns a list of a name": """\
SHORT = "make_short"


def given():
    return [(1, SHORT), (4, "make_long")]


ROWS = given()
""",
    "a comprehension": """\
KNOWN = {"make_short": 1, "make_long": 4}
ROWS = [(size, factory) for factory, size in KNOWN.items()]
""",
    "rows with ids": """\
import pytest

ROWS = [pytest.param(1, "make_short", id="short"), pytest.param(4, "make_long", id="long")]
""",
}


@pytest.mark.parametrize("rows", LISTS.values(), ids=LISTS)
def test_factories_in_fixtures_that_are_asked_for_by_name(rows: str, tmp_path: Path) -> None:
    tests = """\
import pytest

from rows import ROWS


@pytest.mark.parametrize("size,factory", ROWS)
def test_size(size, factory, request):
    make = request.getfixturevalue(factory)
    assert len(make().text) == size


@pytest.mark.parametrize("size,factory", ROWS)
class TestSizes:
    def test_twice(self, size, factory, request):
        notes = [request.getfixturevalue(factory)().text for _ in range(2)]
        assert len("".join(notes)) == 2 * size
"""
    conftest = CONFTEST.replace("from app import main\n", "from app import crud, main\n") + FACTORIES
    if "import crud" not in conftest:
        conftest = f"from app import crud\n{conftest}"
    suite = {"tests/conftest.py": conftest, "tests/rows.py": rows, "tests/test_sizes.py": tests}
    code, output = pytest_run(tmp_path / "before", {**APP, **suite})
    assert code == 0, output
    migrated, _ = flip(suite, steps=STEPS)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert "await make()" in migrated["tests/test_sizes.py"]


def test_methods_by_name_of_an_instance_that_no_constructor_made(tmp_path: Path) -> None:
    tests = """\
import pytest

from app import crud

METHODS = ("first", "last")


class TestDesk:
    def desk(self):
        return crud.Desk.__new__(crud.Desk)

    @pytest.mark.parametrize("method", METHODS)
    def test_one(self, db, method):
        crud.add(db, "x")
        found = getattr(self.desk(), method)
        assert found(db) == "x"

    def test_both(self, db):
        crud.add(db, "a")
        crud.add(db, "b")
        desk = object.__new__(crud.Desk)
        assert [desk.first(db), desk.last(db)] == desk.words() == ["a", "b"]
"""
    app = {**APP, "app/crud.py": APP["app/crud.py"] + DESK}
    suite = {"tests/conftest.py": CONFTEST, "tests/test_desk.py": tests}
    code, output = pytest_run(tmp_path / "before", {**app, **suite})
    assert code == 0, output
    migrated, _ = flip(suite, app, steps=STEPS)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert "    def desk(self)" in migrated["tests/test_desk.py"]
