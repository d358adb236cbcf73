"""Decorators that are used on functions that wait and on functions that do not."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

BOTH_KINDS = (
    HEAD
    + """
import functools
import logging
import time

log = logging.getLogger(__name__)


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            log.debug("%s took %s", function.__name__, time.perf_counter() - start)

    return wrapper


def listed(function):
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        return [result]

    return wrapper


@timed
def slug(text):
    return text.lower()


@timed
@listed
def load(db: Session, key: int):
    return db.get(User, key).name


@listed
def twice(number):
    return number * 2


class Label:
    def __init__(self, text):
        self.text = slug(text)

    @property
    @timed
    def shout(self):
        return self.text.upper()

    @timed
    def padded(self, width):
        return self.text.rjust(width)

    @timed
    def owner(self, db: Session, key: int):
        return self.padded(4) + db.get(User, key).name


@app.get("/plain")
def plain():
    return [slug("Y"), Label("Q").shout]


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    label = Label("X")
    names = sorted(["b", "A"], key=slug)
    return [load(db, key), slug("ABC"), names, twice(2), label.shout, label.owner(db, key), list(map(slug, "AB"))]
"""
)


def test_plain_functions_stay_plain(tmp_path: Path) -> None:
    migrated = prove(tmp_path, BOTH_KINDS, [("GET", "/plain"), ("GET", "/1")])
    text = migrated["main.py"]
    for still in ("\ndef slug(", "\ndef twice(", "\ndef plain(", "    def padded(", "sorted(['b', 'A'], key=slug)"):
        assert still.replace("'", '"') in text
    assert text.count("if iscoroutinefunction(function):") == 2
    assert text.count("async def wrapper(") == 2


def test_decorated_routes(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from functools import wraps

from fastapi import HTTPException


def require(role):
    def decorate(function):
        @wraps(function)
        def wrapper(*args, **kwargs):
            if kwargs["role"] != role:
                raise HTTPException(403, "no")
            return function(*args, **kwargs)

        return wrapper

    return decorate


@app.get("/plain/{key}")
@require("admin")
def plain(key: int, role: str):
    return key


@app.get("/{key}")
@require("admin")
def read(key: int, role: str, db: Session = Depends(get_db)):
    return db.get(User, key).name
"""
    )
    urls = ["/1?role=admin", "/1?role=x", "/plain/1?role=admin", "/plain/1?role=x"]
    migrated = prove(tmp_path, app, [("GET", url) for url in urls])
    assert "\ndef plain(" in migrated["main.py"]


def test_retries_sleep_in_a_thread_only_where_they_block_the_loop(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import time
from functools import wraps


def retry(times, errors):
    def decorate(function):
        @wraps(function)
        def wrapper(*args, **kwargs):
            for left in reversed(range(times)):
                try:
                    return function(*args, **kwargs)
                except errors:
                    time.sleep(0.001)
                    if not left:
                        raise

        return wrapper

    return decorate


tries = []


@retry(3, LookupError)
def load(db: Session, key: int):
    tries.append(key)
    user = db.get(User, key)
    if user is None:
        raise LookupError(key)
    return user.name


@retry(times=2, errors=(ValueError,))
def parse(text):
    tries.append(text)
    return int(text)


def number(text, default):
    try:
        return parse(text)
    except ValueError:
        return default


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    try:
        return [load(db, key), number("x", 0), number("3", 0), tries]
    except LookupError:
        return tries
"""
    )
    migrated = prove(tmp_path, app, [("GET", "/1"), ("GET", "/9")])
    assert "await run_in_threadpool(time.sleep, 0.001)" in migrated["main.py"]
    assert "\ndef parse(" in migrated["main.py"]


def test_decorator_that_asks_itself(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import asyncio
from functools import wraps


def traced(function):
    if asyncio.iscoroutinefunction(function):

        @wraps(function)
        async def wrapper(*args, **kwargs):
            return await function(*args, **kwargs)

    else:

        @wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

    return wrapper


@traced
def add(number):
    return number + 1


@traced
def name_of(db: Session, key: int):
    return db.get(User, key).name


@app.get("/async/{key}")
@traced
async def waiting(key: int):
    return [key]


@app.get("/{key}")
@traced
def read(key: int, db: Session = Depends(get_db)):
    return [name_of(db, key), add(1)]
"""
    )
    migrated = prove(tmp_path, app, [("GET", "/1"), ("GET", "/async/1")])
    assert "\ndef add(" in migrated["main.py"]
    assert "\n        def wrapper(" in migrated["main.py"]


def test_wrapper_that_opens_its_own_session(tmp_path: Path) -> None:
    """It waits, whatever it wraps."""
    app = (
        HEAD
        + """
from db import SessionLocal


def logged(function):
    def wrapper(*args):
        result = function(*args)
        with SessionLocal() as db:
            db.add(User(name=str(result)))
            db.commit()
        return result

    return wrapper


@logged
def add(number):
    return number + 1


@logged
def name_of(db: Session, key: int):
    return db.get(User, key).name


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return [name_of(db, key), add(1), db.query(User).count()]
"""
    )
    migrated = prove(tmp_path, app, [("GET", "/1")])
    assert "iscoroutinefunction" not in migrated["main.py"]


def test_the_function_that_a_wrapper_was_made_for(tmp_path: Path) -> None:
    app = """\
from functools import wraps

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


def shouted(function):
    @wraps(function)
    def inner(*args, **kwargs):
        return [name.upper() for name in function(*args, **kwargs)]

    return inner


@shouted
def names(db: Session, least: int = 0):
    return [user.name for user in db.query(User).filter(User.age >= least).order_by(User.id)]


@app.get("/loud")
def loud(db: Session = Depends(get_db)):
    return names(db)


@app.get("/plain")
def plain(db: Session = Depends(get_db)):
    original = names.__wrapped__
    return [original(db=db), names.__wrapped__(db, 30)]
"""
    prove(tmp_path, app, [("GET", "/loud"), ("GET", "/plain")])


def test_class_methods_behind_a_wrapper_run_for_the_class_that_is_asked(tmp_path: Path) -> None:
    base = """\
from sqlalchemy.orm import Session


def standard(method: str):
    def outer(function):
        def inner(*args, **kwargs):
            return {"method": method, "found": function(*args, **kwargs)}

        return inner

    return outer


class Responses:
    queries = None

    @classmethod
    @standard("GET")
    def get(cls, *, key: int, db: Session):
        return cls.queries.found(key=key, db=db).name

    @classmethod
    @standard("PUT")
    def put(cls, *, key: int, name: str, db: Session):
        return cls.queries.renamed(key=key, name=name, db=db).name
"""
    queries = """\
from models import User


class Queries:
    model = None

    @classmethod
    def found(cls, *, key, db):
        return db.query(cls.model).filter(cls.model.id == key).first()


class Users(Queries):
    model = User

    @classmethod
    def renamed(cls, *, key, name, db):
        user = cls.found(key=key, db=db)
        user.name = name
        db.commit()
        return user
"""
    services = """\
from base import Responses
from queries import Users


class UserResponses(Responses):
    queries = Users
"""
    main = """\
from fastapi import Depends, FastAPI

from db import get_db
from services import UserResponses

app = FastAPI()


def chosen():
    return [UserResponses]


service = chosen()[0]


@app.get("/users/{key}")
def get(key: int, db=Depends(get_db)):
    return service.get(key=key, db=db)


@app.put("/users/{key}")
def put(key: int, name: str, db=Depends(get_db)):
    return service.put(key=key, name=name, db=db)
"""
    files = {"base.py": base, "queries.py": queries, "services.py": services, "main.py": main}
    prove(tmp_path, files, [("GET", "/users/1"), ("PUT", "/users/1?name=eve"), ("GET", "/users/1")])


def test_a_decorator_that_steps_the_generator_of_a_session_gives_that_session_again(tmp_path: Path) -> None:
    """A second run sees what the first has written, `await generator.__anext__()`, for what it gives: else the reads
    behind it, which the first run has loaded, would be loads of an unknown session."""
    app = (
        HEAD
        + """
import logging
from contextlib import contextmanager
from functools import wraps

from db import SessionLocal


def logged(make):
    @wraps(make)
    def wrapper(*args, **kwargs):
        generator = make(*args, **kwargs)
        resource = next(generator)
        try:
            yield resource
        except Exception as error:
            logging.error("failed")
            try:
                generator.throw(error)
            except StopIteration:
                pass
            raise
        else:
            try:
                next(generator)
            except StopIteration:
                pass

    return wrapper


@logged
def get_session():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


session_scope = contextmanager(get_session)


def titles(user, db):
    return [post.title for post in user.posts]


def older(user: User, db: Session):
    if user.posts and user.posts[0].author.age > 0:
        user.age += len(titles(user, db))
    return user.age


@app.post("/users/{key}")
def make_older(key: int):
    with session_scope() as db:
        user = db.execute(select(User).where(User.id == key)).scalars().first()
        age = older(user, db)
        db.commit()
        return [age, titles(user, db)]


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_session)):
    user = db.get(User, key)
    return [user.age, titles(user, db)]
"""
    )
    prove(tmp_path, app, [("POST", "/users/1"), ("GET", "/users/1"), ("GET", "/users/3")])
