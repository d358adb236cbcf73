"""Sessions that a library hands out, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

USERS = [("GET", "/users"), ("GET", "/users/1"), ("GET", "/users/9")]


def test_container_of_factories(tmp_path: Path) -> None:
    """Factories in a container of dependency-injector, used in many with blocks."""
    database = """\
from contextlib import contextmanager

from sqlalchemy import create_engine, orm
from sqlalchemy.orm import Session


class Database:
    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        self._factory = orm.scoped_session(orm.sessionmaker(autocommit=False, autoflush=False, bind=self._engine))

    @contextmanager
    def session(self):
        session: Session = self._factory()
        try:
            yield session
        except Exception:
            session.rollback()
            raise
        finally:
            session.close()
"""
    repositories = """\
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from models import User


class UserRepository:
    def __init__(self, session_factory: Callable[..., AbstractContextManager[Session]]) -> None:
        self.session_factory = session_factory

    def all(self):
        with self.session_factory() as session:
            return session.query(User).order_by(User.id).all()

    def find(self, key: int):
        with self.session_factory() as session:
            return session.query(User).filter(User.id == key).first()

    def add(self, name: str):
        with self.session_factory() as session:
            user = User(name=name)
            session.add(user)
            session.commit()
            session.refresh(user)
            return user


class UserService:
    def __init__(self, user_repository: UserRepository) -> None:
        self._repository = user_repository

    def names(self):
        return [u.name for u in self._repository.all()]

    def name(self, key):
        user = self._repository.find(key)
        return user.name if user else None

    def create(self, name):
        return self._repository.add(name).id
"""
    containers = """\
from dependency_injector import containers, providers

from database import Database
from repositories import UserRepository, UserService


class Container(containers.DeclarativeContainer):
    wiring_config = containers.WiringConfiguration(modules=["main"])
    config = providers.Configuration()
    db = providers.Singleton(Database, url="sqlite:///./app.db")
    user_repository = providers.Factory(UserRepository, session_factory=db.provided.session)
    user_service = providers.Factory(UserService, user_repository=user_repository)
"""
    app = """\
from dependency_injector.wiring import Provide, inject
from fastapi import Depends, FastAPI

from containers import Container
from repositories import UserService

container = Container()
app = FastAPI()
app.container = container


@app.get("/users")
@inject
def users(service: UserService = Depends(Provide[Container.user_service])):
    return service.names()


@app.get("/users/{key}")
@inject
def user(key: int, service: UserService = Depends(Provide[Container.user_service])):
    return service.name(key)


@app.post("/users")
@inject
def add(name: str, service: UserService = Depends(Provide[Container.user_service])):
    return service.create(name)


container.wire(modules=[__name__])
"""
    files = {"db.py": "", "database.py": database, "repositories.py": repositories, "containers.py": containers}
    prove(tmp_path, {**files, "main.py": app}, [*USERS, ("POST", "/users?name=x"), USERS[0]])


def test_global_session_of_a_middleware(tmp_path: Path) -> None:
    """`db.session` of FastAPI-SQLAlchemy; fastapi-async-sqlalchemy takes its place."""
    app = """\
from fastapi import FastAPI
from fastapi_sqlalchemy import DBSessionMiddleware, db
from sqlalchemy.orm import Session

from models import User

app = FastAPI()
app.add_middleware(DBSessionMiddleware, db_url="sqlite:///./app.db")


def find(key):
    return db.session.query(User).filter(User.id == key).first()


@app.get("/users")
def users():
    return [u.name for u in db.session.query(User).order_by(User.id).all()]


@app.get("/users/{key}")
def user(key: int):
    found = find(key)
    return found.name if found else None


def total(session: Session) -> int:
    return session.query(User).count()


@app.get("/total")
def show_total():
    return [total(db.session), db.session.get(User, 1).name]


@app.post("/users")
def add(name: str):
    with db():
        db.session.add(User(name=name))
        db.session.commit()
    with db(commit_on_exit=True):
        db.session.add(User(name=name + "2"))
    return db.session.query(User).count()
"""
    script = """\
from fastapi_sqlalchemy import db

import main
from models import User


def seed():
    with db():
        db.session.add(User(name="seed"))
        db.session.commit()
        print(db.session.query(User).count())


if __name__ == "__main__":
    main.app.build_middleware_stack()
    seed()
"""
    files = {"db.py": "", "requirements.txt": "fastapi\nfastapi-sqlalchemy\n", "main.py": app, "seed.py": script}
    requests = [*USERS, ("GET", "/total"), ("POST", "/users?name=x"), ("GET", "/total")]
    done = prove(tmp_path, files, requests, [["seed.py"]])
    assert "fastapi-async-sqlalchemy" in done["requirements.txt"]


def test_resource_provider(tmp_path: Path) -> None:
    app = """\
from dependency_injector import containers, providers
from dependency_injector.wiring import Closing, Provide, inject
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import SessionLocal
from models import User


def open_session():
    session = SessionLocal()
    yield session
    session.close()


class Container(containers.DeclarativeContainer):
    session_factory = providers.Object(SessionLocal)
    session = providers.Resource(open_session)


container = Container()
app = FastAPI()


@app.get("/users")
@inject
def users(db: Session = Depends(Closing[Provide[Container.session]])):
    return db.query(User).count()


@app.get("/factory")
@inject
def factory(make=Depends(Provide[Container.session_factory])):
    with make() as db:
        return db.query(User).count()


container.wire(modules=[__name__])
"""
    prove(tmp_path, app, [("GET", "/users"), ("GET", "/factory")])
