"""Values in what rows are grouped by: the same rows with a driver that sends them beside the statement."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres import Postgres
from test_postgres_drivers import HEAD, RUNS, answers, migrated

SALES = (
    HEAD
    + """\
from datetime import datetime

from sqlalchemy import Column, DateTime, Integer, String, func
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()
engine = create_engine(json.load(sys.stdin)["url"])


class Sale(Base):
    __tablename__ = "sales"
    id = Column(Integer, primary_key=True)
    at = Column(DateTime)
    place = Column(String)


def by_month(db):
    query = db.query(func.date_trunc("month", Sale.at).label("month"), func.count(Sale.id))
    return query.group_by(func.date_trunc("month", Sale.at)).order_by(func.date_trunc("month", Sale.at)).all()


def by_period(db, period: str):
    kept = func.date_trunc(period, Sale.at)
    return db.query(kept, func.count()).group_by(kept).order_by(kept).all()


def by_place(db, other: str):
    rows = db.query(func.coalesce(Sale.place, other), func.count()).group_by(func.coalesce(Sale.place, other))
    return rows.order_by(func.coalesce(Sale.place, other)).all()


def by_label(db):
    named = func.to_char(Sale.at, "YYYY").label("year")
    return db.query(named, func.count()).group_by("year").order_by("year").all()


def main():
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        for day, place in ((1, "it's"), (2, None), (31, "it's")):
            db.add(Sale(at=datetime(2024, 1, day), place=place))
        db.add(Sale(at=datetime(2024, 2, 1)))
        db.commit()
        found = [by_month(db), by_period(db, "year"), by_place(db, "100% it's"), by_label(db)]
        print(json.dumps([[[str(value) for value in row] for row in rows] for rows in found]))


if __name__ == "__main__":
    main()
"""
)


@pytest.mark.parametrize(("driver", "version"), RUNS)
def test_rows_are_grouped_as_before(driver: str, version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(SALES, driver, f"sqlalchemy=={version}.*")
    given = [{"url": postgres.url(postgres.create())} for _ in range(2)]
    expected = answers(tmp_path, SALES, version, given[0])
    assert expected[2] == [["100% it's", "2"], ["it's", "2"]]
    assert answers(tmp_path, after, version, given[1]) == expected
    written = {"asyncpg": 7 if version == "1.4" else 6}.get(driver, 0)
    assert not findings and after.count("literal_execute=True") == written
