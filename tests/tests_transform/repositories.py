"""A small repository as text, and what the step `flip` makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_runs import OPTIONS
from warm_interpreter import run_python

from asyncify.analysis.config import Config
from asyncify.model.edit import Finding
from asyncify.model.plan import Rewritten, Workspace
from asyncify.pipeline import run_steps, stages

APP = {
    "app/__init__.py": "",
    "app/db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
SessionLocal = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
""",
    "app/models.py": """\
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
""",
    "app/crud.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Note


def texts(db: Session) -> list[str]:
    return list(db.execute(select(Note.text).order_by(Note.id)).scalars())


def add(db: Session, text: str) -> Note:
    note = Note(text=text)
    db.add(note)
    db.commit()
    db.refresh(note)
    return note
""",
    "app/main.py": """\
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from sqlalchemy.orm import Session

from app import crud
from app.db import get_db

started = []


@asynccontextmanager
async def lifespan(app):
    started.append("yes")
    yield
    started.clear()


app = FastAPI(lifespan=lifespan)


def owner(db: Session = Depends(get_db)) -> str:
    return str(len(crud.texts(db)))


@app.get("/notes")
def read_notes(db: Session = Depends(get_db)):
    return crud.texts(db)


@app.post("/notes")
def add_note(text: str, db: Session = Depends(get_db)):
    return {"text": crud.add(db, text).text}


@app.get("/owner")
def read_owner(request: Request, name: str = Depends(owner)):
    return {"name": name, "host": request.client.host, "started": list(started)}
""",
}


def flip(
    files: Mapping[str, str],
    app: Mapping[str, str] = APP,
    steps: Sequence[str] = ("flip",),
    config: Config | None = None,
) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """The repository after the step (or others), and its findings; every file must have been rewritten whole."""
    workspace = Workspace(Path("/nowhere"), {p: t.encode() for p, t in {**app, **files}.items()})
    result = run_steps(workspace, stages(steps), config)
    problems = [r for s in result.steps for r in s.results if not isinstance(r, Rewritten)]
    assert not problems, problems
    return {p: d.decode() for p, d in result.after.files.items()}, result.findings


def pytest_run(folder: Path, files: Mapping[str, str], *options: str) -> tuple[int, str]:
    """Run a suite in a process of its own: the exit code, and what it printed."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    done = run_python(["-m", "pytest", *OPTIONS, *options], folder)
    return done.returncode, done.stdout + done.stderr
