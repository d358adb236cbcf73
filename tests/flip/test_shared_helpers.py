"""Helpers that the app has already are imported by its tests, where that changes nothing about what is run when."""

from __future__ import annotations

import pytest

from .harness import migrate

DB = """\
import os

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(bind=engine)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
MADE = 'engine = create_engine(os.environ["TEST_URL"])\nTesting = sessionmaker(bind=engine)\n'
CONFTEST = """\
import os

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

os.environ["DATABASE_URL"] = "postgresql:///app"
"""


@pytest.mark.parametrize(
    ("body", "imported"),
    [
        (f"from app.db import get_db\n\n{MADE}", "from app.db import async_database_url, get_db\n"),
        (f"from app import db\n\n{MADE}", ""),
        (f"{MADE}\nfrom app.db import get_db\n", ""),
    ],
)
def test_the_tests_import_what_converts_urls_from_the_app(body: str, imported: str) -> None:
    files = {"app/__init__.py": "", "app/db.py": DB, "tests/conftest.py": CONFTEST + body}
    after = migrate({**files, "requirements.txt": "sqlalchemy\nasyncpg\npsycopg2\npytest\n"})
    conftest = after["tests/conftest.py"]
    assert "def async_database_url(" in after["app/db.py"] and "def libpq_arguments(" in after["app/db.py"]
    assert 'create_async_engine(async_database_url(os.environ["TEST_URL"]))' in conftest
    for helper in ("async_database_url", "libpq_arguments"):
        assert (f"def {helper}(" in conftest) is not bool(imported)
    assert imported in conftest
