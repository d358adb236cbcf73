"""Instances that one function makes, another one stores and a third one reads."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .reads_app import FILLING, HEAD, MODELS

MAIN = f"""{HEAD}

def made(title: str, author: User) -> Post:
    return Post(title=title, author=author, tags=[])


def stored(db: Session, title: str) -> Post:
    post = made(title, db.get(User, 1))
    db.add(post)
    db.commit()
    return post


def reloaded(db: Session, title: str) -> Post:
    post = stored(db, title)
    db.refresh(post)
    return post


def shown(post: Post) -> List[Any]:
    return [post.title, post.author.name, [tag.name for tag in post.tags], len(post.comments)]


def unsaved(user: User) -> int:
    return len(user.posts)


@app.post("/stored")
def store(db: Session = Depends(get_db)):
    post = stored(db, "stored")
    return shown(post)


@app.post("/reloaded")
def reload(db: Session = Depends(get_db)):
    post = reloaded(db, "reloaded")
    return shown(post)


@app.post("/unsaved")
def count(db: Session = Depends(get_db)):
    user = User(name="dan", team_id=1)
    found = unsaved(user)
    db.add(user)
    db.commit()
    return found
"""


def test_made_stored_and_read_by_three_functions(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN}
    after = prove(tmp_path, files, [("POST", f"/{name}") for name in ("stored", "reloaded", "unsaved")])["main.py"]
    assert "\ndef unsaved" in after  # what is not stored loads nothing


TWO = f"""{HEAD}

@app.post("/two")
def two(db: Session = Depends(get_db)):
    first = Post(title="first", author_id=1)
    db.add(first)
    second = Post(title="second", author_id=2)
    db.add(second)
    db.flush()
    return [first.author.name, second.author.name]
"""


def test_two_that_are_stored_together(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": TWO}
    after = prove(tmp_path, files, [("POST", "/two")])["main.py"]
    assert after.count("await db.refresh(") == 2


MAYBE = f"""{HEAD}
from sqlalchemy import func, update


def filled(db: Session, titles: list[str], wanted: str | None) -> Post | None:
    found = None
    for title in titles:
        post = Post(title=title, author_id=1)
        db.add(post)
        db.commit()
        if title == wanted:
            found = post
    return found


def renamed(db: Session, post: Post | None = None) -> Post | None:
    db.execute(update(Post).values(title=func.upper(Post.title)))
    db.commit()
    return post


@app.post("/filled/{{wanted}}")
def fill(wanted: str, db: Session = Depends(get_db)):
    post = filled(db, ["a", "b", "c"], wanted)
    db.execute(update(Post).values(title=func.upper(Post.title)))
    db.commit()
    return post.title if post else None


def named(db: Session, title: str):
    if title != "none":
        post = Post(title=title, author_id=1)
        db.add(post)
        return post


@app.post("/next/{{wanted}}")
def next_one(wanted: str, db: Session = Depends(get_db)):
    posts = [Post(title=title, author_id=1) for title in "ab"]
    db.add_all(posts)
    post = next((one for one in posts if one.title == wanted), None)
    db.execute(update(Post).values(title=func.upper(Post.title)))
    db.commit()
    return post.title if post else None


@app.post("/ends/{{wanted}}")
def ends(wanted: str, db: Session = Depends(get_db)):
    post = named(db, wanted)
    db.commit()
    db.execute(update(Post).values(title=func.upper(Post.title)))
    db.commit()
    return post.title if post else None


@app.post("/renamed/{{made}}")
def rename(made: bool, db: Session = Depends(get_db)):
    if not made:
        none = renamed(db)
        return none.title if none else None
    post = Post(title="d", author_id=1)
    db.add(post)
    db.commit()
    return renamed(db, post).title
"""


def test_what_may_be_none_behind_a_commit(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": MAYBE}
    ways = [f"{route}/{wanted}" for route in ("filled", "next", "ends") for wanted in ("b", "none")]
    paths = (*ways, "renamed/true", "renamed/false")
    prove(tmp_path, files, [("POST", f"/{path}") for path in paths])


BETWEEN = f"""{HEAD}

class PostOut(Out):
    title: str
    tags: List["TagOut"]


class TagOut(Out):
    name: str


def marked(post: Post, name: str) -> Post:
    if not any(tag.name == name for tag in post.tags):
        post.title = f"{{post.title}} of {{post.author.name}}"
    return post


def tagged(db: Session, post: Post) -> None:
    if not post.comments:
        post.tags.append(db.get(Tag, 1))


@app.post("/marked", response_model=PostOut)
def mark(db: Session = Depends(get_db)):
    post = Post(title="new", author_id=1)
    db.add(post)
    db.commit()
    marked(post, "x")
    db.commit()
    db.refresh(post)
    return post


@app.post("/flushed", response_model=PostOut)
def flushed(db: Session = Depends(get_db)):
    post = Post(title="new", author_id=2)
    db.add(post)
    db.flush()
    tagged(db, post)
    db.commit()
    db.refresh(post)
    marked(post, "y")
    db.commit()
    return post


@app.post("/twice", response_model=PostOut)
def twice(db: Session = Depends(get_db)):
    post = Post(title="new", author_id=2)
    marked(post, "x") if post.author else None
    db.add(post)
    db.commit()
    db.refresh(post)
    marked(post, "x")
    tagged(db, post)
    db.commit()
    return post
"""


def test_a_function_reads_before_the_last_refresh(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": BETWEEN}
    prove(tmp_path, files, [("POST", f"/{name}") for name in ("marked", "flushed", "twice")])


def test_what_a_function_makes_is_not_what_an_earlier_call_has_stored(tmp_path: Path) -> None:
    """The collection of a new post was loaded before it was set, as `make_post` runs twice. And behind a function that
    commits there are no changes that a load might throw away: nobody asks for them."""
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Post, Tag

app = FastAPI()


def make_post(db: Session, title: str, tags=None) -> Post:
    post = Post(title=title)
    if tags:
        post.tags = tags
    db.add(post)
    db.commit()
    db.refresh(post)
    return post


@app.get("/make")
def make(db: Session = Depends(get_db)):
    tag = db.get(Tag, 1)
    post = make_post(db, "first", [tag])
    other = make_post(db, "other")
    return [post.title, len(post.tags), other.title]
"""
    done = prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": app}, [("GET", "/make")])
    assert "    if tags:\n        post.tags = tags" in done["main.py"]
    assert "dirty" not in done["main.py"]
