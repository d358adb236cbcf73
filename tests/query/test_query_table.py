"""The table of Query's members is true of every version of SQLAlchemy, and each row of it is used."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import member_names
import pytest
from query_models import MODELS
from query_world import convert
from sqlalchemy_versions import REQUIREMENTS, VERSIONS, installed
from table_cases import ALL_CASES, ALL_STAY

from asyncify.knowledge.query_methods import METHODS, ONLY_IN, Becomes

PROTOCOL = {"__iter__", "__getitem__", "__contains__"}
#: set by the constructor, so that the class does not have it
OF_INSTANCES = {"session"}
REPORTED = [name for name, row in METHODS.items() if row.becomes is Becomes.REPORTED]


@cache
def names(version: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = installed(version).run(Path(member_names.__file__), None)
    return found


def rows_of(version: str) -> set[str]:
    """The names that the table says a version has."""
    return {n for n in METHODS if version in ONLY_IN.get(n, tuple(REQUIREMENTS))} - PROTOCOL - OF_INSTANCES


@pytest.mark.parametrize("version", VERSIONS)
def test_the_rows_are_the_public_names_of_query(version: str) -> None:
    assert set(names(version)["query"]) == rows_of(version)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_keeps_its_name_or_gets_another_exists_on_select(version: str) -> None:
    kept = [row for row in METHODS.values() if row.becomes in (Becomes.SAME, Becomes.RENAMED)]
    missing = {row.to for row in kept if row.name in rows_of(version)} - set(names(version)["select"])
    assert missing == set()


def test_every_row_that_is_converted_has_a_case_that_is_converted() -> None:
    text = "\n".join(body for name, body in ALL_CASES.items() if name not in ALL_STAY)
    missing = [n for n in METHODS.keys() - REPORTED - PROTOCOL if f".{n}(" not in text and f".{n}" not in text]
    assert missing == []


@pytest.mark.parametrize("how", ("q.{}", "q.{}(q)", "db.query(User).{}()"))
@pytest.mark.parametrize("name", REPORTED)
def test_what_has_no_equal_is_left_and_reported(name: str, how: str) -> None:
    source = (
        "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
        f"def use(db: Session):\n    q = db.query(User)\n    return {how.format(name)}\n"
    )
    after, findings = convert({"models.py": MODELS, "app.py": source})
    own = [f for f in findings if f"Query.{name}" in f.message]
    assert after["app.py"].count("db.query(User)") == source.count("db.query(User)") - ("db." in how)
    assert [(f.path, f.span.line if f.span else 0, f.code) for f in own] == [("app.py", 8, "query-method")]
    assert own[0].advice
