"""Engines, connections, transactions, savepoints, bulk methods: the API below and beside the ORM."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD


def test_engine_and_connection(tmp_path: Path) -> None:
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy import Connection, text

from db import engine

app = FastAPI()


def get_conn():
    with engine.connect() as conn:
        yield conn


def count(conn: Connection) -> int:
    return conn.execute(text("select count(*) from users")).scalar_one()


@app.post("/users")
def add(name: str):
    with engine.begin() as conn:
        conn.execute(text("insert into users (name, age) values (:n, 1)"), {"n": name})
        inner = count(conn)
    with engine.connect() as conn, conn.begin():
        conn.execute(text("update users set age = age + 1"))
    with engine.connect() as c:
        tx = c.begin()
        c.execute(text("delete from users"))
        tx.rollback()
    return inner


@app.get("/users")
def users(conn: Connection = Depends(get_conn)):
    rows = conn.execute(text("select name, age from users order by id")).mappings().all()
    names = [r[0] for r in conn.execute(text("select name from users order by id")).fetchall()]
    first = conn.exec_driver_sql("select 1").fetchone()
    return [[dict(r) for r in rows], names, first[0], count(conn), conn.scalar(text("select max(id) from users"))]
"""
    prove(tmp_path, app, [("POST", "/users?name=x"), ("GET", "/users")])


def test_transactions_of_sessions(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from sqlalchemy import text

from db import SessionLocal


@app.post("/a")
def a():
    with SessionLocal() as db, db.begin():
        db.add(User(name="a"))
    with SessionLocal.begin() as db:
        db.add(User(name="b"))
        try:
            with db.begin_nested():
                db.add(User(name="gone"))
                db.flush()
                raise ValueError
        except ValueError:
            pass
        point = db.begin_nested()
        db.add(User(name="also gone"))
        point.rollback()
    with SessionLocal() as db:
        return [r.name for r in db.execute(text("select name from users order by id")).fetchall()]


@app.post("/b")
def b(db: Session = Depends(get_db)):
    tx = db.begin()
    db.add(User(name="c"))
    tx.commit()
    conn = db.connection()
    total = conn.execute(text("select count(*) from users")).scalar()
    return [total, db.in_transaction(), db.execute(text("select 1")).first()[0]]


@app.post("/bulk")
def bulk(db: Session = Depends(get_db)):
    db.bulk_save_objects([User(name="d"), User(name="e")])
    db.bulk_insert_mappings(User, [{"name": "f", "age": 3}])
    db.commit()
    with db.no_autoflush:
        db.add(User(name="g"))
        some = db.query(User).filter(User.name == "g").count()
    db.expunge_all()
    merged = db.merge(User(id=1, name="merged", age=1))
    db.commit()
    result = db.query(User).filter(User.age == 3).update({"age": 4})
    gone = db.query(User).filter(User.age == 4).delete()
    db.commit()
    return [some, merged.name, result, gone, db.query(User).count()]


@app.get("/stream")
def stream(db: Session = Depends(get_db)):
    result = db.execute(select(User).order_by(User.id))
    names = [u.name for u in result.scalars()]
    user = db.scalars(select(User).where(User.id == 1)).one()
    db.refresh(user)
    db.expire(user)
    db.refresh(user)
    user2 = db.get(User, 2)
    db.delete(user2)
    db.flush()
    db.rollback()
    return [names, len(names), db.scalar(select(User.name).where(User.id == 2))]
"""
    )
    prove(tmp_path, app, [("POST", "/a"), ("POST", "/b"), ("POST", "/bulk"), ("GET", "/stream")])


def test_error_handling_around_commits(tmp_path: Path) -> None:
    models_app = (
        HEAD
        + """
from fastapi import HTTPException
from sqlalchemy.exc import IntegrityError, NoResultFound


@app.post("/users/{key}")
def add(key: int, db: Session = Depends(get_db)):
    db.add(User(id=key, name="x"))
    try:
        db.commit()
    except IntegrityError:
        db.rollback()
        raise HTTPException(409, "there already")
    except Exception:
        db.rollback()
        raise
    else:
        log = "ok"
    finally:
        total = db.query(User).count()
    return [log, total]


@app.get("/users/{key}")
def one(key: int, db: Session = Depends(get_db)):
    try:
        return db.query(User).filter(User.id == key).one().name
    except NoResultFound as error:
        raise HTTPException(404) from error
"""
    )
    prove(tmp_path, models_app, [("POST", "/users/1"), ("POST", "/users/7"), ("GET", "/users/7"), ("GET", "/users/9")])


BARE = (
    HEAD
    + """
from db import engine


@app.get("/")
def health():
    try:
        with engine.connect() as conn:
            return conn.execute("select 1").scalar()
    except Exception as error:
        return type(error).__name__
"""
)


def test_a_bare_string_of_which_sqlalchemy_2_says_that_it_is_no_statement_stays_wrong(tmp_path: Path) -> None:
    after = prove(tmp_path, {"main.py": BARE, "requirements.txt": "sqlalchemy==2.0.23\n"}, [("GET", "/")])
    assert '(await conn.execute("select 1")).scalar()' in after["main.py"]


def test_a_bare_string_of_sqlalchemy_1_goes_to_the_driver() -> None:
    after = migrate({**BASE, "main.py": BARE, "requirements.txt": "sqlalchemy==1.4.23\n"})["main.py"]
    assert '(await conn.exec_driver_sql("select 1")).scalar()' in after
