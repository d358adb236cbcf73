"""Paths of JSON that are texts, on a server: the same answers with the drivers that cast them."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres import Postgres
from test_postgres_drivers import HEAD, RUNS, answers, migrated

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

BOOKS = (
    HEAD
    + """\
from sqlalchemy import Column, Integer, func, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()
engine = create_engine(json.load(sys.stdin)["url"])


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    facts = Column(JSONB)


def asked(db, word):
    regex = func.jsonb_path_exists(Book.facts, f'$.authors[*].name ? (@ like_regex "{word}" flag "i")')
    path = "$.pages > 100"
    names = func.jsonb_path_query_array(Book.facts, "$.authors[*].name")
    return [
        db.query(Book.id).filter(regex).order_by(Book.id).all(),
        db.query(Book.id).filter(func.jsonb_path_match(Book.facts, path)).order_by(Book.id).all(),
        db.query(names).order_by(Book.id).all(),
        db.query(func.jsonb_path_query_first(Book.facts, literal_column("'$.pages'"))).order_by(Book.id).all(),
    ]


def main():
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        db.add(Book(id=1, facts={"pages": 90, "authors": [{"name": "Ann"}]}))
        db.add(Book(id=2, facts={"pages": 110, "authors": [{"name": "Bob"}, {"name": "Joann"}]}))
        db.commit()
        print(json.dumps([[list(row) for row in rows] for rows in asked(db, "ann")]))


if __name__ == "__main__":
    main()
"""
)


#: 1.4 casts no texts, and has no type for paths
@pytest.mark.parametrize(("driver", "version"), [run for run in RUNS if run[1] != "1.4"])
def test_texts_are_cast_to_paths(driver: str, version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(BOOKS, driver)
    given = [{"url": postgres.url(postgres.create())} for _ in range(2)]
    expected = answers(tmp_path, BOOKS, version, given[0])
    assert expected == [[[1], [2]], [[2]], [[["Ann"]], [["Bob", "Joann"]]], [[90], [110]]]
    assert answers(tmp_path, after, version, given[1]) == expected
    assert not findings and after.count(", JSONPATH)") == (3 if driver == "asyncpg" else 0)


@pytest.mark.parametrize("requirements", ["sqlalchemy\npsycopg[binary]\n", "sqlalchemy==1.4.50\npsycopg2\nasyncpg\n"])
def test_nothing_where_nothing_changes(requirements: str) -> None:
    files = {"main.py": BOOKS.encode(), "requirements.txt": requirements.encode()}
    after = run_steps(Workspace(Path("/nowhere"), files), stages()).after
    assert b"JSONPATH" not in after.files["main.py"]
