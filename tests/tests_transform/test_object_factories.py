"""Suites whose objects factory_boy makes: they pass before the migration and after it, read lazily or not."""

from __future__ import annotations

from pathlib import Path

from repositories import pytest_run

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

FILES = {
    "app/__init__.py": "",
    "app/db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import declarative_base, sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
""",
    "app/main.py": """\
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from app import service
from app.db import get_db

app = FastAPI()


class FilterOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class SignalOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    filters: list[FilterOut]


@app.get("/signals/{key}", response_model=SignalOut)
def read(key: int, db: Session = Depends(get_db)):
    signal = service.get(db_session=db, signal_id=key)
    if signal is None:
        raise HTTPException(404)
    return signal


@app.put("/signals/{key}", response_model=SignalOut)
def change(key: int, name: str, db: Session = Depends(get_db)):
    signal = service.get(db_session=db, signal_id=key)
    if signal is None:
        raise HTTPException(404)
    return service.update(db_session=db, signal=signal, name=name, filters=["new"])


@app.get("/signals/{key}/label")
def read_label(key: int, db: Session = Depends(get_db)):
    return service.label(service.get(db_session=db, signal_id=key))
""",
    "app/models.py": """\
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import relationship

from app.db import Base

tags_of = Table(
    "tags_of", Base.metadata, Column("signal_id", ForeignKey("signals.id")), Column("tag_id", ForeignKey("tags.id"))
)


class Project(Base):
    __tablename__ = "projects"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    signals = relationship("Signal", back_populates="project")


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Filter(Base):
    __tablename__ = "filters"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    signal_id = Column(ForeignKey("signals.id"))
    signal = relationship("Signal", back_populates="filters")


class Signal(Base):
    __tablename__ = "signals"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    project_id = Column(ForeignKey("projects.id"))
    project = relationship(Project, back_populates="signals")
    filters = relationship(Filter, back_populates="signal")
    tags = relationship(Tag, secondary=tags_of)
""",
    "app/service.py": """\
from sqlalchemy.orm import Session

from app.models import Filter, Signal


def get(*, db_session: Session, signal_id: int):
    return db_session.query(Signal).filter(Signal.id == signal_id).one_or_none()


def update(*, db_session: Session, signal: Signal, name: str, filters: list[str] | None = None) -> Signal:
    known = {f.name for f in signal.filters}
    for one in filters or []:
        if one not in known:
            signal.filters.append(Filter(name=one))
    signal.name = name
    db_session.commit()
    return signal


def label(signal: Signal) -> str:
    return f"{signal.project.name}/{signal.name}: {', '.join(sorted(t.name for t in signal.tags))}"


def create(*, db_session: Session, name: str, project) -> Signal:
    signal = Signal(name=name, project=project)
    db_session.add(signal)
    db_session.commit()
    return signal
""",
    "requirements.txt": """\
fastapi
sqlalchemy
httpx
pytest
factory_boy
""",
    "tests/__init__.py": "",
    "tests/conftest.py": """\
import pytest
from fastapi.testclient import TestClient

from app.db import Base, engine, get_db
from app.main import app

from .database import Session
from .factories import FilterFactory, ProjectFactory, SignalFactory, TagFactory


@pytest.fixture(scope="session")
def db():
    Base.metadata.create_all(engine)
    Session.configure(bind=engine)
    yield
    Base.metadata.drop_all(engine)


@pytest.fixture(scope="function", autouse=True)
def session(db):
    session = Session()
    session.begin_nested()
    yield session
    session.rollback()


@pytest.fixture
def client(session):
    app.dependency_overrides[get_db] = lambda: session
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.fixture
def signal(session):
    return SignalFactory()


@pytest.fixture
def tag(session):
    return TagFactory()


@pytest.fixture
def signals(session):
    return [SignalFactory(), SignalFactory()]


@pytest.fixture
def signal_filter(session):
    return FilterFactory()


@pytest.fixture
def project(session):
    return ProjectFactory()
""",
    "tests/database.py": """\
from sqlalchemy.orm import scoped_session, sessionmaker

Session = scoped_session(sessionmaker())
""",
    "tests/factories.py": """\
from factory import LazyAttribute, Sequence, SubFactory, post_generation
from factory.alchemy import SQLAlchemyModelFactory

from app.models import Filter, Project, Signal, Tag

from .database import Session


class BaseFactory(SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session = Session
        sqlalchemy_session_persistence = "flush"


class ProjectFactory(BaseFactory):
    name = Sequence(lambda n: f"project {n}")

    class Meta:
        model = Project


class TagFactory(BaseFactory):
    name = Sequence(lambda n: f"tag {n}")

    class Meta:
        model = Tag


class SignalFactory(BaseFactory):
    name = Sequence(lambda n: f"signal {n}")
    project = SubFactory(ProjectFactory)

    class Meta:
        model = Signal

    @post_generation
    def tags(self, create, extracted, **kwargs):
        if not create:
            return
        for tag in extracted or ():
            self.tags.append(tag)


class FilterFactory(BaseFactory):
    name = LazyAttribute(lambda o: f"of {o.signal.name}")
    signal = SubFactory(SignalFactory)

    class Meta:
        model = Filter
""",
    "tests/test_service.py": """\
from app import service

from .factories import FilterFactory, SignalFactory, TagFactory


def test_get(session, signal):
    found = service.get(db_session=session, signal_id=signal.id)
    assert found.name == signal.name
    assert found.filters == []


def test_update(session, signal):
    changed = service.update(db_session=session, signal=signal, name="x")
    assert changed.name == "x"
    assert changed.filters == []
    assert changed.project.name.startswith("project")


def test_update_add(session, signal, signal_filter):
    signal.filters.append(signal_filter)
    changed = service.update(db_session=session, signal=signal, name="y", filters=["new"])
    assert sorted(f.name for f in changed.filters)[0] == "new"
    assert len(changed.filters) == 2


def test_assign(session, signal, signal_filter):
    signal.filters = [signal_filter]
    session.commit()
    assert [f.id for f in signal.filters] == [signal_filter.id]


def test_label(session, signal, tag):
    signal.tags.append(tag)
    assert service.label(signal).endswith(tag.name)


def test_label_made_here(session):
    made = SignalFactory(tags=[TagFactory(name="t")])
    assert service.label(made).endswith(": t")


def test_label_without(session, signals):
    for one in signals:
        assert service.label(one).endswith(": ")
    assert signals[0].project is not signals[1].project


def test_create(session, project):
    made = service.create(db_session=session, name="n", project=project)
    assert made.filters == []
    assert made in project.signals


def test_filters(session):
    one = FilterFactory()
    assert one.signal.filters == [one]
    assert one.name == f"of {one.signal.name}"


def test_batch(session):
    made = SignalFactory.create_batch(3)
    assert [len(one.tags) for one in made] == [0, 0, 0]


def test_route(client, signal):
    assert client.get(f"/signals/{signal.id}").json() == {"id": signal.id, "name": signal.name, "filters": []}
    assert client.put(f"/signals/{signal.id}?name=z").json()["filters"] == [{"name": "new"}]
    assert client.get(f"/signals/{signal.id}/label").json().startswith("project")
    assert client.get("/signals/999").status_code == 404
""",
}


def test_factories_make_objects_before_and_after(tmp_path: Path) -> None:
    workspace = Workspace(Path("/nowhere"), {p: t.encode() for p, t in FILES.items()})
    result = run_steps(workspace, stages())
    after = {p: d.decode() for p, d in result.after.files.items()}
    assert "greenlet_spawn(SignalFactory" in after["tests/test_service.py"]
    assert not result.findings
    for name, files in (("before", FILES), ("after", after)):
        code, output = pytest_run(tmp_path / name, files)
        assert code == 0, f"{name}: {output}"
    assert run_steps(result.after, stages()).after.files == result.after.files


REGISTERED = """\
from pytest_factoryboy import register

from .factories import {names}

{calls}


def test_made_by_a_fixture(session, signal_factory, tag_factory):
    one = signal_factory(tags=[tag_factory(name="t")])
    many = tag_factory.create_batch(2)
    assert [t.name for t in one.tags], many
"""


def test_fixtures_that_give_factories() -> None:
    """`register` of pytest-factoryboy makes `signal_factory` of `SignalFactory`."""
    text = REGISTERED.format(names="SignalFactory, TagFactory", calls="register(SignalFactory)\nregister(TagFactory)")
    files = {**FILES, "tests/test_registered.py": text}
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages())
    after = result.after.files["tests/test_registered.py"].decode()
    assert "async def test_made_by_a_fixture(session, signal_factory, tag_factory):" in after
    assert "await greenlet_spawn(tag_factory, name=" in after
    assert "many = await greenlet_spawn(tag_factory.create_batch, 2)" in after
    assert run_steps(result.after, stages()).after.files == result.after.files
