"""Dependencies that tests override: what the tests never run is migrated all the same."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

QUIETLY = """\
import contextlib, io, pytest

with contextlib.redirect_stdout(io.StringIO()):
    code = pytest.main(["-q"])
raise SystemExit(int(code))
"""
TESTS = """\
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from db import get_db
from main import app
from models import Base, User

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
TestingSession = sessionmaker(bind=engine)


def override_get_db():
    db = TestingSession()
    try:
        yield db
    finally:
        db.close()


@pytest.fixture
def client():
    Base.metadata.create_all(bind=engine)
    app.dependency_overrides[get_db] = override_get_db
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
    Base.metadata.drop_all(bind=engine)


def test_users(client):
    assert client.get("/users").json() == []
    assert client.post("/users?name=a").json() == 1
    assert client.get("/users/1").json() == "a"
"""


def test_routes_that_tests_never_see(tmp_path: Path) -> None:
    """A half-migrated app: some routes are on the async dependency, one is on a sync one that no test runs."""
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine)
async_engine = create_async_engine("sqlite+aiosqlite:///./app.db")
AsyncSessionLocal = async_sessionmaker(async_engine, expire_on_commit=False)


def get_db():
    with SessionLocal() as db:
        yield db


def get_reports_db():
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

from db import get_async_db, get_reports_db


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [u.name for u in db.query(User).order_by(User.id)]


@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    user = User(name=name)
    db.add(user)
    db.commit()
    return user.id


@app.get("/users/{key}")
def user(key: int, db: Session = Depends(get_db)):
    return db.query(User).filter(User.id == key).one().name


@app.get("/report")
def report(db: Session = Depends(get_reports_db)):
    return {u.name: [p.title for p in u.posts] for u in db.query(User).order_by(User.id)}


@app.get("/new")
async def new(db: AsyncSession = Depends(get_async_db)):
    return (await db.execute(select(User.name).order_by(User.id))).scalars().first()
"""
    )
    requests = [("GET", "/users"), ("GET", "/report"), ("GET", "/new"), ("POST", "/users?name=x"), ("GET", "/users/4")]
    files = {
        "requirements.txt": "fastapi\nsqlalchemy\nhttpx\npytest\n",
        "db.py": db,
        "main.py": app,
        "test_main.py": TESTS,
    }
    prove(tmp_path, files, requests, [["-c", QUIETLY]])
