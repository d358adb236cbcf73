"""Examples of the transform `await`: who is called, where objects are made far from where they are used."""

from __future__ import annotations

from asyncify.transforms.base import Example

OBJECTS = (
    Example(
        name="a dependency container: what its providers make is followed into the endpoints",
        before={
            "store.py": """\
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker


class Store:
    def __init__(self, url):
        self._make = sessionmaker(bind=create_engine(url))

    @contextmanager
    def session(self):
        with self._make() as db:
            yield db


class Tags:
    def __init__(self, open_session: Callable[..., AbstractContextManager[Session]]):
        self.open_session = open_session

    def all(self):
        with self.open_session() as db:
            return db.scalars(select(Tag)).all()


class Labels:
    def __init__(self, tags):
        self._tags = tags

    def texts(self):
        return [tag.text for tag in self._tags.all()]
""",
            "containers.py": """\
from dependency_injector import containers, providers

from store import Labels, Store, Tags


class Services(containers.DeclarativeContainer):
    tags = providers.Dependency()
    labels = providers.Singleton(Labels, tags)


class Container(containers.DeclarativeContainer):
    store = providers.Singleton(Store, url="sqlite://")
    tags = providers.Factory(Tags, open_session=store.provided.session)
    services = providers.Container(Services, tags=tags)
""",
            "api.py": """\
from dependency_injector.wiring import Provide, inject
from fastapi import APIRouter, Depends

from containers import Container

router = APIRouter()


@router.get("/labels")
@inject
def labels(service=Depends(Provide[Container.services.labels])):
    return service.texts()


@router.get("/tags")
@inject
def tags(repository=Depends(Provide["tags"])):
    return repository.all()


def names(container: Container):
    return container.services.labels().texts()
""",
        },
        after={
            "store.py": """\
from collections.abc import Callable
from contextlib import AbstractContextManager, asynccontextmanager

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker


class Store:
    def __init__(self, url):
        self._make = sessionmaker(bind=create_engine(url))

    @asynccontextmanager
    async def session(self):
        async with self._make() as db:
            yield db


class Tags:
    def __init__(self, open_session: Callable[..., AbstractContextManager[Session]]):
        self.open_session = open_session

    async def all(self):
        async with self.open_session() as db:
            return (await db.scalars(select(Tag))).all()


class Labels:
    def __init__(self, tags):
        self._tags = tags

    async def texts(self):
        return [tag.text for tag in await self._tags.all()]
""",
            "api.py": """\
from dependency_injector.wiring import Provide, inject
from fastapi import APIRouter, Depends

from containers import Container

router = APIRouter()


@router.get("/labels")
@inject
async def labels(service=Depends(Provide[Container.services.labels])):
    return await service.texts()


@router.get("/tags")
@inject
async def tags(repository=Depends(Provide["tags"])):
    return await repository.all()


async def names(container: Container):
    return await container.services.labels().texts()
""",
        },
    ),
    Example(
        name="inherited methods wait for what only a subclass knows; isinstance tells the class of the unknown",
        before="""\
from typing import Callable, ContextManager, Protocol

from sqlalchemy import delete, select
from sqlalchemy.orm import Session


class Store(Protocol):
    def read(self): ...


class Rows:
    def __init__(self, opener: Callable[..., ContextManager[Session]]):
        self.opener = opener

    def read(self):
        with self.opener() as db:
            return db.scalars(select(Row)).all()

    def clear(self):
        with self.opener() as db:
            db.execute(delete(Row))


class Service:
    def __init__(self, store: Store):
        self._store = store

    def clear(self):
        self._store.clear()


class RowService(Service):
    def __init__(self, rows: Rows):
        super().__init__(rows)


def service(opener):
    return RowService(Rows(opener))


def clear_all(**given):
    for part in given.values():
        if isinstance(part, Service):
            part.clear()
""",
        after="""\
from typing import Callable, ContextManager, Protocol

from sqlalchemy import delete, select
from sqlalchemy.orm import Session


class Store(Protocol):
    def read(self): ...


class Rows:
    def __init__(self, opener: Callable[..., ContextManager[Session]]):
        self.opener = opener

    async def read(self):
        async with self.opener() as db:
            return (await db.scalars(select(Row))).all()

    async def clear(self):
        async with self.opener() as db:
            await db.execute(delete(Row))


class Service:
    def __init__(self, store: Store):
        self._store = store

    async def clear(self):
        await self._store.clear()


class RowService(Service):
    def __init__(self, rows: Rows):
        super().__init__(rows)


def service(opener):
    return RowService(Rows(opener))


async def clear_all(**given):
    for part in given.values():
        if isinstance(part, Service):
            await part.clear()
""",
    ),
    Example(
        name="factories of factory_boy that send SQL are called in the greenlet; what runs inside them stays plain",
        before="""\
import factory
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"


class Book(Base):
    __tablename__ = "book"


class AuthorFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Author
        sqlalchemy_session_persistence = "commit"


class BookFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Book

    author_id = factory.LazyAttribute(lambda book: AuthorFactory().id)


class NoteFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Book


def test_books(db: Session):
    author = AuthorFactory(name="a")
    books = BookFactory.create_batch(3)
    draft = BookFactory.build()
    other = AuthorFactory.build()
    note = NoteFactory()
    assert db.scalars(select(Book)).all()
""",
        after="""\
import factory
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.util import greenlet_spawn


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"


class Book(Base):
    __tablename__ = "book"


class AuthorFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Author
        sqlalchemy_session_persistence = "commit"


class BookFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Book

    author_id = factory.LazyAttribute(lambda book: AuthorFactory().id)


class NoteFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Book


async def test_books(db: Session):
    author = await greenlet_spawn(AuthorFactory, name="a")
    books = await greenlet_spawn(BookFactory.create_batch, 3)
    draft = await greenlet_spawn(BookFactory.build)
    other = AuthorFactory.build()
    note = NoteFactory()
    assert (await db.scalars(select(Book))).all()
""",
    ),
)
