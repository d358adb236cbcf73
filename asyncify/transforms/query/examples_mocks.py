"""What the `query` transform does to tests that mock a session, shown."""

from __future__ import annotations

from asyncify.transforms.base import Example
from asyncify.transforms.query.examples import MODELS
from asyncify.transforms.query.replayed_mocks import FILE, text_of_file

EXAMPLES = (
    Example(
        "mocked sessions answer where the code asks now",
        {
            "models.py": MODELS,
            "crud.py": """\
from models import User
from sqlalchemy.orm import Session


def find(db: Session, name):
    return db.query(User).filter(User.name == name).first()


def page(db: Session, size=10):
    return db.query(User).limit(size).all()
""",
            "test_crud.py": """\
from unittest.mock import MagicMock

from sqlalchemy.orm import Session

import crud


def test_find():
    db = MagicMock(spec=Session)
    db.query.return_value.filter.return_value.first.return_value = "ann"
    assert crud.find(db, "ann") == "ann"


def test_page():
    db = MagicMock()
    db.query().limit().all.return_value = ["ann"]
    assert crud.page(db) == ["ann"]
    db.query.assert_called_once()
""",
        },
        {
            "crud.py": """\
from models import User
from sqlalchemy import select
from sqlalchemy.orm import Session


def find(db: Session, name):
    return db.scalar(select(User).where(User.name == name).limit(1))


def page(db: Session, size=10):
    return db.scalars(select(User).limit(size)).all()
""",
            "test_crud.py": """\
from unittest.mock import MagicMock

from sqlalchemy.orm import Session

import crud


def test_find():
    db = MagicMock(spec=Session)
    db.scalar.return_value = "ann"
    assert crud.find(db, "ann") == "ann"


def test_page():
    db = MagicMock()
    db.scalars.return_value = MagicMock(all=MagicMock(return_value=["ann"]))
    assert crud.page(db) == ["ann"]
    db.scalars.assert_called_once()
""",
        },
    ),
    Example(
        "mocked sessions go on answering queries where a test tells several chains apart",
        {
            "models.py": MODELS,
            "crud.py": """\
from models import User
from sqlalchemy.orm import Session


def rename(db: Session, key, name):
    if db.query(User).filter_by(name=name).first():
        return None
    return db.query(User).filter(User.id == key).first()
""",
            "test_crud.py": """\
from unittest.mock import MagicMock

from sqlalchemy.orm import Session

import crud


def test_rename():
    db = MagicMock(spec=Session)
    db.query().filter_by().first.return_value = None
    db.query().filter().first.return_value = "ann"
    assert crud.rename(db, 1, "bob") == "ann"
""",
        },
        {
            "crud.py": """\
from models import User
from sqlalchemy import select
from sqlalchemy.orm import Session


def rename(db: Session, key, name):
    if db.scalar(select(User).filter_by(name=name).limit(1)):
        return None
    return db.scalar(select(User).where(User.id == key).limit(1))
""",
            FILE: text_of_file(),
            "test_crud.py": """\
from unittest.mock import MagicMock

from query_mocks import answer_queries
from sqlalchemy.orm import Session

import crud


def test_rename():
    db = answer_queries(MagicMock(spec=Session))
    db.query().filter_by().first.return_value = None
    db.query().filter().first.return_value = "ann"
    assert crud.rename(db, 1, "bob") == "ann"
""",
        },
    ),
)
