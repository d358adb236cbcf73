"""Data frames that pandas reads from an engine or connection.

A module with the interface of `pandas.read_sql` stands in for it; it connects as pandas/io/sql.py does.
"""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

PANDAS = """\
from sqlalchemy import Connection, Engine, text


class DataFrame:
    def __init__(self, records):
        self.records = records

    def to_dict(self, orient):
        return self.records


def read_sql(sql, con, index_col=None):
    if isinstance(con, Engine):
        with con.connect() as connection:
            return read_sql(sql, connection)
    assert isinstance(con, Connection), con
    rows = con.execute(text(sql) if isinstance(sql, str) else sql)
    return DataFrame([dict(row._mapping) for row in rows])
"""


def test_data_frames(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import pandas as pd

from db import engine


@app.get("/bind")
def of_the_session(db: Session = Depends(get_db)):
    query = db.query(User.id, User.name.label("who")).filter(User.age > 20)
    return pd.read_sql(query.statement, db.bind).to_dict("records")


@app.get("/get_bind")
def asked_of_the_session(db: Session = Depends(get_db)):
    return pd.read_sql(db.query(User.id).statement, con=db.get_bind()).to_dict("records")


@app.get("/engine")
def of_the_engine():
    frame = pd.read_sql("select name from users order by id", con=engine)
    return frame.to_dict("records")


@app.get("/connection")
def of_its_connection(db: Session = Depends(get_db)):
    db.add(User(name="new"))
    db.flush()
    return pd.read_sql(sql=db.query(User.name).statement, con=db.connection()).to_dict("records")


@app.get("/opened")
def opened():
    with engine.connect() as connection:
        return pd.read_sql(select(User.age), connection).to_dict("records")
"""
    )
    routes = ("bind", "get_bind", "engine", "connection", "opened")
    prove(tmp_path, app, [("GET", f"/{route}") for route in routes], installed={"pandas.py": PANDAS})
