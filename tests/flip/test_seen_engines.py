"""Members of engines, tables that are made and read, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_rare_members_of_engines(tmp_path: Path) -> None:
    app = """\
from fastapi import FastAPI
from sqlalchemy import Column, Integer, MetaData, String, Table, event, inspect, select, text

from db import SessionLocal, engine
from models import Base, User

app = FastAPI()
statements = []


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String)


def log(conn, cursor, statement, parameters, context, executemany):
    statements.append(statement)


event.listen(engine, "before_cursor_execute", log)


@app.get("/engine")
def about():
    names = [engine.url.database, engine.dialect.name, engine.name, engine.pool.__class__.__name__ != "", engine.echo]
    return [names, engine.url.render_as_string(hide_password=True).rpartition(":")[2], engine.driver != ""]


@app.post("/tables")
def tables():
    Note.__table__.create(bind=engine, checkfirst=True)
    Note.__table__.create(engine, checkfirst=True)
    extra = Table("extra", MetaData(), Column("id", Integer, primary_key=True))
    extra.create(engine)
    reflected = MetaData()
    reflected.reflect(bind=engine)
    found = inspect(engine).get_table_names()
    columns = [c["name"] for c in inspect(engine).get_columns("notes")]
    again = Table("notes", MetaData(), autoload_with=engine)
    extra.drop(engine)
    with engine.connect() as conn:
        there = inspect(conn).has_table("extra")
        rows = conn.execute(select(reflected.tables["users"].c.name)).scalars().all()
    return [sorted(reflected.tables), found, columns, [c.name for c in again.columns], there, rows, len(statements) > 5]


@app.post("/dispose")
def dispose():
    engine.dispose()
    with engine.begin() as conn:
        conn.execute(text("update users set age = 1"))
    with SessionLocal(bind=engine) as db:
        return [db.query(User).count()]
"""
    prove(tmp_path, app, [("GET", "/engine"), ("POST", "/tables"), ("POST", "/dispose")])


def test_reflected_tables(tmp_path: Path) -> None:
    """Tables read from the database at import, in a class body, in a route; automapped classes."""
    db = """\
from sqlalchemy import MetaData, Table, create_engine
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_engine("sqlite:///./app.db")
SessionLocal = sessionmaker(bind=engine)
Base = automap_base()
Base.prepare(autoload_with=engine)
User = Base.classes.users
metadata = MetaData()
metadata.reflect(bind=engine)
posts = Table("posts", MetaData(), autoload_with=engine)


class Account(DeclarativeBase):
    pass


class Owner(Account):
    __table__ = Table("users", Account.metadata, autoload_with=engine)


def get_db():
    with SessionLocal() as db:
        yield db
"""
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy import MetaData, Table, select
from sqlalchemy.orm import Session

from db import Owner, User, engine, get_db, metadata, posts

app = FastAPI()


@app.get("/")
def read(db: Session = Depends(get_db)):
    here = Table("users", MetaData(), autoload_with=engine)
    names = [u.name for u in db.query(User).order_by(User.id)]
    titles = db.execute(select(posts.c.title)).scalars().all()
    return [db.get(Owner, 1).name, names, titles, sorted(metadata.tables), list(here.c.keys())]
"""
    prove(tmp_path, {"db.py": db, "main.py": app}, [("GET", "/")])


def test_connections_of_the_driver(tmp_path: Path) -> None:
    """A route that opens one stays on a sync engine; a helper that is given a session runs in the greenlet."""
    app = (
        HEAD
        + """
from db import engine


@app.get("/raw")
def raw():
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("select max(age) from users")
        return cursor.fetchone()[0]
    finally:
        raw.close()


def oldest(db: Session):
    cursor = db.connection().connection.cursor()
    cursor.execute("select max(age) from users")
    return cursor.fetchone()[0]


@app.get("/under")
def under(db: Session = Depends(get_db)):
    return [oldest(db), db.query(User).count()]
"""
    )
    prove(tmp_path, app, [("GET", "/raw"), ("GET", "/under")], codes=["barrier-driver-connection"])
