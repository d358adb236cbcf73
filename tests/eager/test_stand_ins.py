"""What tests put in the place of functions of the app loads what the app reads."""

from __future__ import annotations

from .apps import HEAD, transformed

SERVICE = """

class Users:
    def __init__(self, db: Session):
        self.db = db

    def find(self, key: int):
        return self.db.scalars(select(User).where(User.id == key)).one()


def find_post(db: Session, key: int):
    return db.scalars(select(Post).where(Post.id == key)).one()


@app.get("/titles/{key}")
def titles(key: int, db: Session = Depends(get_db)):
    return [post.title for post in Users(db).find(key).posts]


@app.get("/tags/{key}")
def tags(key: int, db: Session = Depends(get_db)):
    return [tag.name for tag in find_post(db, key).tags]
"""

TESTS = """
from unittest.mock import MagicMock, patch

from sqlalchemy import select

import main
from main import Post, SessionLocal, User, Users


def make_users(session):
    users = MagicMock(spec=Users)

    def find(key):
        return session.scalars(select(User).where(User.name == "ann")).one()

    users.find.side_effect = find
    return users


def test_titles():
    with SessionLocal() as session:
        with patch("main.Users", return_value=make_users(session)):
            assert main.titles(1, session) == ["one", "two"]


def test_tags(monkeypatch):
    def fake(db, key):
        return db.scalars(select(Post).where(Post.title == "two")).one()

    monkeypatch.setattr(main, "find_post", fake)
    with SessionLocal() as session:
        assert main.tags(1, session) == ["z"]
"""


def test_doubles_load_what_is_read() -> None:
    after, codes = transformed({"main.py": HEAD + SERVICE, "test_main.py": TESTS})
    assert codes == ()
    assert 'select(User).options(selectinload(User.posts)).where(User.name == "ann")' in after["test_main.py"]
    assert 'select(Post).options(selectinload(Post.tags)).where(Post.title == "two")' in after["test_main.py"]
