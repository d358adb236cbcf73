"""Instances that FastAPI sends as they are, without a model: what they hold is in the answer, nothing else may be."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .reads_app import FILLING, HEAD, MODELS

FOUND = """

def found(db: Session, key: int) -> Optional[Post]:
    return db.query(Post).filter(Post.id == key).first()


@app.get("/raw/{key}")
def raw(key: int, db: Session = Depends(get_db)):
    return found(db, key)
"""


def test_two_routes_send_the_same_and_one_reads_before(tmp_path: Path) -> None:
    main = (
        HEAD
        + FOUND
        + """

@app.get("/author/{key}")
def author(key: int, db: Session = Depends(get_db)):
    post = found(db, key)
    return {"title": post.title, "author": post.author.name if post.author else None}


@app.get("/both/{key}")
def both(key: int, db: Session = Depends(get_db)):
    post = found(db, key)
    names = [post.author.name, *(tag.name for tag in post.tags)]
    return {"names": names, "post": post}
"""
    )
    requests = [("GET", f"/{route}/{key}") for key in (1, 3) for route in ("raw", "author", "both")]
    prove(tmp_path, {"main.py": main, "models.py": MODELS, "filling.py": FILLING}, requests)


def test_what_is_read_on_some_ways_only(tmp_path: Path) -> None:
    main = (
        HEAD
        + FOUND.replace("raw", "maybe").replace(
            "    return found(db, key)\n", "    return found(db, key) if key % 2 else told(db, key)\n"
        )
        + """

def told(db: Session, key: int) -> Optional[Post]:
    return db.get(Post, key)


@app.get("/if/{key}")
def if_asked(key: int, full: bool = False, db: Session = Depends(get_db)):
    post = found(db, key)
    if full:
        assert post.author.name
    return post


@app.get("/each")
def each(db: Session = Depends(get_db)):
    posts = db.query(Post).order_by(Post.id).all()
    for post in posts:
        assert post.author is None or post.author.name
    return posts
"""
    )
    requests = [("GET", "/if/1"), ("GET", "/if/1?full=1"), ("GET", "/each"), ("GET", "/maybe/1"), ("GET", "/maybe/2")]
    migrated = prove(tmp_path, {"main.py": main, "models.py": MODELS, "filling.py": FILLING}, requests)
    assert "joinedload(Post.author)).order_by(Post.id)" in migrated["main.py"]


def test_made_by_one_function_and_sent_with_and_without_a_model(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

class Who(Out):
    name: str


class PostOut(Out):
    title: str
    author: Optional[Who] = None


def create(db: Session, title: str) -> Post:
    post = Post(title=title, author_id=1)
    db.add(post)
    db.commit()
    db.refresh(post)
    return post


@app.post("/raw")
def raw(title: str, db: Session = Depends(get_db)):
    return {"made": create(db, title)}


@app.post("/modelled", response_model=PostOut)
def modelled(title: str, db: Session = Depends(get_db)):
    return create(db, title)
"""
    )
    requests = [("POST", "/raw?title=a"), ("POST", "/modelled?title=b")]
    prove(tmp_path, {"main.py": main, "models.py": MODELS, "filling.py": FILLING}, requests)


MADE = """

def create(db: Session, title: str) -> Post:
    post = Post(title=title)
    db.add(post)
    db.commit()
    return post


@app.post("/made")
def made(title: str, db: Session = Depends(get_db)):
    return {"made": create(db, title), "ok": True}


@app.put("/renamed/{key}")
def renamed(key: int, title: str, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    post.title = title
    db.commit()
    return post
"""


def test_sent_right_behind_a_commit_is_reported() -> None:
    found = migrate({**BASE, "main.py": HEAD + MADE, "models.py": MODELS}).findings
    assert [(f.code, f.message.split("`")[1]) for f in found] == [("sent-expired", "post")] * 2


def test_sent_behind_a_commit_that_a_handler_is_around() -> None:
    handled = "    try:\n        db.commit()\n    except ValueError:\n        raise HTTPException(400, post.title)\n"
    tried = MADE.replace("    db.commit()\n", handled)
    found = migrate({**BASE, "main.py": HEAD + tried, "models.py": MODELS}).findings
    assert [(f.code, f.message.split("`")[1]) for f in found] == [("sent-expired", "post")] * 2


def test_sent_behind_a_commit_and_a_read_without_what_it_was_made_without() -> None:
    read = MADE.replace("    db.commit()\n", '    db.commit()\n    assert post.id, "made"\n')
    found = migrate({**BASE, "main.py": HEAD + read, "models.py": MODELS}).findings
    assert [(f.code, f.advice) for f in found] == [("sent-expired", "refresh it behind the commit")]


def test_sent_behind_a_commit_and_a_refresh(tmp_path: Path) -> None:
    main = HEAD + MADE.replace("    db.commit()\n", "    db.commit()\n    db.refresh(post)\n")
    requests = [("POST", "/made?title=a"), ("PUT", "/renamed/1?title=b")]
    prove(tmp_path, {"main.py": main, "models.py": MODELS, "filling.py": FILLING}, requests)


def test_sent_with_a_model_behind_a_commit(tmp_path: Path) -> None:
    main = HEAD + MADE.replace('/made"', '/made", response_model=Dict[str, Any]').replace(
        '/renamed/{key}"', '/renamed/{key}", response_model=Renamed'
    ).replace("def create", "class Renamed(Out):\n    title: str\n\n\ndef create").replace("create(db, title),", "1,")
    requests = [("POST", "/made?title=a"), ("PUT", "/renamed/1?title=b")]
    prove(tmp_path, {"main.py": main, "models.py": MODELS, "filling.py": FILLING}, requests)


def test_sent_as_the_table_that_it_is_behind_a_commit() -> None:
    models = """\
from typing import Optional

from sqlmodel import Field, SQLModel


class Note(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    text: str
"""
    main = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Note

app = FastAPI()


def store(db: Session, text: str) -> Note:
    note = Note(text=text)
    db.add(note)
    db.commit()
    return note


@app.post("/notes", response_model=Note)
def post(text: str, db: Session = Depends(get_db)):
    stored = store(db, text)
    return stored


@app.post("/listed")
def listed(text: str, db: Session = Depends(get_db)) -> list[Note]:
    return [store(db, text)]
"""
    files = {**BASE, "main.py": main, "models.py": models}
    assert [f.code for f in migrate(files).findings] == ["sent-expired"]
    older = {**files, "requirements.txt": "fastapi==0.95.0\npydantic==1.10.2\nsqlmodel==0.0.8\n"}
    assert not [f for f in migrate(older).findings if f.code == "sent-expired"]
