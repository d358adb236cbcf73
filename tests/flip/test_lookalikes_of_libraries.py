"""Sessions, queries and commits of other libraries stay, next to a database that becomes async."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove
from .test_lookalikes import HEAD

#: a library in which everything can be called, entered, indexed and iterated, and nothing can be awaited
ANYTHING = """\
class Kind(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Thing()


class Thing(metaclass=Kind):
    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Thing()

    def __call__(self, *args, **kwargs):
        return Thing()

    def __getitem__(self, key):
        return Thing()

    def __setitem__(self, key, value):
        pass

    def __iter__(self):
        return iter([1, 2])

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return None

    def __str__(self):
        return "thing"


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Thing
"""
NAMES = "requests boto3 pymongo redis git neo4j elasticsearch tinydb pandas peewee psycopg2 ldap3"
LIBRARIES = {f"{name}.py": ANYTHING for name in NAMES.split()}

#: what a route does with an object of another library
USES = {
    "boto3": """\
    session = boto3.Session()
    table = session.resource("dynamodb").Table("t")
    rows = [str(table.query(x=1)), str(table.get(1)), str(session.close()), str(table.delete(1))]
""",
    "pymongo": """\
    client = pymongo.MongoClient("x")  # kept
    with client.start_session() as session:  # kept
        with session.start_transaction():  # kept
            client.shop.users.delete(1)  # kept
        session.commit()  # kept
        session.rollback()  # kept
    rows = [str(client.shop.users.find({}).first()), str(client.get("x")), str(client.close())]  # kept
""",
    "redis": """\
    db = redis.Redis()  # kept
    with db.pipeline() as pipe:  # kept
        pipe.get("a")  # kept
        pipe.delete("a")  # kept
        rows = [str(pipe.execute())]  # kept
    rows += [str(db.hvals("a")), str(db.flush()), str(db.close()), str(db.scalar("x"))]  # kept
""",
    "git": """\
    repo = git.Repo(".")  # kept
    repo.index.add(["x"])  # kept
    rows = [str(repo.index.commit("x")), str(repo.git.execute("x")), str(repo.refresh())]  # kept
""",
    "neo4j": """\
    driver = neo4j.GraphDatabase.driver("x")  # kept
    with driver.session() as session:  # kept
        with session.begin_transaction() as tx:  # kept
            tx.run("x")  # kept
            tx.commit()  # kept
        rows = [str(session.run("x").single()), str(session.execute("x")), str(session.close())]  # kept
""",
    "elasticsearch": """\
    es = elasticsearch.Elasticsearch()  # kept
    query = es.query("match").filter("term").first()  # kept
    rows = [str(query), str(es.query("x").all()), str(es.get(index="x")), str(es.query("x").count())]  # kept
""",
    "tinydb": """\
    db = tinydb.TinyDB("x.json")  # kept
    Query = tinydb.Query()  # kept
    rows = [str(db.get(Query.name == "x")), str(db.all()), str(db.close()), str(db.table("x").count())]  # kept
""",
    "pandas": """\
    df = pandas.DataFrame()  # kept
    db = df.query("a > 1")  # kept
    rows = [str(db.first()), str(db.count()), str(df.filter(["a"]).all()), str(df.merge(db)), str(db.get("a"))]  # kept
""",
    "peewee": """\
    db = peewee.SqliteDatabase("x")  # kept
    with db.connection() as connection:  # kept
        connection.execute("x")  # kept
    rows = [str(db.execute("x")), str(db.commit()), str(db.close()), str(db.begin())]  # kept
""",
    "psycopg2": """\
    db = psycopg2.connect("x")  # kept
    cursor = db.cursor()  # kept
    cursor.execute("x")  # kept
    db.commit()  # kept
    with psycopg2.connect("x") as session, session.cursor() as inner:  # kept
        inner.execute("x")  # kept
        session.rollback()  # kept
    rows = [str(cursor.fetchall()), str(db.close())]  # kept
""",
    "ldap3": """\
    connection = ldap3.Connection("x")  # kept
    engine = connection.begin()  # kept
    rows = [str(connection.execute("x")), str(engine.connect()), str(engine.dispose())]  # kept
""",
}


@pytest.mark.parametrize("name", USES)
def test_in_a_route_that_becomes_async(tmp_path: Path, name: str) -> None:
    app = f"""\
{HEAD}
import {name}  # kept


@app.get("/")
def read(real: Session = Depends(get_db)):
{USES[name]}    return [rows, real.get(User, 1).name, real.query(User).first().name]
"""
    codes = ["may-block"] if name in ("psycopg2", "ldap3") else []
    done = prove(tmp_path, app, [("GET", "/")], codes=codes, installed=LIBRARIES)
    assert "async def read" in done["main.py"]


@pytest.mark.parametrize("name", USES)
def test_in_functions_of_their_own(tmp_path: Path, name: str) -> None:
    """Nothing but names of parameters; and the object is made in one place and used in another."""
    app = f"""\
{HEAD}
import {name}  # kept

db = {name}.Session()  # kept


def get_session():  # kept
    session = {name}.Session()  # kept
    try:
        yield session
    finally:
        session.close()  # kept


def save(db):  # kept
    db.execute("x")  # kept
    db.commit()  # kept
    return str(db.query("x").all())  # kept


@app.get("/own")
def own(session=Depends(get_session)):  # kept
    session.commit()  # kept
    return [save(session), save(db), str(db.scalars("x")), str(session.get("x"))]  # kept


@app.get("/")
def read(real: Session = Depends(get_db), session: {name}.Session = Depends(get_session)):
    session.rollback()
    return [save(session), real.scalars(select(User.name)).first()]
"""
    prove(tmp_path, app, [("GET", "/"), ("GET", "/own")], installed=LIBRARIES)
