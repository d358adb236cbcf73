"""A file that works with sessions of SQLAlchemy and of SQLModel: their async ones have the same name."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

DB = """\
from sqlalchemy.orm import Session as PlainSession, sessionmaker
from sqlmodel import Session as ModelSession, create_engine

engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine)


def get_db():
    with ModelSession(engine) as session:
        yield session


def get_plain():
    session: PlainSession = SessionLocal()
    try:
        yield session
    finally:
        session.close()
"""
MODELS = """\
from sqlmodel import Field, SQLModel

Base = SQLModel


class Note(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    text: str
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session as PlainSession
from sqlmodel import Session as ModelSession, select as model_select

from db import get_db, get_plain
from models import Note

app = FastAPI()


def texts(session: ModelSession | PlainSession) -> list[str]:
    if isinstance(session, ModelSession):
        return ["model", *session.exec(model_select(Note.text).order_by(Note.id)).all()]
    if isinstance(session, PlainSession):
        return ["plain", *session.execute(select(Note.text).order_by(Note.id)).scalars()]
    raise TypeError


@app.get("/model")
def by_model(session: ModelSession = Depends(get_db)):
    return texts(session)


@app.get("/plain")
def by_plain(session: PlainSession = Depends(get_plain)):
    return texts(session)
"""
FILLING = """\
from models import Note


def fill(db):
    db.add_all([Note(text="a"), Note(text="b")])
"""
REQUIREMENTS = "fastapi\nsqlmodel\nhttpx\n"


def test_each_keeps_its_own_class(tmp_path: Path) -> None:
    files = {"db.py": DB, "models.py": MODELS, "main.py": MAIN, "filling.py": FILLING, "requirements.txt": REQUIREMENTS}
    after = prove(tmp_path, files, [("GET", "/model"), ("GET", "/plain")])["main.py"]
    assert "import AsyncSession as sa_AsyncSession" in after
