"""The examples of `callbacks`."""

from __future__ import annotations

from asyncify.transforms.base import Example

_CRUD = """\
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker()


def add(db: Session, name: str):
    db.add(name)
    db.commit()


def plain(name):
    raise ValueError(name)
"""

EXAMPLES = (
    Example(
        "the test calls what it expects an exception of",
        {
            "crud.py": _CRUD,
            "test_crud.py": """\
import pytest
from sqlalchemy.orm import Session

import crud


def test_add(db: Session):
    pytest.raises(ValueError, crud.add, db, name="a")
    error = pytest.raises(KeyError, db.commit)
    pytest.raises(TypeError, lambda: crud.add(db, "b"))
    pytest.raises(ValueError, crud.plain, "c")
    assert error
""",
        },
        {
            "test_crud.py": """\
import pytest
from sqlalchemy.orm import Session

import crud


def test_add(db: Session):
    with pytest.raises(ValueError):
        crud.add(db, name="a")
    with pytest.raises(KeyError) as error:
        db.commit()
    with pytest.raises(TypeError):
        crud.add(db, "b")
    pytest.raises(ValueError, crud.plain, "c")
    assert error
"""
        },
    ),
    Example(
        "finalizers go behind the yield of their fixture, the last one first",
        {
            "crud.py": _CRUD,
            "conftest.py": """\
import pytest

from crud import SessionLocal


@pytest.fixture
def db(request):
    session = SessionLocal()
    request.addfinalizer(session.close)

    def undo():
        session.rollback()

    request.addfinalizer(undo)
    return session
""",
        },
        {
            "conftest.py": """\
import pytest

from crud import SessionLocal


@pytest.fixture
def db(request):
    session = SessionLocal()

    def undo():
        session.rollback()

    yield session
    undo()
    session.close()
"""
        },
    ),
)
