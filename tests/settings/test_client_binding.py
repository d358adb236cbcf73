"""Statements that psycopg2 sends with the values written into them: the same answers with psycopg 3, on a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from postgres import Postgres
from sqlalchemy_versions import VERSIONS, installed

from asyncify.model.edit import Finding
from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

PROGRAM = """\
import json
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Numeric, String
from sqlalchemy import create_engine, extract, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as Key
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_engine(json.load(sys.stdin)["url"])
Session = sessionmaker(bind=engine)
Base = declarative_base()
KEY = UUID(int=7)


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    at = Column(DateTime)
    day = Column(Date)
    price = Column(Numeric)
    done = Column(Boolean)
    key = Column(Key(as_uuid=True))
    facts = Column(JSONB)
    marks = Column(ARRAY(Integer))


TEXTS = [
    ("SELECT id FROM visits WHERE (:name IS NULL OR name = :name) ORDER BY id", {"name": None}),
    ("SELECT id FROM visits WHERE (:name IS NULL OR name = :name) ORDER BY id", {"name": "a"}),
    ("SELECT concat(:a, name) FROM visits ORDER BY id", {"a": "x"}),
    ("SELECT (timestamp '2024-01-01' - interval :x)::text", {"x": "7 days"}),
    ("SELECT (timestamp '2024-01-01' - interval ':n days')::text", {"n": 7}),
    ("SELECT round(:v, 2)::text", {"v": 1.239}),
    ("SELECT count(*) FROM generate_series(:a, :b)", {"a": 1, "b": 4}),
    ("SELECT date_trunc(:p, at)::text, count(*) FROM visits GROUP BY date_trunc(:p, at) ORDER BY 1", {"p": "month"}),
    ("SELECT id FROM visits WHERE name LIKE '%a%' AND id = :id", {"id": "1"}),
    ("SELECT id FROM visits WHERE id = ANY(:ids) ORDER BY id", {"ids": [1, 2]}),
    ("SELECT CAST(:v AS INTEGER) + 1", {"v": "1"}),
    ("CREATE TEMP TABLE sums (n int); INSERT INTO sums VALUES (:v)", {"v": 2}),
    ("SELECT set_config('app.x', :v, true)", {"v": "1"}),
    ("SELECT nothing FROM visits", {}),
]


def selects():
    month = func.date_trunc("month", Visit.at)
    year = func.to_char(Visit.at, "YYYY")
    yield select(func.count(), month).group_by(month).order_by(month)
    yield select(year, func.count()).group_by(year).order_by(year)
    yield select(Visit.id).where(Visit.id == "1")
    yield select(Visit.id).where(Visit.id.in_(["1", "2"])).order_by(Visit.id)
    yield select(Visit.id).where(Visit.id == 2**40)
    yield select(Visit.id).where(Visit.day == "2024-01-02")
    yield select(Visit.id).where(Visit.at >= "2024-02-01")
    yield select(Visit.id).where(Visit.at.between("2024-01-01", "2024-01-31"))
    yield select(Visit.id).where(func.date(Visit.at) == "2024-01-02")
    yield select(Visit.id).where(extract("year", Visit.at) == "2024").order_by(Visit.id)
    yield select(Visit.id).where(Visit.price == "1.5")
    yield select(Visit.id).where(Visit.done == "true")
    yield select(Visit.id).where(Visit.marks.contains([1]))
    yield select(Visit.id).where(Visit.facts.contains({"a": 1}))
    yield select(Visit.id).where(func.jsonb_path_exists(Visit.facts, "$.a"))
    yield select(Visit.id).where(Visit.key == KEY)
    yield select(Visit.id).where(Visit.at > datetime(2024, 1, 31, tzinfo=timezone.utc))
    yield select(Visit.id).where(Visit.at + timedelta(days=40) > datetime(2024, 3, 1))
    yield select(Visit.id).where(Visit.name == 1)  # an error with either driver


def asked(session, statement, values=None):
    try:
        result = session.execute(statement, values or {})
        return [[str(value) for value in row] for row in result] if getattr(result, "returns_rows", True) else []
    except DBAPIError as e:
        session.rollback()
        return type(e).__name__


def main():
    Base.metadata.create_all(engine)
    with Session() as session:
        session.execute(text("CREATE FUNCTION one() RETURNS int AS 'SELECT 1' LANGUAGE sql COST :n"), {"n": 2})
        session.execute(text("SET LOCAL statement_timeout = :v"), {"v": 9000})
        for number, month in ((1, 1), (2, 2)):
            when = datetime(2024, month, 2, 3)
            more = {"day": when.date(), "price": Decimal("1.5"), "done": number == 1, "key": KEY}
            session.add(Visit(name="ab"[number - 1], at=when, facts={"a": 1}, marks=[1, number], **more))
        session.add_all([Visit(name="c", at="2024-03-04 05:06:07", day="2024-03-04", price="2.5", marks=[])])
        session.commit()
        found = [asked(session, text(statement), values) for statement, values in TEXTS]
        found.append(asked(session, text("SELECT id FROM visits WHERE id IN :ids ORDER BY id"), {"ids": (1, 2)}))
        found += [asked(session, statement) for statement in selects()]
        rows = session.execute(select(Visit).order_by(Visit.id)).scalars().all()
        found.append([str([v.at, v.day, v.price, v.done, v.key, v.facts, v.marks]) for v in rows])
        session.query(Visit).filter(Visit.id == "1").update({"price": "7"})
        session.query(Visit).filter(Visit.day < date(2024, 2, 1)).delete(synchronize_session=False)
        session.commit()
        found.append([[v.id, str(v.price)] for v in session.query(Visit).order_by(Visit.id).yield_per(1)])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
"""


def migrated(source: str, requirements: str = "sqlalchemy\npsycopg2-binary\n") -> tuple[str, tuple[Finding, ...]]:
    files = {"main.py": source.encode(), "requirements.txt": requirements.encode()}
    run = run_steps(Workspace(Path("/nowhere"), files), stages())
    assert run_steps(run.after, stages()).after.files == run.after.files
    return run.after.files["main.py"].decode(), run.findings


def answers(folder: Path, source: str, version: str, url: str) -> Any:
    script = folder / "main.py"
    script.write_text(source)
    return installed(version).run(script, {"url": url})


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "1.4"])
def test_the_same_answers(version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(PROGRAM)
    before = answers(tmp_path, PROGRAM, version, postgres.url(postgres.create()))
    assert answers(tmp_path, after, version, postgres.url(postgres.create())) == before
    assert [one for one in before if isinstance(one, str)] == ["ProgrammingError"] * 2  # what is an error stays one
    assert not [f for f in findings if f.code == "driver-text"]


@pytest.mark.parametrize(
    ("requirements", "url", "written"),
    [
        ("sqlalchemy\npsycopg2-binary\n", "postgresql://db/shop", True),
        ("sqlalchemy\npsycopg2-binary\n", "sqlite:///shop.db", False),
        ("sqlalchemy\npsycopg[binary]\n", "postgresql+psycopg://db/shop", False),
        ("sqlalchemy\nasyncpg\npsycopg2\n", "postgresql://db/shop", False),
        ("sqlalchemy<2\npsycopg2\n", "postgresql://db/shop", False),
    ],
)
def test_only_what_goes_from_psycopg2_to_psycopg(requirements: str, url: str, written: bool) -> None:
    source = f'from sqlalchemy import create_engine\n\nengine = create_engine("{url}")\n'
    after, _ = migrated(source, requirements)
    assert ("ClientCursor" in after) is written


def test_once_for_all_engines() -> None:
    engine = 'from sqlalchemy import create_engine\n\nengine = create_engine("postgresql://db/shop")\n'
    names = ("app/db.py", "app/more.py", "tests/conftest.py")
    files = {name: engine.encode() for name in names} | {"requirements.txt": b"sqlalchemy\npsycopg2\n"}
    after = run_steps(Workspace(Path("/nowhere"), files), stages()).after.files
    assert [name for name in names if b"ClientCursor" in after[name]] == ["app/db.py"]
