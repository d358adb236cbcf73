"""The table of Query's members is complete, and each row of it is used."""

from __future__ import annotations

from query_cases import CASES
from sqlalchemy.orm import Query

from asyncify.knowledge.query_methods import METHODS, Becomes

#: removed from SQLAlchemy 2.0
ONLY_1_4 = {"from_self", "select_entity_from"}
PROTOCOL = {"__iter__", "__getitem__", "__contains__"}


def test_every_public_name_of_query_is_a_row() -> None:
    assert {name for name in dir(Query) if not name.startswith("_")} <= METHODS.keys()


def test_every_row_is_a_name_of_query() -> None:
    known = set(dir(Query)) | ONLY_1_4 | PROTOCOL | {"session"}
    assert {name for name, row in METHODS.items() if row.becomes is not Becomes.REPORTED} <= known


def test_every_row_that_is_converted_has_a_case() -> None:
    text = "\n".join(CASES.values())
    missing = [
        name
        for name, row in METHODS.items()
        if row.becomes is not Becomes.REPORTED and name not in PROTOCOL and f".{name}" not in text
    ]
    assert missing == []
