"""Texts that functions of PostgreSQL take as something else, on a server: the same answers with asyncpg."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres import Postgres
from sqlalchemy_versions import VERSIONS
from test_postgres_drivers import HEAD, answers, migrated

NOTES = (
    HEAD
    + """\
from sqlalchemy import Column, Integer, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()
engine = create_engine(json.load(sys.stdin)["url"])


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    body = Column(Text)
    facts = Column(JSONB)


def asked(db, word):
    found = func.to_tsvector("english", Note.body).op("@@")
    wanted = func.websearch_to_tsquery("english", word)
    title = func.ts_headline("english", Note.body, func.to_tsquery("english", word), "StartSel=<, StopSel=>")
    return [
        db.query(Note.id).filter(found(wanted)).order_by(Note.id).all(),
        db.query(Note.id).filter(found(func.plainto_tsquery(word))).order_by(Note.id).all(),
        db.query(title).order_by(Note.id).all(),
        db.query(Note.id).filter(func.jsonb_path_exists(Note.facts, '$.tags[*] ? (@ == "it\\'s")')).all(),
    ]


def main():
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        db.add(Note(id=1, body="two cats", facts={"tags": ["it's", "b"]}))
        db.add(Note(id=2, body="one dog", facts={"tags": []}))
        db.commit()
        print(json.dumps([[list(row) for row in rows] for rows in asked(db, "cats")]))


if __name__ == "__main__":
    main()
"""
)
EXPECTED = [[[1]], [[1]], [["two <cats>"], ["one dog"]], [[1]]]


@pytest.mark.parametrize("version", VERSIONS)
def test_texts_have_the_type_that_the_function_wants(version: str, postgres: Postgres, tmp_path: Path) -> None:
    wanted = "sqlalchemy==1.4.54" if version == "1.4" else "sqlalchemy>=2"
    after, findings = migrated(NOTES, "asyncpg", wanted)
    given = [{"url": postgres.url(postgres.create())} for _ in range(2)]
    expected = answers(tmp_path, NOTES, version, given[0])
    assert expected == EXPECTED
    assert answers(tmp_path, after, version, given[1]) == expected
    assert not findings and after.count("literal_column(") == (5 if version == "1.4" else 0)
