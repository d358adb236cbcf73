"""Queries that are handed to libraries."""

from __future__ import annotations

import pytest
from query_models import MODELS
from query_world import convert

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
        ("list_of(db.query(User))", ""),
    ],
)
def test_where_that_is_not_known_to_work_the_query_stays(call: str, requirements: str) -> None:
    source = f"from somewhere import list_of\n{HEAD}{BODY}return {call}\n"
    files, findings = convert({"models.py": MODELS, "app.py": source, "requirements.txt": requirements})
    assert files["app.py"] == source
    assert [f.code for f in findings] == ["query-escapes"]
