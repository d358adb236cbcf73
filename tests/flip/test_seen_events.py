"""Models that reach for a session: events, `object_session`, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove
from .test_lookalikes import HEAD


def test_mapper_events_with_an_own_session(tmp_path: Path) -> None:
    """SQLAlchemy calls the listener with sync objects; the session that it opens must stay sync."""
    events = """\
from sqlalchemy import event
from sqlalchemy.orm import Session

from db import SessionLocal
from models import Post, User

seen = []


@event.listens_for(User, "before_update")
def remember(mapper, connection, target):
    with SessionLocal() as session:
        old = session.get(User, target.id)
        seen.append([old.name, target.name])


@event.listens_for(User, "after_insert")
def welcome(mapper, connection, target):
    session = Session(bind=connection)
    session.add(Post(title=f"welcome {target.name}", user_id=target.id))
    session.flush()
"""
    app = (
        HEAD
        + """
import events
from models import Post


@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    db.add(User(name=name))
    db.commit()
    return [p.title for p in db.query(Post).order_by(Post.id)]


@app.put("/users/{key}")
def rename(key: int, name: str, db: Session = Depends(get_db)):
    db.get(User, key).name = name
    db.commit()
    return events.seen
"""
    )
    prove(tmp_path, {"events.py": events, "main.py": app}, [("POST", "/users?name=x"), ("PUT", "/users/1?name=y")])


def test_attribute_events_with_object_session(tmp_path: Path) -> None:
    models = (
        MODELS.replace("import ForeignKey", "import ForeignKey, event, inspect").replace(
            "mapped_column, relationship", "mapped_column, object_session, relationship, validates"
        )
        + """
    @validates("title")
    def check(self, key, value):
        session = object_session(self)
        if session is not None and session.query(Post).filter(Post.title == value).count():
            raise ValueError("taken")
        return value.strip()


@event.listens_for(User.name, "set")
def renamed(target, value, old, initiator):
    session = object_session(target)
    if session is not None and inspect(target).persistent:
        session.add(Post(title=f"{old} is {value} now", user_id=target.id))


@event.listens_for(User.posts, "append")
def appended(target, value, initiator):
    value.title = value.title.upper()
"""
    )
    app = (
        HEAD
        + """
from models import Post
from sqlalchemy.orm import object_session


@app.put("/users/{key}")
def rename(key: int, name: str, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.name = name
    db.commit()
    return [[p.title for p in db.query(Post).order_by(Post.id)], object_session(user) is not None]


@app.post("/posts/{key}")
def write(key: int, title: str, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.posts.append(Post(title=title))
    db.commit()
    return [p.title for p in db.query(Post).order_by(Post.id)]
"""
    )
    requests = [("PUT", "/users/1?name=zed"), ("POST", "/posts/2?title=new")]
    prove(tmp_path, {"models.py": models, "main.py": app}, requests, codes=["barrier-validates"])


def test_models_that_ask_their_session(tmp_path: Path) -> None:
    """`object_session(self)` in methods and properties of models, called by routes."""
    models = (
        MODELS.replace("mapped_column, relationship", "mapped_column, object_session, relationship")
        + """
    @property
    def siblings(self):
        session = object_session(self)
        return session.query(Post).filter(Post.user_id == self.user_id, Post.id != self.id).count()

    def remove(self):
        session = object_session(self)
        session.delete(self)
        session.commit()
"""
    )
    app = (
        HEAD
        + """
from models import Post


@app.get("/posts/{key}")
def read(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    return [post.title, post.siblings]


@app.delete("/posts/{key}")
def remove(key: int, db: Session = Depends(get_db)):
    db.get(Post, key).remove()
    return db.query(Post).count()
"""
    )
    prove(tmp_path, {"models.py": models, "main.py": app}, [("GET", "/posts/1"), ("DELETE", "/posts/1")])
