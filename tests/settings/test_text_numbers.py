"""Texts that are compared with columns of numbers: psycopg2 leaves their type open, asyncpg asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

DB = """\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
"""


def migrated(requirements: str, db: str) -> dict[str, str]:
    files = {"db.py": db, "requirements.txt": requirements}
    after = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages()).after
    again = run_steps(after, stages()).after
    assert again.files == after.files
    return {p: d.decode() for p, d in after.files.items()}


TOKENS = """\
from typing import Optional

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()
app = FastAPI()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Token(BaseModel):
    id: Optional[str] = None
    number: int = 0
"""


def test_a_url_of_parts_keeps_its_lines() -> None:
    db = (
        "from os import environ\n\nfrom sqlalchemy import create_engine\n\n\ndef make():\n    url = (\n"
        "        f\"postgresql+psycopg2://{environ['U']}:\"\n        f\"@{environ['H']}/shop\"\n    )\n"
        "    return create_engine(url)\n"
    )
    after = migrated("fastapi\nsqlalchemy==2.0.30\npsycopg2\n", db=db)["db.py"]
    url = db.split("make():\n")[1].split("    return")[0]
    assert url.replace("psycopg2", "psycopg") in after


@pytest.mark.parametrize(
    ("use", "told"),
    [
        ("def find(db, token: Token):\n    return db.query(User).filter(User.id == token.id).first()\n", 1),
        ("def find(db, key: str):\n    return db.query(User).filter_by(id=key).first()\n", 1),
        ("def find(db, token: Token):\n    return db.query(User).filter(User.id == token.number).first()\n", 0),
        ("def find(db, payload):\n    return db.query(User).filter(User.id == payload.get('sub')).first()\n", 0),
    ],
)
def test_asyncpg_takes_no_text_for_a_number(use: str, told: int) -> None:
    use = use.replace("(db,", "(db: Session,")
    main = TOKENS.replace("import declarative_base", "import Session, declarative_base") + use
    files = {"db.py": DB, "main.py": main, "requirements.txt": "sqlalchemy\npsycopg2\nasyncpg\n"}
    run = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages())
    assert [f.code for f in run.findings].count("driver-text") == told
