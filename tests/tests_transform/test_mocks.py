"""Mocks of services, repositories and sessions, in a suite that passes before and after."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

SERVICE = {
    "app/service.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import crud
from app.db import SessionLocal
from app.models import Note


class Repository:
    def __init__(self, db: Session) -> None:
        self.db = db

    def all(self) -> list[str]:
        return crud.texts(self.db)

    def label(self) -> str:
        return "notes"


class Wide(Repository):
    def first(self) -> str:
        return self.all()[0]


class Service:
    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    def top(self) -> str:
        return self.repository.first()

    def count(self) -> str:
        return f"{len(self.repository.all())} {self.repository.label()}"


def wide(db: Session) -> str:
    return Service(Wide(db)).top()


def build(db: Session) -> str:
    return Service(Repository(db)).count()


def first(db: Session):
    found = db.execute(select(Note)).scalars().first()
    db.commit()
    return found


def ping() -> str:
    with SessionLocal() as db:
        db.execute(select(1))
    return "pong"


def attribute(repository: Repository) -> str:
    return repository.db.bind + repository.label()
""",
}

TESTS = {
    "tests/test_mocks.py": """\
from contextlib import ExitStack
from types import SimpleNamespace
from unittest import mock
from unittest.mock import MagicMock, patch

import pytest

from app import service
from app.service import Repository, Service


def repository_with(*texts):
    repository = MagicMock()
    repository.all.return_value = list(texts)
    repository.label.return_value = "things"
    return repository


@pytest.fixture
def session():
    return MagicMock()


def test_a_parameter():
    assert Service(repository_with("a", "b")).count() == "2 things"


def test_a_spec():
    repository = mock.Mock(spec=Repository)
    repository.all = mock.Mock(return_value=["a"])
    repository.label.return_value = "x"
    assert Service(repository).count() == "1 x"
    repository.all.assert_called_once_with()


@patch("app.service.Repository")
def test_the_instance_of_a_patched_class(repository, session):
    repository.return_value.all.return_value = []
    repository.return_value.label.return_value = "none"
    assert service.build(session) == "0 none"
    repository.assert_called_once_with(session)


def test_a_given_instance():
    def everything():
        return ["a", "b", "c"]

    with patch("app.service.Repository") as repository:
        made = MagicMock(label=MagicMock(return_value="many"))
        made.all = everything
        repository.return_value = made
        assert service.build(MagicMock()) == "3 many"


def test_a_session(session):
    session.execute.return_value.scalars.return_value.first.return_value = "note"
    assert service.first(session) == "note"
    session.commit.assert_called_once()


def test_an_error(session):
    session.commit.side_effect = ValueError
    with pytest.raises(ValueError):
        service.first(session)


@patch("app.service.SessionLocal")
def test_a_factory(factory):
    session = MagicMock()
    factory.return_value.__enter__.return_value = session
    assert service.ping() == "pong"
    session.execute.assert_called_once()


@patch("app.service.SessionLocal")
def test_a_bare_factory(factory):
    assert service.ping() == "pong"
    factory.assert_called_once_with()


@patch("app.service.Repository")
def test_a_patched_class_that_is_given_as_a_session(session):
    session.return_value.all.return_value = ["a"]
    session.return_value.label.return_value = "b"
    session.execute.return_value.scalars.return_value.first.return_value = "c"
    assert service.build(session) == "1 b"
    assert service.first(session) == "c"


def test_an_attribute_of_the_instance():
    repository = MagicMock()
    repository.db.bind = "x"
    repository.label.return_value = "y"
    assert service.attribute(repository) == "xy"


def test_what_only_a_class_below_has():
    repository = mock.Mock(spec=Repository)
    repository.first = mock.Mock(return_value="a")
    assert Service(repository).top() == "a"
    other = MagicMock()
    other.first.return_value = "b"
    assert Service(other).top() == "b"


@pytest.fixture
def bare():
    return MagicMock()


def service_with(repository):
    made = Service(None)
    made.repository = repository
    return made


def test_an_attribute_that_a_helper_sets(bare):
    bare.all.return_value = ["a"]
    bare.label.return_value = "set"
    assert service_with(bare).count() == "1 set"


def test_an_attribute_that_the_test_sets():
    made = Service(None)
    made.repository = MagicMock()
    made.repository.all.return_value = []
    made.repository.label.return_value = "own"
    assert made.count() == "0 own"


@pytest.fixture
def mocker():
    with ExitStack() as patches:  # what pytest-mock gives
        yield SimpleNamespace(patch=lambda *args, **kwargs: patches.enter_context(patch(*args, **kwargs)))


def test_a_patch_whose_result_nobody_keeps(mocker):
    repository = mock.Mock()
    repository.all.return_value = ["a", "b"]
    repository.label.return_value = "patched"
    mocker.patch("app.service.Repository", return_value=repository)
    assert service.build(MagicMock()) == "2 patched"
""",
}


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    files = {**SERVICE, **TESTS}
    code, output = pytest_run(tmp_path / "before", {**APP, **files})
    assert code == 0, output
    migrated, _ = flip(files)
    assert "await " in migrated["app/service.py"]
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    again, _ = flip(migrated, {})
    assert again == migrated


def test_names_in_patch_strings_follow_the_module() -> None:
    migrated, _ = flip(
        {
            "app/start.py": "from sqlalchemy.orm import Session\n\nfrom app.db import engine\n\n\n"
            "def check():\n    with Session(engine) as session:\n        session.connection()\n",
            "tests/test_start.py": "from unittest.mock import MagicMock, patch\n\nfrom app import start\n\n\n"
            "def test_check():\n    session = MagicMock()\n    session.__enter__.return_value = session\n"
            "    with patch('app.start.Session', return_value=session):\n        start.check()\n",
        }
    )
    text = migrated["tests/test_start.py"]
    assert "patch('app.start.AsyncSession', return_value=session)" in text
    assert "session.__aenter__.return_value = session" in text
    assert "connection=AsyncMock(return_value=MagicMock())" in text


RESULTS = {
    "app/store.py": """\
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Note


class Store:
    def __init__(self, db: Session) -> None:
        self.db = db

    def execute(self, statement: Any) -> Any:
        return self.db.execute(statement)


def known(store: Store) -> bool:
    return store.execute(select(Note)).first() is not None


def texts(store: Store) -> list:
    return store.execute(select(Note.text)).scalars().all()
""",
    "tests/test_results.py": """\
from unittest.mock import Mock

import pytest

from app.store import Store, known, texts


@pytest.fixture
def store():
    return Mock(spec=Store)


def test_unknown(store):
    store.execute.return_value.first.return_value = None
    assert not known(store)
    store.execute.return_value.first.return_value = 1
    assert known(store)
    store.execute.assert_called()


def test_texts(store):
    store.execute.return_value.scalars.return_value.all.return_value = ["a"]
    assert texts(store) == ["a"]


def test_given(store):
    store.execute.return_value = Mock()
    store.execute.return_value.first.return_value = None
    assert not known(store)
""",
}


def test_what_the_methods_of_mocks_give_is_plain(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **RESULTS})
    assert code == 0, output
    migrated, findings = flip(RESULTS)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert migrated["tests/test_results.py"].count("    store.execute.return_value = MagicMock()\n") == 2
    assert not findings
    again, _ = flip(migrated, {})
    assert again == migrated
