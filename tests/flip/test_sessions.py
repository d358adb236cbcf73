"""Where sessions come from: every spelling, every way to carry one about."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

ALL = [("GET", "/users"), ("GET", "/users/1"), ("GET", "/users/9")]

ROUTES = """

@app.get("/users")
def users(db{how}):
    return [u.name for u in db.query(User).order_by(User.id).all()]


@app.get("/users/{{key}}")
def user(key: int, db{how}):
    found = db.query(User).filter(User.id == key).first()
    return found.name if found else None
"""


def test_without_annotation(tmp_path: Path) -> None:
    prove(tmp_path, HEAD + ROUTES.format(how="=Depends(get_db)"), ALL)


def test_annotated_alias_from_another_file(tmp_path: Path) -> None:
    deps = """\
from typing import Annotated, TypeAlias

from fastapi import Depends
from sqlalchemy import orm

from db import get_db

Db: TypeAlias = Annotated[orm.Session, Depends(get_db)]
"""
    routes = ROUTES.format(how=": Db").replace("key: int, db: Db", "key: int, db: Db")
    prove(tmp_path, {"deps.py": deps, "main.py": HEAD + "from deps import Db\n" + routes}, ALL)


def test_module_spellings(tmp_path: Path) -> None:
    """`import sqlalchemy as sa`, `from sqlalchemy import orm`, string annotations, TYPE_CHECKING."""
    db = """\
import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy import orm

engine = sa.create_engine("sqlite:///./app.db")
Maker = sa.orm.sessionmaker(engine)


def get_db() -> "orm.Session":
    with Maker() as session:
        yield session
"""
    crud = """\
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from sqlalchemy import select
from models import User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def one(db: Session, key: int) -> Optional[User]:
    return db.execute(select(User).where(User.id == key)).scalar_one_or_none()


def count(db: "Session | None" = None) -> int:
    return len(db.scalars(select(User)).all()) if db is not None else 0
"""
    app = """\
from fastapi import Depends, FastAPI
import sqlalchemy.orm as so

import crud
import db as database

app = FastAPI()


@app.get("/users/{key}")
def user(key: int, db: so.Session = Depends(database.get_db)):
    found = crud.one(db, key)
    return [found.name if found else None, crud.count(db), crud.count()]
"""
    prove(tmp_path, {"db.py": db, "crud.py": crud, "main.py": app}, ALL[1:])


def test_service_by_class_dependency(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

class Repository:
    def __init__(self, db: Session = Depends(get_db)):
        self.db = db

    def find(self, key):
        return self.db.get(User, key)


class Service:
    def __init__(self, repository: Repository = Depends()):
        self.repository = repository

    def name(self, key):
        user = self.repository.find(key)
        return user.name if user else "nobody"


@app.get("/users/{key}")
def user(key: int, service: Service = Depends(Service)):
    return service.name(key)
"""
    )
    prove(tmp_path, app, ALL[1:])


def test_class_dependency_that_queries(tmp_path: Path) -> None:
    """FastAPI calls the class: what waits in `__init__` cannot wait there."""
    app = (
        HEAD
        + """
from fastapi import HTTPException


class Current:
    def __init__(self, key: int, db: Session = Depends(get_db)):
        user = db.get(User, key)
        if user is None:
            raise HTTPException(404)
        self.user = user


@app.get("/users/{key}")
def user(current: Current = Depends(Current)):
    return current.user.name


@app.get("/other/{key}")
def other(current: Current = Depends()):
    return current.user.age
"""
    )
    prove(tmp_path, app, [*ALL[1:], ("GET", "/other/2")])


def test_callable_instance_dependency(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

class AtLeast:
    def __init__(self, age: int):
        self.age = age

    def __call__(self, db: Session = Depends(get_db)):
        return [u.name for u in db.scalars(select(User).where(User.age >= self.age).order_by(User.id))]


grown = AtLeast(30)


@app.get("/users")
def users(names=Depends(grown), others: list = Depends(AtLeast(20))):
    return [names, others]
"""
    )
    prove(tmp_path, app, ALL[:1])


def test_generic_repository(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from abc import ABC, abstractmethod
from typing import Generic, Protocol, TypeVar

from models import Base, Post

M = TypeVar("M", bound=Base)


class Reads(Protocol):
    def find(self, key: int): ...


class Abstract(ABC, Generic[M]):
    @abstractmethod
    def find(self, key: int) -> M | None: ...

    @abstractmethod
    def all(self) -> list[M]: ...


class Repository(Abstract[M]):
    model: type[M]

    def __init__(self, session: Session):
        self.session = session

    def find(self, key: int) -> M | None:
        return self.session.get(self.model, key)

    def all(self) -> list[M]:
        return self.session.query(self.model).order_by(self.model.id).all()


class Users(Repository[User]):
    model = User

    def find(self, key):
        user = super().find(key)
        return user if user is None or user.age < 40 else None


class Posts(Repository[Post]):
    model = Post


def describe(reads: Reads, key: int):
    row = reads.find(key)
    return row.id if row else None


def total(repository: Abstract) -> int:
    return len(repository.all())


@app.get("/users/{key}")
def user(key: int, db: Session = Depends(get_db)):
    users = Users(db)
    return [describe(users, key), describe(Posts(db), key), total(users), total(Posts(db))]
"""
    )
    prove(tmp_path, app, [*ALL[1:], ("GET", "/users/3")])


def test_context_manager_scope(tmp_path: Path) -> None:
    db = """\
from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///./app.db")
factory = sessionmaker(bind=engine)


@contextmanager
def session_scope() -> Session:
    session = factory()
    try:
        yield session
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


@contextmanager
def plain(text):
    yield text + "!"
"""
    app = """\
from fastapi import FastAPI

from db import plain, session_scope
from models import User

app = FastAPI()


@app.post("/users")
def add(name: str):
    with session_scope() as s, session_scope() as other:
        before = other.query(User).count()
        s.add(User(name=name))
    with plain("a") as a, session_scope() as s, plain("b") as b:
        return [before, s.query(User).count(), a, b]


@app.get("/users/{key}")
def read(key: int):
    with plain("x") as x:
        with session_scope() as s:
            user = s.get(User, key)
            return [x, user.name if user else None]


@app.get("/fail")
def fail():
    try:
        with session_scope() as s:
            s.add(User(name="never"))
            s.flush()
            raise ValueError("no")
    except ValueError:
        pass
    with session_scope() as s:
        return s.query(User).filter(User.name == "never").count()
"""
    prove(tmp_path, {"db.py": db, "main.py": app}, [("POST", "/users?name=x"), *ALL[1:], ("GET", "/fail")])


def test_next_get_db(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

@app.get("/users/{key}")
def read(key: int):
    db = next(get_db())
    user = db.get(User, key)
    name = user.name if user else None
    db.close()
    return name


@app.get("/gen/{key}")
def driven(key: int):
    gen = get_db()
    db = next(gen)
    try:
        user = db.get(User, key)
        return user.name if user else None
    finally:
        gen.close()
"""
    )
    prove(tmp_path, app, [*ALL[1:], ("GET", "/gen/1")])


def test_middleware_session_on_request_state(tmp_path: Path) -> None:
    app = """\
from fastapi import Depends, FastAPI, Request

from db import SessionLocal
from models import User

app = FastAPI()


@app.middleware("http")
async def db_session(request: Request, call_next):
    request.state.db = SessionLocal()
    try:
        return await call_next(request)
    finally:
        request.state.db.close()


def get_db(request: Request):
    return request.state.db


@app.get("/users")
def users(db=Depends(get_db)):
    return db.query(User).count()


@app.get("/users/{key}")
def user(key: int, request: Request):
    found = request.state.db.get(User, key)
    return found.name if found else None
"""
    prove(tmp_path, app, ALL)


def test_scoped_session(tmp_path: Path) -> None:
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

engine = create_engine("sqlite:///./app.db")
Session = scoped_session(sessionmaker(bind=engine))


def get_db():
    try:
        yield Session
    finally:
        Session.remove()
"""
    app = HEAD.replace("from sqlalchemy.orm import Session\n", "") + ROUTES.format(how="=Depends(get_db)")
    prove(tmp_path, {"db.py": db, "main.py": app}, ALL)


def test_module_level_session(tmp_path: Path) -> None:
    """One session for everybody, made while the module is imported."""
    app = """\
from fastapi import FastAPI

from db import SessionLocal
from models import User

app = FastAPI()
db = SessionLocal()


@app.get("/users")
def users():
    return db.query(User).count()


@app.post("/users")
def add(name: str):
    user = User(name=name)
    db.add(user)
    db.commit()
    db.refresh(user)
    return [user.id, user.name]
"""
    prove(tmp_path, app, [ALL[0], ("POST", "/users?name=z"), ALL[0]], codes=["shared-session"])


def test_session_in_dict_tuple_and_contextvar(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from contextvars import ContextVar

from db import SessionLocal

current: ContextVar[Session] = ContextVar("current")
factories = {"main": SessionLocal}


def pair():
    return SessionLocal(), "x"


def name_of(key):
    user = current.get().get(User, key)
    return user.name if user else None


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    token = current.set(db)
    try:
        first = name_of(key)
    finally:
        current.reset(token)
    with factories["main"]() as s:
        second = s.query(User).count()
    other, text = pair()
    third = other.get(User, 1).name
    other.close()
    return [first, second, third, text]
"""
    )
    prove(tmp_path, app, ALL[1:])


def test_dataclass_and_default_session(tmp_path: Path) -> None:
    """Fields, and "use the caller's session or open one"."""
    app = (
        HEAD
        + """
from dataclasses import dataclass
from typing import Optional

from db import SessionLocal


@dataclass
class Deps:
    db: Session
    label: str = "x"


def count(db: Optional[Session] = None) -> int:
    own = db is None
    db = db or SessionLocal()
    try:
        return db.query(User).count()
    finally:
        if own:
            db.close()


def get_deps(db: Session = Depends(get_db)) -> Deps:
    return Deps(db=db)


@app.get("/users")
def users(deps: Deps = Depends(get_deps)):
    return [deps.db.scalar(select(User.name).where(User.id == 1)), count(), count(deps.db), deps.label]
"""
    )
    prove(tmp_path, app, ALL[:1])


def test_async_routes_with_sync_sessions(tmp_path: Path) -> None:
    app = HEAD + ROUTES.format(how=": Session = Depends(get_db)").replace("\ndef ", "\nasync def ")
    prove(tmp_path, app, ALL)


def test_half_migrated(tmp_path: Path) -> None:
    """An async engine beside the sync one: finished, not broken."""
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite:///./app.db")
SessionLocal = sessionmaker(bind=engine)
async_engine = create_async_engine("sqlite+aiosqlite:///./app.db")
AsyncSessionLocal = async_sessionmaker(async_engine, expire_on_commit=False)


def get_db():
    with SessionLocal() as db:
        yield db


async def get_async_db():
    async with AsyncSessionLocal() as db:
        yield db
"""
    app = (
        HEAD
        + """
from sqlalchemy.ext.asyncio import AsyncSession

from db import get_async_db


@app.get("/users")
async def users(db: AsyncSession = Depends(get_async_db)):
    return [u.name for u in (await db.scalars(select(User).order_by(User.id))).all()]


@app.get("/users/{key}")
def user(key: int, db: Session = Depends(get_db)):
    found = db.query(User).filter_by(id=key).one_or_none()
    return found.name if found else None
"""
    )
    prove(tmp_path, {"db.py": db, "main.py": app}, ALL)


def test_sqlmodel_session(tmp_path: Path) -> None:
    models = """\
from typing import Optional

from sqlmodel import Field, SQLModel

Base = SQLModel


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str
    age: int = 0


class Post(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    title: str
    user_id: Optional[int] = None
"""
    app = """\
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlmodel import Session, create_engine, select

from models import User

engine = create_engine("sqlite:///./app.db")
app = FastAPI()


def get_session():
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


@app.get("/users")
def users(session: Db):
    return session.exec(select(User).order_by(User.id)).all()


@app.get("/users/{key}")
def user(key: int, session: Db):
    return session.get(User, key)


@app.post("/users")
def add(user: User, session: Db):
    session.add(user)
    session.commit()
    session.refresh(user)
    return user
"""
    prove(tmp_path, {"db.py": "", "models.py": models, "main.py": app}, [*ALL, ("POST", "/users", {"name": "q"})])


def test_sessionmaker_subclass_and_session_subclass(tmp_path: Path) -> None:
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///./app.db")


class AppSession(Session):
    def names(self, model):
        return [row.name for row in self.query(model).order_by(model.id)]


SessionLocal = sessionmaker(bind=engine, class_=AppSession)


def get_db():
    with SessionLocal() as db:
        yield db
"""
    app = """\
from fastapi import Depends, FastAPI

from db import AppSession, get_db
from models import User

app = FastAPI()


@app.get("/users")
def users(db: AppSession = Depends(get_db)):
    return db.names(User)
"""
    prove(tmp_path, {"db.py": db, "main.py": app}, ALL[:1])


def test_routing_session(tmp_path: Path) -> None:
    """A session class that decides on the engine works inside of the async session."""
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///./app.db")
calls = []


class RoutingSession(Session):
    def get_bind(self, mapper=None, clause=None, **kwargs):
        calls.append(mapper is not None)
        return super().get_bind(mapper, clause=clause, **kwargs)


SessionLocal = sessionmaker(bind=engine, class_=RoutingSession)


def get_db():
    with SessionLocal() as db:
        yield db
"""
    calls = "\n\n@app.get('/calls')\ndef calls():\n    return database.calls\n"
    app = HEAD + "import db as database\n" + ROUTES.format(how="=Depends(get_db)") + calls
    prove(tmp_path, {"db.py": db, "main.py": app}, [*ALL, ("GET", "/calls")])


def test_a_session_class_that_chooses_between_engines(tmp_path: Path) -> None:
    """What `get_bind()` returns is used inside, where everything is synchronous."""
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

primary = create_engine("sqlite:///./app.db")
replicas = {"first": create_engine("sqlite:///./app.db"), "second": create_engine("sqlite:///./app.db")}


class RoutingSession(Session):
    def get_bind(self, mapper=None, clause=None, **kwargs):
        if self._flushing or self.info.get("primary"):
            return primary
        if mapper is None and clause is None:
            return self.bind or primary
        return replicas["first"] if mapper is not None else replicas["second"]


SessionLocal = sessionmaker(class_=RoutingSession)


def get_db():
    with SessionLocal() as db:
        yield db
"""
    app = HEAD + ROUTES.format(how="=Depends(get_db)")
    made = prove(tmp_path, {"db.py": db, "main.py": app}, ALL)
    assert 'return replicas["first"].sync_engine if mapper' in made["db.py"]


def test_two_engines(tmp_path: Path) -> None:
    db = """\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engines = {
    "main": create_engine("sqlite:///./app.db"),
    "copy": create_engine("sqlite:///./copy.db"),
}
Main = sessionmaker(bind=engines["main"])
Copy = sessionmaker(bind=engines["copy"])


def get_db():
    with Main() as db:
        yield db


def get_copy():
    with Copy() as db:
        yield db
"""
    app = (
        HEAD
        + """
from sqlalchemy import text

from db import engines, get_copy


@app.get("/users")
def users(db: Session = Depends(get_db), copy: Session = Depends(get_copy)):
    with engines["copy"].begin() as conn:
        conn.execute(text("create table if not exists seen (n integer)"))
    copy.execute(text("insert into seen values (1)"))
    copy.commit()
    return [db.query(User).count(), copy.execute(text("select count(*) from seen")).scalar()]
"""
    )
    prove(tmp_path, {"db.py": db, "main.py": app}, [ALL[0], ALL[0]])


def test_sessions_that_nobody_closed_go_back(tmp_path: Path) -> None:
    main = (
        HEAD
        + """
from contextlib import asynccontextmanager

from db import SessionLocal


class Keeper:
    def __init__(self, db):
        self.db = db


KEPT = []


def rename(db, name):
    db.get(User, 1).name = name
    db.commit()


def start():
    try:
        db = SessionLocal()
        db.get(User, 1)
    except ValueError as error:
        raise error
    rename(db, "started")


def keep():
    db = SessionLocal()
    KEPT.append(Keeper(db))
    db.get(User, 1)


def find():
    db = SessionLocal()
    found = db.get(User, 1)
    return found


@asynccontextmanager
async def lifespan(app):
    start()
    yield


app.router.lifespan_context = lifespan


@app.get("/kept")
def kept():
    keep()
    return [keeper.db.get(User, 1).name for keeper in KEPT], find().name
"""
    )
    migrated = prove(tmp_path, main, [("GET", "/kept")], codes=["unclosed-session"], leaks=True)
    assert migrated["main.py"].count("await db.close()") == 1


def test_factories_that_tests_replace_stay_open(tmp_path: Path) -> None:
    main = (
        HEAD
        + """
from db import SessionLocal


def start():
    db = SessionLocal()
    db.get(User, 1)


@app.get("/")
def root():
    start()
"""
    )
    replaced = 'def test_start(monkeypatch):\n    monkeypatch.setattr("main.SessionLocal", lambda: 1)\n'
    assert "await db.close()" in prove(tmp_path / "a", main, [("GET", "/")])["main.py"]
    files = {"main.py": main, "test_main.py": replaced}
    assert "await db.close()" not in prove(tmp_path / "b", files, [("GET", "/")], leaks=True)["main.py"]
