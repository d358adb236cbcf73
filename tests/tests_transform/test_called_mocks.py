"""Mocks of objects that are called themselves: handlers of a message bus, and use cases."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

BUS = """\
import abc
from collections import defaultdict
from typing import Generic, TypeVar

from app import crud
from app.db import SessionLocal


E = TypeVar("E")


class Handler(Generic[E], metaclass=abc.ABCMeta):
    @abc.abstractmethod
    def __call__(self, event: E) -> None: ...


class Storing(Handler[str]):
    def __call__(self, event: str) -> None:
        with SessionLocal() as db:
            crud.add(db, event)


class Bus:
    _handlers: dict[str, list[Handler[str]]]

    def __init__(self):
        self._handlers = defaultdict(list)

    def listen(self, kind: str, handler: Handler[E]):
        self._handlers[kind].append(handler)

    def dispatch(self, kind: str, event: str) -> None:
        for handle in self._handlers[kind]:
            handle(event)


class AddNote:
    limit = 3

    def __call__(self, text: str) -> str:
        with SessionLocal() as db:
            return crud.add(db, text).text

    def allowed(self, text: str) -> bool:
        return len(text) < self.limit


def shouted(add: AddNote, text: str) -> str:
    return add(text).upper() if add.allowed(text) else ""
"""
TESTS = """\
from unittest import mock
from unittest.mock import MagicMock

import pytest

from app.bus import AddNote, Bus, Storing, shouted
from app.db import Base, engine


@pytest.fixture(autouse=True)
def tables():
    Base.metadata.create_all(engine)
    yield
    Base.metadata.drop_all(engine)


def test_a_listener():
    bus, heard = Bus(), mock.Mock()
    bus.listen("made", heard)
    bus.listen("made", Storing())
    bus.dispatch("made", "one")
    heard.assert_called_once_with("one")


def test_a_use_case():
    add = MagicMock(spec=AddNote, return_value="a")
    add.allowed.return_value = True
    assert shouted(add, "x") == "A"
    assert shouted(AddNote(), "b") == "B"


def test_a_use_case_without_a_class():
    add = MagicMock(return_value="a")
    add.allowed.return_value = False
    assert shouted(add, "x") == ""
"""


def test_mocks_that_are_called_can_be_awaited(tmp_path: Path) -> None:
    files = {"app/bus.py": BUS, "tests/test_bus.py": TESTS}
    code, output = pytest_run(tmp_path / "before", {**APP, **files})
    assert code == 0, output
    migrated, _ = flip(files)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output + migrated["tests/test_bus.py"]
    again, _ = flip(migrated, {})
    assert again == migrated
