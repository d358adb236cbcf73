"""Instances that a function stores and gives back, `user = save(db, user)`, and what was loaded before it did."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .reads_app import FILLING, HEAD, MODELS

SCHEMAS = """

class CommentOut(Out):
    text: str


class PostOut(Out):
    title: str
    comments: List[CommentOut]
"""
GIVEN_BACK = f"""{HEAD}
{SCHEMAS}

def save(db: Session, row):
    db.add(row)
    db.commit()
    return row


def save_post(db: Session, post: Post) -> Post:
    db.add(post)
    db.commit()
    return post


def rename(post: Post, title: str) -> Post:
    post.title = title
    return post


@app.put("/any/{{key}}", response_model=PostOut)
def save_any(key: int, db: Session = Depends(get_db)):
    post = db.query(Post).filter(Post.id == key).first()
    db.add(Comment(text="new", post_id=post.id))
    if len(post.comments) > 5:
        post.title = "many"
    post = save(db, post)
    return post


@app.put("/one/{{key}}", response_model=PostOut)
def save_one(key: int, db: Session = Depends(get_db)):
    post = db.query(Post).filter(Post.id == key).first()
    known = [c.text for c in post.comments]
    db.add(Comment(text=str(len(known)), post_id=post.id))
    post = save_post(db, post)
    return post


@app.put("/named/{{key}}")
def save_named(key: int, db: Session = Depends(get_db)):
    post = db.query(Post).filter(Post.id == key).first()
    db.add(Comment(text=str(len(post.comments)), post_id=post.id))
    stored = save_post(db, post)
    return [stored.title, [c.text for c in stored.comments]]


@app.put("/behind/{{key}}", response_model=PostOut)
def save_before_it_is_given_back(key: int, db: Session = Depends(get_db)):
    post = db.query(Post).filter(Post.id == key).first()
    db.add(Comment(text=str(len(post.comments)), post_id=post.id))
    db.commit()
    post = rename(post, "renamed")
    db.commit()
    return post
"""
REFRESHED = f"""{HEAD}
{SCHEMAS}

def save(db: Session, row):
    db.add(row)
    db.commit()
    db.refresh(row)
    return row


@app.post("/validated")
def validated(db: Session = Depends(get_db)):
    post = Post(title="validated")
    db.add(post)
    db.flush()
    save(db, post)
    return PostOut.model_validate(post)


@app.post("/commented", response_model=PostOut)
def commented(db: Session = Depends(get_db)):
    post = Post(title="commented")
    db.add(post)
    db.flush()
    db.add(Comment(text="first", post_id=post.id))
    save(db, post)
    return post


@app.post("/read")
def read(db: Session = Depends(get_db)):
    post = Post(title="read", author_id=1)
    db.add(post)
    db.flush()
    save(db, post)
    return [post.title, post.author.name, len(post.comments)]
"""


def test_what_is_given_back_is_as_outdated_as_what_was_given(tmp_path: Path) -> None:
    """The comments were loaded before the commit in `save`, and one more is there behind it."""
    requests = [("PUT", f"/{way}/1") for way in ("any", "one", "named", "behind")]
    prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": GIVEN_BACK}, requests)


def test_a_refresh_in_a_function_empties_what_was_loaded_behind_a_flush(tmp_path: Path) -> None:
    requests = [("POST", f"/{way}") for way in ("validated", "commented", "read")]
    done = prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": REFRESHED}, requests)
    assert "flush()\n    await db.refresh" not in done["main.py"]

FACTORY = """\
import factory
import pytest
from sqlalchemy import select

from db import SessionLocal
from models import Post, User


class UserFactory(factory.Factory):
    class Meta:
        model = User

    name = "ann"


@pytest.fixture
def session():
    with SessionLocal() as db:
        yield db


@pytest.fixture
def user(session):
    user = UserFactory()
    session.add(user)
    session.commit()
    session.refresh(user)
    return user


def test_posts(session, user):
    post = Post(title="one", author_id=user.id)
    session.add(post)
    session.commit()
    session.refresh(post)
    user = session.scalar(select(User).where(User.id == user.id))
    assert post in user.posts
"""


def test_a_name_that_means_no_known_instance_before_it_is_asked_for(tmp_path: Path) -> None:
    """What the statement gives was taken for what the name had meant before, and a second run saw the difference."""
    files = {"db.py": BASE["db.py"], "models.py": MODELS, "main.py": GIVEN_BACK, "tests/test_users.py": FACTORY}
    done = migrate({**files, "requirements.txt": "fastapi\nsqlalchemy\npytest\nfactory_boy\n"})
    assert "select(User).options(selectinload(User.posts))" in done["tests/test_users.py"]
