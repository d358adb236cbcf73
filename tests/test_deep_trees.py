"""Files that are nested deeply, as generated ones are, stop no migration."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify import api

APP = """
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine("sqlite:///./a.db")
SessionLocal = sessionmaker(bind=engine)
app = FastAPI()

class Base(DeclarativeBase):
    pass

class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)

def get_db():
    with SessionLocal() as db:
        yield db

@app.get("/books/{number}")
def read(number: int, db: Session = Depends(get_db)):
    return db.query(Book).filter(Book.id == number).first()
"""


def sums(depth: int) -> str:
    return "def text(a):\n    return a" + "".join(f' + "{n}"' for n in range(depth)) + "\n"


def branches(depth: int) -> str:
    first = "def pick(a):\n    if a == 0:\n        return 0\n"
    return first + "".join(f"    elif a == {n}:\n        return {n}\n" for n in range(depth))


def chain(depth: int) -> str:
    return "text = start" + "".join(f".more({n})" for n in range(depth)) + "\n"


@pytest.mark.parametrize("text", [sums(480), branches(480), sums(1500), chain(700)])
def test_migrates_what_is_beside(tmp_path: Path, text: str) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "deep.py").write_text(text)
    (tmp_path / "requirements.txt").write_text("fastapi\nsqlalchemy>=2\n")
    result = api.migrate(tmp_path)
    assert b"await db.scalar(" in result.after.files["app.py"]
    assert result.after.files["deep.py"] == text.encode()
