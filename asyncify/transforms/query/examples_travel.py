"""Shown: queries that go through functions before they run."""

from __future__ import annotations

from asyncify.transforms.base import Example
from asyncify.transforms.query.examples import MODELS

EXAMPLES: tuple[Example, ...] = (
    Example(
        "a session is handed over to what runs a query, and the statement asked if it gives instances or rows",
        {
            "models.py": MODELS,
            "app.py": """\
from sqlalchemy.orm import Query, Session

from models import User


def page(query: Query, size: int = 10):
    return query.limit(size).all()


def users(db: Session):
    return page(db.query(User))


def names(session: Session):
    return page(session.query(User.name), 2)
""",
        },
        {
            "app.py": """\
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql import Select

from models import User


def results_of(session: Session, statement: Select) -> Any:
    \"\"\"Instances of a statement of one entity, else rows; what repeats with an entity comes once.\"\"\"
    result = session.execute(statement)
    columns = statement.column_descriptions
    entities = [column for column in columns if column["expr"] is column["entity"]]
    if entities:
        result = result.unique()
    return result.scalars() if len(entities) == len(columns) == 1 else result


def page(query: Select, size: int = 10, *, db: Session):
    return results_of(db, query.limit(size)).all()


def users(db: Session):
    return page(select(User), db=db)


def names(session: Session):
    return page(select(User.name), 2, db=session)
""",
        },
    ),
)
