"""Sessions that are opened and closed by hand, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

USERS = [("GET", "/users"), ("GET", "/users/1"), ("GET", "/users/9")]


def test_decorator_that_makes_a_session(tmp_path: Path) -> None:
    """Decorators that make a session and hand it in as a keyword or as the first argument."""
    deco = """\
from functools import wraps

from db import SessionLocal


def provide_session(func):
    @wraps(func)
    def wrapper(*args, **kwargs):
        if kwargs.get("session") is not None:
            return func(*args, **kwargs)
        with SessionLocal() as session:
            kwargs["session"] = session
            return func(*args, **kwargs)

    return wrapper


def transactional(func):
    @wraps(func)
    def wrapper(*args, **kwargs):
        session = SessionLocal()
        try:
            result = func(session, *args, **kwargs)
            session.commit()
            return result
        except Exception:
            session.rollback()
            raise
        finally:
            session.close()

    return wrapper


def inject(name="db", commit=False):
    def decorate(func):
        @wraps(func)
        def wrapper(*args, **kwargs):
            with SessionLocal() as session:
                result = func(*args, **kwargs, **{name: session})
                if commit:
                    session.commit()
                return result

        return wrapper

    return decorate
"""
    app = """\
from fastapi import FastAPI

from deco import inject, provide_session, transactional
from models import User

app = FastAPI()


@provide_session
def count(least=0, *, session=None):
    return session.query(User).filter(User.age >= least).count()


@provide_session
def both(session=None):
    return [count(session=session), count(30, session=session)]


@transactional
def add(session, name):
    user = User(name=name)
    session.add(user)
    session.flush()
    if name == "bad":
        raise ValueError(name)
    return user.id


@inject("s", commit=True)
def older(s):
    for user in s.query(User).all():
        user.age += 1


@app.get("/users")
def users():
    return [count(), count(25), both()]


@app.post("/users")
def create(name: str):
    try:
        key = add(name)
    except ValueError:
        return "refused"
    older()
    return [key, count(21)]
"""
    prove(
        tmp_path,
        {"deco.py": deco, "main.py": app},
        [USERS[0], ("POST", "/users?name=x"), ("POST", "/users?name=bad"), USERS[0]],
    )


def test_session_closed_by_a_background_task(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from fastapi import BackgroundTasks

from db import SessionLocal

log = []


def finish(db: Session, name: str):
    db.add(User(name=name))
    db.commit()
    log.append(name)
    db.close()


def by_itself(name):
    with SessionLocal() as db:
        db.add(User(name=name))
        db.commit()


@app.post("/users")
def add(name: str, tasks: BackgroundTasks):
    db = SessionLocal()
    before = db.query(User).count()
    tasks.add_task(finish, db, name)
    tasks.add_task(by_itself, name=name + "2")
    tasks.add_task(db.close)
    return before


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [db.query(User).count(), log]
"""
    )
    prove(tmp_path, app, [("POST", "/users?name=x"), ("POST", "/users?name=y"), USERS[0]])


def test_generator_dependency_driven_by_hand(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from contextlib import closing, contextmanager

from fastapi import BackgroundTasks

scope = contextmanager(get_db)


def job(key: int):
    db = next(get_db())
    user = db.get(User, key)
    user.age += 1
    db.commit()


def loop_over(key):
    for db in get_db():
        return db.get(User, key).age


@app.post("/users/{key}")
def older(key: int, tasks: BackgroundTasks):
    tasks.add_task(job, key)
    gen = get_db()
    db = next(gen)
    age = db.get(User, key).age
    try:
        next(gen)
    except StopIteration:
        pass
    with scope() as db:
        again = db.get(User, key).age
    with contextmanager(get_db)() as db:
        third = db.get(User, key).age
    return [age, again, third, loop_over(key)]


@app.get("/users/{key}")
def read(key: int):
    session: Session = next(get_db())
    try:
        found = session.query(User).filter(User.id == key).first()
        return found.age if found else None
    finally:
        session.close()
"""
    )
    prove(tmp_path, app, [("POST", "/users/1"), ("POST", "/users/1"), *USERS[1:]])


def test_sessions_outside_of_dependencies(tmp_path: Path) -> None:
    """Startup, a worker task in the loop, a script: each opens its own."""
    app = """\
import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI

from db import SessionLocal
from models import User

seen = {"start": 0, "worker": 0}


def warm():
    with SessionLocal() as db:
        seen["start"] = db.query(User).count()


async def worker(stop: asyncio.Event):
    while not stop.is_set():
        db = SessionLocal()
        try:
            seen["worker"] = db.query(User).filter(User.age > 25).count()
        finally:
            db.close()
        stop.set()


@asynccontextmanager
async def lifespan(app: FastAPI):
    warm()
    stop = asyncio.Event()
    task = asyncio.create_task(worker(stop))
    await stop.wait()
    yield
    await task


app = FastAPI(lifespan=lifespan)


@app.get("/users")
def users():
    return seen
"""
    seed = """\
from db import SessionLocal
from models import User


def seed():
    session = SessionLocal()
    if session.query(User).filter_by(name="admin").first() is None:
        session.add(User(name="admin"))
        session.commit()
    print(session.query(User).count())
    session.close()


if __name__ == "__main__":
    seed()
"""
    prove(tmp_path, {"main.py": app, "seed.py": seed}, USERS[:1], [["seed.py"], ["seed.py"]])
