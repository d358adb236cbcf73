"""Classes, functions and variables of the program that only look like those of SQLAlchemy stay as they are."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, MODELS, migrate, prove
from .test_lookalikes import HEAD


def test_models_named_like_sqlalchemy(tmp_path: Path) -> None:
    """A table of login sessions, one of connections, one of transactions: instances are no sessions."""
    models = f"""\
{MODELS}

class Session(Base):
    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]

    def close(self):  # kept
        self.token = ""  # kept

    def refresh(self, token):  # kept
        self.token = token  # kept
        return self  # kept


class Connection(Base):
    __tablename__ = "connections"
    id: Mapped[int] = mapped_column(primary_key=True)
    open: Mapped[bool] = mapped_column(default=True)

    def execute(self):  # kept
        return f"{{self.id}} {{self.open}}"  # kept


class Transaction(Base):
    __tablename__ = "transactions"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(default=0)

    def commit(self):  # kept
        self.amount += 1  # kept

    def rollback(self):  # kept
        self.amount = 0  # kept
"""
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy import orm

import models
from db import get_db
from models import Connection, Session, Transaction, User  # kept

app = FastAPI()


def closed(session: Session) -> Session:  # kept
    session.refresh("y")  # kept
    session.close()  # kept
    return session  # kept


@app.post("/")
def add(db: orm.Session = Depends(get_db)):
    session = Session(id=1, token="x")  # kept
    connection, transaction = models.Connection(id=1, open=False), Transaction(id=1, amount=1)  # kept
    transaction.commit()  # kept
    db.add_all([session, connection, transaction])  # kept
    db.commit()
    return [session.token, connection.execute(), transaction.amount]  # kept


@app.get("/")
def read(db: orm.Session = Depends(get_db)):
    session = db.get(Session, 1)
    session.refresh("z")  # kept
    token = session.token  # kept
    transaction = db.query(Transaction).first()
    transaction.rollback()  # kept
    connections: list[Connection] = db.query(Connection).all()
    told = [c.execute() for c in connections]  # kept
    return [token, closed(session).token, transaction.amount, told, db.query(User).count()]
"""
    prove(tmp_path, {"models.py": models, "main.py": app}, [("POST", "/"), ("GET", "/")])


def test_other_databases_beside_it(tmp_path: Path) -> None:
    """sqlite3 itself, a dict, a list and a fake in memory, each in a variable `db` or `session`."""
    app = f"""\
{HEAD}
import sqlite3
from dataclasses import dataclass, field

from fastapi import Query, Request  # kept


@dataclass
class Fake:
    rows: dict = field(default_factory=dict)

    def add(self, row):
        self.rows[row["id"]] = row

    def get(self, key):
        return self.rows.get(key)

    def query(self, name):  # kept
        return [r for r in self.rows.values() if r["name"] == name]  # kept

    def commit(self):  # kept
        return len(self.rows)  # kept

    def execute(self, text):  # kept
        return text  # kept

    def close(self):  # kept
        self.rows.clear()  # kept


@dataclass
class Command:
    text: str

    def execute(self):  # kept
        return self.text.upper()  # kept


def get_raw():  # kept
    db = sqlite3.connect("app.db", check_same_thread=False)  # kept
    try:
        yield db
    finally:
        db.close()  # kept


def get_fake() -> Fake:  # kept
    return Fake()  # kept


def get_dict():  # kept
    return {{"execute": "x"}}  # kept


@app.get("/raw")
def raw(db: sqlite3.Connection = Depends(get_raw, use_cache=True)):  # kept
    cursor = db.cursor()  # kept
    cursor.execute("select name from users order by id")  # kept
    names = [name for (name,) in cursor.fetchall()]  # kept
    db.execute("update users set age = age + 1")  # kept
    db.commit()  # kept
    db.rollback()  # kept
    with db:  # kept
        return [names, db.execute("select count(*) from users").fetchone()[0]]  # kept


@app.get("/fake")
def fake(db: Fake = Depends(get_fake), other=Depends(get_dict), first: int = Query(1)):  # kept
    db.add({{"id": first, "name": "x"}})  # kept
    return [db.query("x"), db.commit(), db.get(1), db.execute("y"), other.get("execute"), other.get("commit")]  # kept


@app.get("/both")
def both(
    request: Request, session: Session = Depends(get_db), db=Depends(get_fake), raw_db=Depends(get_raw)  # a comment
):
    db.add({{"id": 1, "name": session.query(User).first().name}})
    commands = [Command("a"), Command("b")]  # kept
    done = [c.execute() for c in commands]  # kept
    found = [db.get(1), db.query("ann"), db.commit(), done]  # kept
    db.close()  # kept
    request.scope.setdefault("session", {{}})  # kept
    request.session.update(a=1)  # kept
    seen = [request.session.get("a"), request.session.pop("a"), request.session.get("b")]  # kept
    request.session.clear()  # kept
    return [found, seen, session.get(User, 1).name, raw_db.execute("select 1").fetchone()[0]]
"""
    prove(tmp_path, app, [("GET", "/raw"), ("GET", "/fake"), ("GET", "/both")])


def test_engines_and_queries_of_the_program(tmp_path: Path) -> None:
    """Names are taken: Engine, create_engine, select, Query, text, Session as local names."""
    chess = """\
class Engine:
    def connect(self):
        return self

    def begin(self):
        return self

    def dispose(self):
        return "gone"

    def execute(self, move):
        return [move]

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return None


class Query:
    def __init__(self, what):
        self.what = what

    def filter(self, what):
        return Query(self.what + what)

    def first(self):
        return self.what[0]

    def all(self):
        return self.what

    def count(self):
        return len(self.what)

    def __iter__(self):
        return iter(self.what)


def create_engine(url):
    return Engine()


def sessionmaker(bind):
    return bind


def select(*what):
    return Query(list(what))


engine = create_engine("chess://")
SessionLocal = sessionmaker(bind=engine)
"""
    app = f"""\
{HEAD}
import chess
from chess import Query, create_engine, engine, select as pick  # kept


@app.get("/plain")
def plain():  # kept
    with engine.begin() as connection:  # kept
        moves = connection.execute("e4")  # kept
    Session = chess.Engine  # kept
    with Session() as session:  # kept
        session.execute("d4")  # kept
    with chess.SessionLocal as local:  # kept
        local.connect()  # kept
    query = Query([1]).filter([2])  # kept
    return [moves, query.first(), query.all(), query.count(), list(query), create_engine("x").dispose()]  # kept


@app.get("/both")
def both(db: Session = Depends(get_db)):
    query = pick(1, 2).filter([3])  # kept
    found = [x for x in query]  # kept
    found += [query.first(), query.count(), sorted(query), engine.connect().execute("x"), engine.dispose()]  # kept
    return [found, db.scalars(select(User.name)).first()]
"""
    done = prove(tmp_path, {"main.py": app, "chess.py": chess}, [("GET", "/plain"), ("GET", "/both")])
    assert done["chess.py"] == chess


def test_one_function_for_both(tmp_path: Path) -> None:
    """Called with a session and with what looks like one: each way goes on to work."""
    app = f"""\
{HEAD}

class Journal:
    def __init__(self):
        self.lines = []

    def add(self, line):
        self.lines.append(line)

    def commit(self):  # kept
        return len(self.lines)  # kept


def save(store, what):
    store.add(what)
    store.commit()
    return what


@app.post("/journal")
def journal():
    return save(Journal(), "x")


@app.post("/user")
def user(db: Session = Depends(get_db)):
    return [save(db, User(name="x")).name, save(Journal(), "y")]
"""
    prove(tmp_path, app, [("POST", "/journal"), ("POST", "/user")])


def test_narrowed_by_isinstance(tmp_path: Path) -> None:
    app = f"""\
{HEAD}

class Memory:
    def commit(self):  # kept
        return "memory"  # kept


def finish(where):
    if isinstance(where, Session):
        where.commit()
        return "session"
    if isinstance(where, dict):
        return where.get("commit")  # kept
    return where.commit()


@app.get("/")
def read(db: Session = Depends(get_db)):
    return [finish(db), finish({{"commit": "dict"}}), finish(Memory())]
"""
    prove(tmp_path, app, [("GET", "/")])


def test_same_names_in_other_scopes(tmp_path: Path) -> None:
    """A variable is a session at one line and something else at another."""
    app = f"""\
{HEAD}

def rows(db: Session):
    db = db.scalars(select(User.name).order_by(User.id)).all()
    db = {{"names": db}}  # kept
    session = db.get("names")  # kept
    return session.copy() if hasattr(session, "copy") else session  # kept


class Page:
    session: dict = {{}}  # kept

    def get(self, key):  # kept
        return self.session.get(key, "none")  # kept


@app.get("/")
def read(db: Session = Depends(get_db)):
    session = [1, 2]  # kept
    first = session.count(1)  # kept
    names = [session.upper() for session in ("a", "b")]  # kept
    with open("models.py") as session:
        session.close()  # kept
    session = db
    total = session.query(User).count()
    session = Page()  # kept
    return [first, names, total, session.get("x"), rows(db)]
"""
    prove(tmp_path, app, [("GET", "/")], codes=["may-block"])


def test_inspect_of_instances_and_classes(tmp_path: Path) -> None:
    """`inspect(user)` asks nothing of a database; nor does the `inspect` of the standard library."""
    app = f"""\
{HEAD}
import inspect as standard

from sqlalchemy import inspect
from sqlalchemy.orm import object_session


def changed(user):
    state = inspect(user)  # kept
    return [state.persistent, state.attrs.name.history.has_changes(), inspect(User).primary_key[0].name]  # kept


@app.get("/")
def read(db: Session = Depends(get_db)):
    user = db.get(User, 1)
    user.name = "new"  # kept
    name = standard.signature(changed).parameters.get("user").name  # kept
    return [changed(user), name, standard.isfunction(changed), db.is_modified(user), db.in_transaction()]
"""
    prove(tmp_path, app, [("GET", "/")])


def test_no_database_at_all() -> None:
    """A program of lookalikes alone is not touched, whatever its names are."""
    app = """\
from fastapi import Depends, FastAPI
from memory import Session, SessionLocal, get_db

app = FastAPI()


class Repository:
    def __init__(self, session: Session):
        self.session = session

    def get(self, model, key):
        return self.session.query(model).filter(key).first()


@app.get("/")
def read(db: Session = Depends(get_db)):
    with SessionLocal.begin() as session:
        session.execute("x")
    db.commit()
    return Repository(db).get("user", 1)
"""
    files = {"main.py": app, "memory.py": "from unknown import Session, SessionLocal, get_db\n"}
    assert migrate(files).files == files
    assert set(BASE)


def test_what_comes_with_a_session_in_one_dictionary(tmp_path: Path) -> None:
    """One parameter takes what a dictionary holds, the session among it: a `get` with one argument is no session's."""
    app = HEAD + """\

def operator_of(spec):
    return spec.get("op") or "=="  # kept


def label(text: str, size: int | None = None):
    return text.name if hasattr(text, "name") else f"{text}{size}"  # kept


@app.get("/users")
def read(db: Session = Depends(get_db)):
    common = {"db": db, "filter": {"op": "!="}, "user": db.get(User, 1)}
    found = [operator_of(common[key]) for key in ("filter",)]
    found += [label(common[key]["op"]) for key in ("filter",)]
    return [*found, common["db"].get(User, 1).name]
"""
    done = prove(tmp_path, {"main.py": app}, [("GET", "/users")])
    assert "def label(text: str" in done["main.py"]
    assert [line for line in done["main.py"].splitlines() if "# kept" in line] == [
        line for line in app.splitlines() if "# kept" in line
    ]
