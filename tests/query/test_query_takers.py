"""Queries that are handed to libraries: every row of the table."""

from __future__ import annotations

import pytest
from query_models import MODELS
from query_world import convert

from asyncify.knowledge.query_takers import TAKERS, Taker, Takes

HEAD = (
    "from fastapi_pagination.ext.sqlalchemy import paginate\nfrom sqlalchemy import select\n"
    "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\n"
)
BODY = "def page(db: Session, params):\n    "


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return paginate(db.query(User))", "return paginate(db, select(User))"),
        ("return paginate(db.query(User), params)", "return paginate(db, select(User), params)"),
        ("return paginate(db, db.query(User), params=params)", "return paginate(db, select(User), params=params)"),
        (
            "query = db.query(User)\n    return paginate(query, unique=True)",
            "query = select(User)\n    return paginate(db, query, unique=True)",
        ),
    ],
)
def test_the_session_is_handed_over_where_it_was_inside_of_the_query(before: str, after: str) -> None:
    files, findings = convert({"models.py": MODELS, "app.py": f"{HEAD}{BODY}{before}\n"})
    assert files["app.py"] == f"{HEAD}{BODY}{after}\n"
    assert findings == ()


@pytest.mark.parametrize(
    ("call", "requirements"),
    [
        ("paginate(db.query(User))", "fastapi-pagination==0.11.4\n"),
        ("paginate(*[db.query(User)])", "fastapi-pagination==0.16.1\n"),
        ("paginate(db.query(User), **params)", "fastapi-pagination==0.16.1\n"),
        ("list_of(db.query(User))", ""),
    ],
)
def test_where_that_is_not_known_to_work_the_query_stays(call: str, requirements: str) -> None:
    source = f"from somewhere import list_of\n{HEAD}{BODY}return {call}\n"
    files, findings = convert({"models.py": MODELS, "app.py": source, "requirements.txt": requirements})
    assert files["app.py"] == source
    assert [f.code for f in findings] == ["query-escapes"]


def _rows(takes: Takes, *, methods: bool) -> list[str]:
    return [t.name for t in TAKERS.values() if t.takes is takes and _is_method(t) is methods]


def _is_method(taker: Taker) -> bool:
    return taker.owner.rpartition(".")[2][:1].isupper()


FILTERS = """\
from {module} import {cls}
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import User


class Users({cls}):
    name: str


def found(db: Session, users: Users):
    {first}
    return {last}


def counted(db: Session, users: Users):
    return {count}
"""


@pytest.mark.parametrize("name", _rows(Takes.SELECT, methods=True))
def test_a_method_that_adds_to_a_statement_is_given_a_select(name: str) -> None:
    taker = TAKERS[name]
    module, _, cls = taker.owner.rpartition(".")
    call, library = f"users.{taker.method}", {"module": module, "cls": cls}
    source = FILTERS.format(
        first=f"query = {call}(db.query(User))",
        last="query.all()",
        count=f"{call}(db.query(User)).count()",
        **library,
    )
    expected = FILTERS.format(
        first=f"query = {call}(select(User))",
        last="db.scalars(query).all()",
        count=f"db.scalar(select(func.count()).select_from({call}(select(User)).subquery()))",
        **library,
    )
    files, findings = convert({"models.py": MODELS, "app.py": source})
    assert files["app.py"] == expected
    assert findings == ()
    old = ".".join(map(str, (*taker.since[:-1], taker.since[-1] - 1)))
    files, findings = convert(
        {"models.py": MODELS, "app.py": source, "requirements.txt": f"{taker.distribution}=={old}\n"}
    )
    assert files["app.py"] == source
    assert {f.code for f in findings} == {"query-escapes"}


def test_a_method_of_the_program_in_its_place_is_another() -> None:
    own = (
        "from fastapi_filter.contrib.sqlalchemy import Filter\nfrom sqlalchemy.orm import Session\n\n"
        "from models import User\n\n\nclass Users(Filter):\n    def sort(self, query):\n"
        "        return super().sort(query).from_self()\n\n\n"
        "def found(db: Session, users: Users):\n    return users.sort(db.query(User)).all()\n"
    )
    files, findings = convert({"models.py": MODELS, "app.py": own})
    assert files["app.py"] == own
    assert findings


CALLED = """\
from {module} import {function}
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import User


def handed(db: Session, spec):
    query = {query}
    return {call}
"""


@pytest.mark.parametrize("name", _rows(Takes.SELECT, methods=False))
def test_a_function_that_adds_to_a_statement_is_given_a_select(name: str) -> None:
    taker = TAKERS[name]
    library = {"module": taker.owner, "function": taker.method}
    source = CALLED.format(query="db.query(User)", call=f"{taker.method}(query, spec).all()", **library)
    expected = CALLED.format(query="select(User)", call=f"db.scalars({taker.method}(query, spec)).all()", **library)
    files, findings = convert({"models.py": MODELS, "app.py": source})
    assert files["app.py"] == expected
    assert findings == ()


@pytest.mark.parametrize("name", _rows(Takes.QUERY, methods=False))
def test_what_works_with_a_query_only_keeps_it_and_says_so(name: str) -> None:
    taker = TAKERS[name]
    call = f"{taker.method}(query, spec)"
    source = CALLED.format(module=taker.owner, function=taker.method, query="db.query(User)", call=call)
    files, findings = convert({"models.py": MODELS, "app.py": source})
    assert files["app.py"] == source
    assert [(f.code, f.advice) for f in findings] == [("query-escapes", taker.instead)]
    assert f"{taker.method}() of {taker.distribution} works with a legacy query only" in findings[0].message


def test_a_page_of_what_was_filtered_is_given_the_session() -> None:
    """The way back to the session goes through what the library added."""
    source = (
        "from fastapi_filter.contrib.sqlalchemy import Filter\n"
        "from fastapi_pagination.ext.sqlalchemy import paginate\nfrom sqlalchemy import select\n"
        "from sqlalchemy.orm import Session\n\nfrom models import User\n\n\nclass Users(Filter):\n    name: str\n\n\n"
        "def narrowed(session: Session, users: Users):\n    return users.filter({query})\n\n\n"
        "def page(db: Session, users: Users):\n    return paginate({start}narrowed(db, users))\n"
    )
    files, findings = convert({"models.py": MODELS, "app.py": source.format(query="session.query(User)", start="")})
    assert files["app.py"] == source.format(query="select(User)", start="db, ")
    assert findings == ()


def test_the_statement_of_a_query_for_a_data_frame_is_the_select() -> None:
    source = (
        "import pandas as pd\nfrom sqlalchemy import select\nfrom sqlalchemy.orm import Session\n\n"
        "from models import User\n\n\ndef frame(db: Session, engine):\n"
        "    query = {query}\n    return pd.read_sql({statement}, engine)\n"
    )
    before = source.format(query="db.query(User.id, User.name)", statement="query.statement")
    files, findings = convert({"models.py": MODELS, "app.py": before})
    assert files["app.py"] == source.format(query="select(User.id, User.name)", statement="query")
    assert findings == ()
