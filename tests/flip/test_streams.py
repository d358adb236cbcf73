"""Results in parts, which an async session gives to loops alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import BASE, migrate, prove

HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


def in_parts():
    return select(User).order_by(User.id).execution_options(yield_per=2)


@app.get("/")
def answer(db: Session = Depends(get_db)):
"""
#: name -> (body of a route, what the migrated one has, what is reported)
ROUTES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a loop over a variable": (
        "found = in_parts()\nnames = []\nfor user in db.scalars(found):\n    names.append(user.name)\nreturn names",
        "async for user in await db.stream_scalars(found)",
        (),
    ),
    "a list": (
        "return [u.name for u in db.scalars(select(User).order_by(User.id).execution_options(yield_per=2)).all()]",
        "select(User).order_by(User.id))).all()",
        (),
    ),
    "a list, with other options": (
        "found = select(User).execution_options(stream_results=True, populate_existing=True).order_by(User.id)\n"
        "return [u.name for u in db.scalars(found).all()]",
        ".execution_options(populate_existing=True)",
        (),
    ),
    "what goes through a function": (
        "return [(i, u.name) for i, u in enumerate(db.scalars(in_parts()))]",
        "select(User).order_by(User.id)",
        ("yield-per",),
    ),
    "a generator": (
        "return list(u.name for u in db.scalars(in_parts()))",
        "select(User).order_by(User.id)",
        ("yield-per",),
    ),
    "a statement of another function": (
        "return [u.name for u in db.scalars(in_parts()).all()]",
        "select(User).order_by(User.id)",
        (),
    ),
}


@pytest.mark.parametrize("name", ROUTES)
def test_parts(tmp_path: Path, name: str) -> None:
    body, expected, codes = ROUTES[name]
    app = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    assert expected in prove(tmp_path, app, [("GET", "/")], codes=codes)["main.py"]


def test_a_connection_that_gives_everything_in_parts_is_told() -> None:
    body = "with engine.connect() as conn:\n    parts = conn.execution_options(stream_results=True)\n"
    body += "    return parts.scalar(select(User.id))"
    app = HEAD.replace("import get_db", "import engine, get_db") + "".join(f"    {n}\n" for n in body.splitlines())
    assert migrate({**BASE, "main.py": app}).codes == {"yield-per"}
