"""Through the call graph: decorators, closures, handed functions, generators, comprehensions."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_wrapping_decorator_on_database_functions(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from functools import wraps


def transactional(function):
    @wraps(function)
    def wrapper(db, *args, **kwargs):
        try:
            result = function(db, *args, **kwargs)
            db.commit()
            return result
        except Exception:
            db.rollback()
            raise

    return wrapper


@transactional
def add(db: Session, name: str):
    user = User(name=name)
    db.add(user)
    db.flush()
    return user.id


@transactional
def rename(db: Session, key: int, name: str):
    db.get(User, key).name = name
    return key


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    key = add(db, name)
    return [rename(db, key, name=name + "!"), db.get(User, key).name]
"""
    )
    prove(tmp_path, app, [("POST", "/users?name=x")])


def test_wrapping_decorator_on_both_kinds(tmp_path: Path) -> None:
    """The wrapper must stay right for functions that wait and for those that do not."""
    app = (
        HEAD
        + """
import functools


def handle_errors(default=None):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except (ValueError, AttributeError):
                return default

        return wrapper

    return decorate


@handle_errors(default=-1)
def parse(text):
    return int(text)


@handle_errors(default="nobody")
def name_of(db: Session, key: int):
    return db.get(User, key).name


def numbers(texts):
    return sorted(texts, key=parse)


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return [name_of(db, key), parse("x"), numbers(["3", "1"])]


@app.get("/plain")
def plain():
    return parse("7")
"""
    )
    prove(tmp_path, app, [("GET", "/users/1"), ("GET", "/users/9"), ("GET", "/plain")])


def test_decorator_that_injects_a_session(tmp_path: Path) -> None:
    app = """\
from functools import wraps

from fastapi import FastAPI

from db import SessionLocal
from models import User

app = FastAPI()


def with_session(function):
    @wraps(function)
    def inner(*args, **kwargs):
        with SessionLocal() as session:
            return function(*args, session=session, **kwargs)

    return inner


@with_session
def count(minimum, session=None):
    return session.query(User).filter(User.age >= minimum).count()


@app.get("/users")
def users():
    return [count(10), count(minimum=30)]
"""
    prove(tmp_path, app, [("GET", "/users")])


def test_partial_dict_and_default_arguments(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from functools import partial


def older(db: Session, age: int):
    return db.query(User).filter(User.age > age).count()


def younger(db: Session, age: int):
    return db.query(User).filter(User.age < age).count()


def plain(db, age):
    return age


ACTIONS = {"older": older, "younger": younger}


def run(db, what, action=older):
    return action(db, what)


@app.get("/{name}")
def read(name: str, db: Session = Depends(get_db)):
    limit = partial(older, db)
    bound = partial(younger, age=25)
    action = ACTIONS.get(name, older)
    return [limit(25), bound(db), action(db, 25), ACTIONS["older"](db, 1), run(db, 35), run(db, 35, action=younger)]
"""
    )
    prove(tmp_path, app, [("GET", "/older"), ("GET", "/younger"), ("GET", "/x")])


def test_dict_with_both_kinds(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

def count(db: Session):
    return db.query(User).count()


def zero(db: Session):
    return 0


CHOICES = {"count": count, "zero": zero}


@app.get("/direct")
def direct(db: Session = Depends(get_db)):
    return zero(db)


@app.get("/by/{name}")
def read(name: str, db: Session = Depends(get_db)):
    return CHOICES[name](db)
"""
    )
    prove(tmp_path, app, [("GET", "/direct"), ("GET", "/by/count"), ("GET", "/by/zero")])


def test_expressions(tmp_path: Path) -> None:
    """Comprehensions with conditions, any and all, walrus, match, conditional expressions, chained comparisons."""
    app = (
        HEAD
        + """

def grown(db: Session, key: int) -> bool:
    user = db.get(User, key)
    return user is not None and user.age >= 30


def name_of(db: Session, key: int):
    user = db.get(User, key)
    return user.name if user else ""


@app.get("/all")
def read(db: Session = Depends(get_db)):
    keys = [1, 2, 3]
    first = [k for k in keys if grown(db, k)]
    second = {k: name_of(db, k) for k in keys if not grown(db, k)}
    third = {name_of(db, k) for k in keys}
    fourth = any(grown(db, k) for k in keys)
    fifth = all(grown(db, k) for k in keys)
    sixth = ",".join(name_of(db, k) for k in keys)
    seventh = sum(1 for k in keys if grown(db, k))
    eighth = list(name_of(db, k) for k in keys)
    ninth = next((k for k in keys if grown(db, k) and k > 1), None)
    tenth = [n for k in keys if (n := name_of(db, k)) and n != "bob"]
    return [first, second, sorted(third), fourth, fifth, sixth, seventh, eighth, ninth, tenth]


@app.get("/lambda")
def lambdas(db: Session = Depends(get_db)):
    keys = [3, 1, 2]
    by_name = sorted(keys, key=lambda k: name_of(db, k))
    mapped = list(map(lambda k: name_of(db, k), keys))
    kept = list(filter(lambda k: grown(db, k), keys))
    best = max(keys, key=lambda k: db.get(User, k).age)
    return [by_name, mapped, kept, best]


@app.get("/match/{key}")
def matched(key: int, db: Session = Depends(get_db)):
    match name_of(db, key):
        case "":
            result = "none"
        case name if grown(db, key):
            result = name.upper()
        case name:
            result = name
    while (name := name_of(db, key)) and key < 5:
        result += name
        key += 1
    return result if grown(db, 1) and not grown(db, 2) else None


@app.get("/try/{key}")
def tried(key: int, db: Session = Depends(get_db)):
    log = []
    try:
        log.append(db.get_one(User, key).name)
    except Exception as error:
        log.append(type(error).__name__)
        log.append(name_of(db, 1))
    else:
        log.append(name_of(db, 2))
    finally:
        log.append(db.query(User).count())
    return log


@app.get("/star")
def stars(db: Session = Depends(get_db)):
    pair = (db, 1)
    return [name_of(*pair), name_of(**{"db": db, "key": 2}), f"{name_of(db, 3)}!", name_of(db, 1)[0]]
"""
    )
    urls = ["/all", "/lambda", "/match/1", "/match/2", "/match/9", "/try/1", "/try/9", "/star"]
    prove(tmp_path, app, [("GET", u) for u in urls])


def test_nested_functions_and_recursion(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

def walk(db: Session, key: int):
    if key > 3:
        return []
    return [db.get(User, key).name, *walk(db, key + 1)]


def even(db: Session, n: int):
    return n == 0 or odd(db, n - 1)


def odd(db: Session, n: int):
    db.get(User, 1)
    return n != 0 and even(db, n - 1)


@app.get("/walk")
def read(db: Session = Depends(get_db)):
    def name_of(key):
        return db.get(User, key).name

    def twice(key):
        def inner():
            return name_of(key) * 2

        return inner()

    def plain(key):
        return key + 1

    counter = 0

    def count():
        nonlocal counter
        counter += db.query(User).count()

    count()
    count()
    return [walk(db, 1), twice(1), plain(1), counter, even(db, 4)]
"""
    )
    done = prove(tmp_path, app, [("GET", "/walk")])
    assert "    def plain(key):" in done["main.py"]


def test_closure_factories(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

def make_counter(model):
    def counter(db: Session):
        return db.query(model).count()

    return counter


def require(name: str):
    def checker(db: Session = Depends(get_db)):
        return db.query(User).filter(User.name == name).first() is not None

    return checker


count_users = make_counter(User)


@app.get("/users", dependencies=[Depends(require("bob"))])
def users(db: Session = Depends(get_db), ann: bool = Depends(require("ann")), zed: bool = Depends(require("zed"))):
    return [count_users(db), make_counter(User)(db), ann, zed]
"""
    )
    prove(tmp_path, app, [("GET", "/users")])


def test_generators_of_rows(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from typing import Iterator


def names(db: Session) -> Iterator[str]:
    for user in db.query(User).order_by(User.id):
        yield user.name


def shouted(db: Session):
    for name in names(db):
        yield name.upper()


def both(db: Session):
    yield from names(db)
    yield from shouted(db)


def pages(db: Session, size: int):
    page = 0
    while True:
        rows = db.query(User).order_by(User.id).offset(page * size).limit(size).all()
        if not rows:
            return
        yield rows
        page += 1


@app.get("/names")
def read(db: Session = Depends(get_db)):
    return {
        "list": list(names(db)),
        "comp": [n for n in shouted(db)],
        "set": sorted({n for n in names(db)}),
        "dict": {n: len(n) for n in names(db)},
        "both": list(both(db)),
        "next": next(names(db)),
        "sorted": sorted(shouted(db), reverse=True),
        "enumerate": [f"{i}{n}" for i, n in enumerate(names(db))],
        "zip": [list(p) for p in zip(names(db), shouted(db))],
        "join": ",".join(names(db)),
        "any": any(n == "bob" for n in names(db)),
        "pages": [[u.name for u in page] for page in pages(db, 2)],
        "star": [*names(db)],
    }
"""
    )
    prove(tmp_path, app, [("GET", "/names")])


def test_streaming_response(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from fastapi.responses import StreamingResponse


@app.get("/csv")
def csv(db: Session = Depends(get_db)):
    def lines():
        yield "name\\n"
        for user in db.query(User).order_by(User.id).all():
            yield f"{user.name}\\n"

    return StreamingResponse(lines(), media_type="text/csv")


def export(db: Session):
    for user in db.scalars(select(User).order_by(User.id)):
        yield user.name


@app.get("/export")
def exported(db: Session = Depends(get_db)):
    return StreamingResponse(export(db))
"""
    )
    prove(tmp_path, app, [("GET", "/csv"), ("GET", "/export")])


def test_handed_to_the_framework(tmp_path: Path) -> None:
    """Background tasks, exception handlers, thread pools."""
    app = (
        HEAD
        + """
from fastapi import BackgroundTasks, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from db import SessionLocal


class Missing(Exception):
    pass


@app.exception_handler(Missing)
def missing(request: Request, error: Missing):
    with SessionLocal() as db:
        return JSONResponse({"left": db.query(User).count()}, status_code=404)


def on_value_error(request: Request, error: ValueError):
    with SessionLocal() as db:
        return JSONResponse([db.get(User, 1).name], status_code=400)


app.add_exception_handler(ValueError, on_value_error)


def on_key_error(request: Request, error: KeyError):
    with SessionLocal() as db:
        return JSONResponse([db.get(User, 2).name], status_code=400)


app.exception_handler(KeyError)(on_key_error)


def note(name: str):
    with SessionLocal() as db:
        db.add(User(name=name))
        db.commit()


def count(db: Session):
    return db.query(User).count()


@app.post("/users")
def add(name: str, tasks: BackgroundTasks):
    tasks.add_task(note, name)
    tasks.add_task(note, name=name + "2")
    return "ok"


@app.get("/pool")
async def pool(db: Session = Depends(get_db)):
    return await run_in_threadpool(count, db)


@app.get("/missing")
def lost():
    raise Missing()


@app.get("/value")
def value():
    raise ValueError()


@app.get("/key")
def key():
    raise KeyError()
"""
    )
    raising = [("GET", "/missing"), ("GET", "/value"), ("GET", "/key")]
    prove(tmp_path, app, [("POST", "/users?name=x"), ("GET", "/pool"), *raising])


def test_websocket(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from fastapi import WebSocket


@app.websocket("/ws")
async def talk(socket: WebSocket, db: Session = Depends(get_db)):
    await socket.accept()
    for _ in range(2):
        key = int(await socket.receive_text())
        user = db.get(User, key)
        await socket.send_json([user.name if user else None, db.query(User).count()])
    await socket.close()
"""
    )
    prove(tmp_path, app, [("WS", "/ws", ["1", "9"])])


def test_overrides_and_super(tmp_path: Path) -> None:
    """An override that does not wait becomes async with the others; super() calls are awaited."""
    app = (
        HEAD
        + """

class Source:
    def __init__(self, db):
        self.db = db

    def names(self):
        raise NotImplementedError

    def first(self):
        return self.names()[0]

    @classmethod
    def made(cls, db):
        return cls(db)

    @staticmethod
    def counted(db):
        return db.query(User).count()


class FromDb(Source):
    def names(self):
        return [u.name for u in self.db.query(User).order_by(User.id)]


class Fixed(Source):
    def names(self):
        return ["fixed"]


class Loud(FromDb):
    def names(self):
        return [n.upper() for n in super().names()]


def source(kind, db) -> Source:
    return {"db": FromDb, "fixed": Fixed, "loud": Loud}[kind](db)


@app.get("/{kind}")
def read(kind: str, db: Session = Depends(get_db)):
    chosen = source(kind, db)
    return [chosen.first(), chosen.names(), Source.counted(db), Loud.made(db).first()]
"""
    )
    prove(tmp_path, app, [("GET", "/db"), ("GET", "/fixed"), ("GET", "/loud")])


def test_callables_kept_on_objects(tmp_path: Path) -> None:
    """A callable attribute and a list of steps."""
    app = (
        HEAD
        + """

def count(db: Session):
    return db.query(User).count()


def first(db: Session):
    return db.query(User).order_by(User.id).first().name


class Runner:
    def __init__(self, db, steps):
        self.db = db
        self.steps = steps

    def run(self):
        return [step(self.db) for step in self.steps]


class Job:
    def __init__(self, action):
        self.action = action

    def __call__(self, db):
        return self.action(db)


@app.get("/run")
def read(db: Session = Depends(get_db)):
    job = Job(count)
    return [Runner(db, [count, first]).run(), job(db), (lambda: count(db))()]
"""
    )
    prove(tmp_path, app, [("GET", "/run")])
