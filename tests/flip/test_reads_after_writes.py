"""Reads of relationships behind statements that write rows of them: a lazy load there sees what they wrote."""

from __future__ import annotations

from pathlib import Path

from .harness import DB, prove

HEAD = """\
from typing import Optional

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


class PostOut(BaseModel):
    title: str

    class Config:
        from_attributes = True


class UserOut(BaseModel):
    name: str
    posts: list[PostOut]

    class Config:
        from_attributes = True


class NameOut(BaseModel):
    name: str

    class Config:
        from_attributes = True


class TitleOut(PostOut):
    author: Optional[NameOut]


def titles(user):
    return [post.title for post in user.posts]
"""


def test_statements_between(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

@app.put("/legacy/{key}")
def legacy(key: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == key).first()
    if not user:
        raise HTTPException(404)
    db.query(Post).filter(Post.user_id == key, Post.title.like("new%")).delete()
    for number in range(2):
        db.add(Post(user_id=key, title=f"new{number}"))
    user.age = sum(len(post.title) for post in user.posts)
    db.commit()
    db.refresh(user)
    return user.age


@app.put("/answered/{key}", response_model=UserOut)
def answered(key: int, db: Session = Depends(get_db)):
    user = db.query(User).filter(User.id == key).first()
    db.query(Post).filter(Post.user_id == key, Post.title == "text").delete()
    db.add(Post(user_id=key, title="answered"))
    user.age = len(user.posts)
    db.commit()
    db.refresh(user)
    return user


@app.put("/again/{key}", response_model=TitleOut)
def again(key: int, db: Session = Depends(get_db)):
    asked = db.query(Post).filter(Post.id == key)
    if asked.first() is None:
        raise HTTPException(404)
    asked.update({"title": "again"}, synchronize_session=False)
    db.commit()
    found = asked.first()
    return found


@app.put("/returned/{key}", response_model=TitleOut)
def returned(key: int, db: Session = Depends(get_db)):
    asked = db.query(Post).filter(Post.id == key)
    post = asked.first()
    if post is None:
        raise HTTPException(404)
    asked.update({"title": "returned"}, synchronize_session=False)
    db.commit()
    return asked.first()


@app.put("/listed/{key}")
def listed(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    db.execute(update(Post).where(Post.id == key).values(title="listed").execution_options(synchronize_session=False))
    db.commit()
    shown = [p.title for p in db.scalars(select(Post).order_by(Post.id))]
    db.execute(update(Post).where(Post.id == key).values(title="walked").execution_options(synchronize_session=False))
    db.commit()
    for found in db.scalars(select(Post).order_by(Post.id)):
        shown.append(found.title)
    return shown, post.id


@app.put("/both/{key}")
def both(key: int, db: Session = Depends(get_db)):
    kept = db.get(Post, key)
    first = db.get(Post, 1)
    second = db.get(Post, 2)
    db.execute(update(Post).where(Post.id == key).values(title="both").execution_options(synchronize_session=False))
    db.commit()
    db.refresh(first)
    db.refresh(second)
    shown = []
    for post in [first, second]:
        shown.append(post.title)
    return shown, kept is first


@app.put("/core/{key}")
def core(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    db.execute(insert(Post).values(user_id=key, title="core"))
    return titles(user)


@app.put("/text/{key}", response_model=UserOut)
def written(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    db.execute(text("insert into posts (user_id, title) values (:key, 'text')"), {"key": key})
    return user


def purge(db: Session, key: int):
    db.execute(delete(Post).where(Post.user_id == key, Post.title.like("core%")))


@app.put("/called/{key}")
def called(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    purge(db, key)
    return titles(user)


@app.put("/moved/{key}")
def moved(key: int, db: Session = Depends(get_db)):
    post = db.scalars(select(Post).where(Post.id == key)).one()
    db.execute(update(Post).where(Post.id == key).values(user_id=3))
    return post.author.name


@app.put("/read/{key}")
def read_before(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    first = titles(user)
    purge(db, key)
    return first + titles(user)


@app.put("/loop")
def loop(db: Session = Depends(get_db)):
    found = []
    for user in db.scalars(select(User)).all():
        db.execute(insert(Post).values(user_id=user.id, title="loop"))
        found.append(titles(user))
    return found


@app.get("/")
def everything(db: Session = Depends(get_db)):
    return [[user.name, user.age, titles(user)] for user in db.scalars(select(User).order_by(User.id))]
"""
    )
    names = "legacy core text called again returned listed both moved answered read".split()
    calls = [("PUT", f"/{name}/{key}") for key in (1, 2) for name in names]
    requests = [r for call in calls for r in (call, ("GET", "/"))]
    after = prove(tmp_path, main, [*requests, ("PUT", "/legacy/9"), ("PUT", "/loop"), ("GET", "/")])["main.py"]
    assert "expire(post)" in after and "expire(kept)" not in after  # a loop over what is there asks for nothing


def test_flushes_between(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

@app.post("/flushed/{key}")
def flushed(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    db.add(Post(user_id=key, title="flushed"))
    db.flush()
    return titles(user)


@app.post("/pending/{key}")
def pending(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    db.add(Post(user_id=key, title="pending"))
    return titles(user)


@app.post("/committed/{key}", response_model=UserOut)
def committed(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    db.add(Post(user_id=key, title="committed"))
    db.commit()
    return user


@app.post("/gone/{key}")
def gone(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    post = db.scalars(select(Post).where(Post.user_id == key)).first()
    db.delete(post)
    db.flush()
    return titles(user)


@app.get("/")
def everything(db: Session = Depends(get_db)):
    return [[user.name, user.age, titles(user)] for user in db.scalars(select(User).order_by(User.id))]
"""
    )
    calls = [("POST", f"/{n}/{key}") for key in (1, 2) for n in "flushed pending committed gone".split()]
    prove(tmp_path, main, [r for call in calls for r in (call, ("GET", "/"))])


def test_flushes_of_the_load(tmp_path: Path) -> None:
    """Where the session flushes before it loads, what waits to be stored is there as well."""
    main = (
        HEAD
        + """

@app.post("/pending/{key}")
def pending(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    db.add(Post(user_id=key, title="pending"))
    return titles(user)


@app.post("/moved/{key}")
def moved(key: int, db: Session = Depends(get_db)):
    post = db.scalars(select(Post).where(Post.id == key)).one()
    post.user_id = 3
    return post.author.name
"""
    )
    flushing = {"main.py": main, "db.py": DB.replace("autoflush=False, ", "")}
    calls = [("POST", f"/{name}/{key}") for key in (1, 2) for name in ("pending", "moved")]
    prove(tmp_path, flushing, calls)


def test_other_writes(tmp_path: Path) -> None:
    """What does not come between stays loaded with the instances."""
    main = (
        HEAD
        + """

@app.put("/other/{key}")
def other(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    db.execute(update(User).where(User.id == 3).values(age=4))
    user.age = 7
    db.flush()
    return titles(user)


@app.put("/leaves/{key}")
def leaves(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    if user.name == "bob":
        db.execute(delete(Post).where(Post.user_id == key))
        return "gone"
    return titles(user)


@app.put("/branch/{key}")
def branch(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    if user.name == "bob":
        db.add(Post(user_id=key, title="branch"))
        db.flush()
        names = []
    else:
        names = titles(user)
    return names


@app.put("/first/{key}")
def first(key: int, db: Session = Depends(get_db)):
    user = db.scalars(select(User).where(User.id == key)).one()
    count = len(user.posts)
    db.execute(insert(Post).values(user_id=key, title="first"))
    return [count, [post.title for post in user.posts]]
"""
    )
    calls = [("PUT", f"/{name}/{key}") for key in (1, 2) for name in "other leaves branch first".split()]
    after = prove(tmp_path, main, calls)["main.py"]
    assert after.count("selectinload(User.posts)") == 4
    assert "greenlet" not in after


def test_a_reader_in_another_file_writes_before_it_reads(tmp_path: Path) -> None:
    """What reads first is asked of places in one file only."""
    main = HEAD.replace("from models", "from growing import grown\nfrom models", 1) + """

@app.put("/grown/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    before = len(user.posts)
    return [before, grown(db, user)]
"""
    growing = """\
from models import Post


def grown(db, user):
    db.add(Post(title="more", user_id=user.id))
    db.flush()
    return [post.title for post in user.posts]
"""
    prove(tmp_path, {"main.py": main, "growing.py": growing}, [("PUT", "/grown/1"), ("PUT", "/grown/2")])


def test_what_is_known_to_be_missing_is_not_forgotten(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

@app.post("/users/{name}")
def make(name: str, db: Session = Depends(get_db)) -> UserOut:
    there = db.scalars(select(User).where(User.name == name)).first()
    if there:
        raise HTTPException(409)
    made = User(name=name)
    db.add(made)
    db.commit()
    db.refresh(made)
    made = db.scalars(select(User).where(User.id == made.id)).first()
    return made


@app.put("/users/{name}")
def rename(name: str, db: Session = Depends(get_db)) -> UserOut:
    there = db.scalars(select(User).where(User.name == name)).first()
    if there is None:
        raise HTTPException(404)
    db.execute(update(User).where(User.name == name).values(name=name * 2))
    db.commit()
    again = db.scalars(select(User).where(User.name == name * 2)).first()
    return again
"""
    )
    requests = [("POST", "/users/eve"), ("POST", "/users/eve"), ("PUT", "/users/eve"), ("PUT", "/users/nobody")]
    text = prove(tmp_path, {"main.py": main}, requests)["main.py"]
    assert "there is not None" not in text
    assert "db.expire(there)" in text


def test_what_may_be_missing_is_asked_for_before_it_is_forgotten(tmp_path: Path) -> None:
    main = (
        HEAD
        + """

@app.put("/posts/{key}")
def put(key: int, title: str, db: Session = Depends(get_db)) -> PostOut:
    there = db.scalars(select(Post).where(Post.user_id == key, Post.title == title)).first()
    if there and there.author.name == "nobody":
        raise HTTPException(409)
    post = Post(title=title, user_id=key)
    db.add(post)
    db.commit()
    post = db.scalars(select(Post).where(Post.id == post.id)).one()
    return post
"""
    )
    requests = [("PUT", f"/posts/1?title={title}") for title in ("fresh", "fresh", "other")]
    text = prove(tmp_path, {"main.py": main}, requests)["main.py"]
    assert "if there is not None:\n        db.expire(there)" in text


def test_what_is_set_behind_a_commit_is_not_taken_back(tmp_path: Path) -> None:
    models = """
from sqlalchemy import Column, DateTime, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Task(Base):
    __tablename__ = "tasks"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    hours = Column(Integer)
    due = Column(DateTime)
"""
    filling = """
from models import Task


def fill(db):
    db.add_all([Task(id=1, title="a", hours=1), Task(id=2, title="b", hours=1)])
"""
    app = """
from datetime import datetime, timezone

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Task

app = FastAPI()


def note(db: Session, title: str):
    db.add(Task(title=title))
    db.commit()


@app.get("/set")
def set_both(hours: int, due: datetime = datetime(2020, 1, 2, tzinfo=timezone.utc), db: Session = Depends(get_db)):
    task = db.query(Task).filter(Task.id == 1).one()
    note(db, "set")
    task.hours = hours
    task.due = due
    db.commit()
    return [task.hours, task.due]


def retitle(db: Session):
    db.query(Task).filter(Task.id == 2).update({"title": "c"}, synchronize_session=False)
    db.commit()


def all_of(db: Session):
    return db.query(Task).order_by(Task.id).all()


@app.get("/others")
def set_another(hours: int, db: Session = Depends(get_db)):
    tasks = all_of(db)
    task = db.query(Task).filter(Task.id == 2).one()
    retitle(db)
    for one in tasks:
        one.hours = hours
    if task.title == "c":
        task.due = datetime(2021, 1, 1)
    db.commit()
    return [[one.title, one.hours, one.due] for one in all_of(db)]
"""
    files = {"db.py": DB.replace("autoflush=False, ", ""), "models.py": models, "filling.py": filling, "main.py": app}
    prove(tmp_path, files, [("GET", "/others?hours=7"), ("GET", "/set?hours=5"), ("GET", "/set?hours=6")])
