"""Owners that delete what they lose: one that was not loaded loses nothing when another is set."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from typing import List, Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Project(Base):
    __tablename__ = "projects"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    tasks: Mapped[List["Task"]] = relationship(back_populates="project", cascade="all, delete-orphan")


class Task(Base):
    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    project_id: Mapped[Optional[int]] = mapped_column(ForeignKey("projects.id"))
    project: Mapped[Optional[Project]] = relationship(back_populates="tasks")
"""
FILLING = """\
from models import Project, Task


def fill(db):
    db.add_all([Project(id=1, name="one"), Project(id=2, name="two")])
    db.flush()
    db.add_all([Task(id=key, name=f"task {key}", project_id=1) for key in range(1, 7)])
"""
APP = """\
from typing import List, Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import Base, Project, Task

app = FastAPI()


class ProjectOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    project: Optional[ProjectOut]


@app.put("/committed/{key}", response_model=TaskOut)
def committed(key: int, db: Session = Depends(get_db)):
    task = db.get(Task, key)
    task.project = None
    db.commit()
    return task


@app.put("/flushed/{key}")
def flushed(key: int, db: Session = Depends(get_db)):
    task = db.get(Task, key)
    task.project = None
    db.flush()
    found = [task.name, task.project is None]
    db.commit()
    return found


@app.put("/refreshed/{key}", response_model=TaskOut)
def refreshed(key: int, db: Session = Depends(get_db)):
    task = db.get(Task, key)
    task.project = None
    db.commit()
    db.refresh(task)
    return task


@app.put("/moved/{key}", response_model=TaskOut)
def moved(key: int, db: Session = Depends(get_db)):
    task = db.get(Task, key)
    task.project = db.get(Project, 2)
    db.commit()
    return task


@app.put("/perhaps/{key}", response_model=TaskOut)
def perhaps(key: int, name: str = "", db: Session = Depends(get_db)):
    task = db.get(Task, key)
    if not name:
        task.project = None
    db.commit()
    return task


@app.get("/tasks", response_model=List[TaskOut])
def tasks(db: Session = Depends(get_db)):
    return db.query(Task).order_by(Task.id).all()
"""


def test_a_row_that_leaves_its_owner_stays(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": APP}
    urls = ["committed/1", "flushed/2", "refreshed/3", "moved/4", "perhaps/5", "perhaps/6?name=kept"]
    after = prove(tmp_path, files, [*[("PUT", f"/{url}") for url in urls], ("GET", "/tasks")])["main.py"]
    assert "select(Task).options(joinedload(Task.project)).order_by(Task.id)" in after
