"""Instances that are made in a function and stored by another one that it calls, alone or below rows that are there."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove

MODELS = """
from typing import List, Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int] = mapped_column(default=0)
    posts: Mapped[List["Post"]] = relationship(back_populates="author", order_by="Post.id")
    profile: Mapped[Optional["Profile"]] = relationship(back_populates="user", cascade="all, delete-orphan")


class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[int] = mapped_column(primary_key=True)
    bio: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="profile")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    author: Mapped[Optional["User"]] = relationship(back_populates="posts")
    tags: Mapped[List["Tag"]] = relationship(order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
"""
HEAD = """
from typing import List, Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import Post, Profile, Tag, User

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TagOut(Out):
    text: str


class PostOut(Out):
    title: str
    tags: List[TagOut]


class UserOut(Out):
    name: str
    posts: List[PostOut]


class Uow:
    def __init__(self, session: Session = Depends(get_db)):
        self.session = session
        self.notes = []

    def get(self, key: int):
        return self.session.get(User, key)

    def finish(self) -> None:
        self.session.add_all(self.notes)
        self.session.commit()
"""


def test_a_unit_of_work_stores_what_the_route_has_made(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

@app.post("/posts", response_model=PostOut)
def add_post(title: str, uow: Uow = Depends()):
    post = Post(title=title)
    uow.session.add(post)
    uow.finish()
    return post


@app.post("/tagged", response_model=PostOut)
def add_tagged(title: str, uow: Uow = Depends()):
    post = Post(title=title, tags=[Tag(text=title)])
    uow.session.add(post)
    uow.finish()
    return post


@app.post("/profiles/{key}")
def set_profile(key: int, bio: str, uow: Uow = Depends()):
    user = uow.get(key)
    user.profile = Profile(bio=bio)
    uow.finish()
    return [user.name, user.profile.bio, uow.session.query(Profile).count()]
"""
    )
    paths = ["/posts?title=a", "/tagged?title=b", "/profiles/1?bio=c", "/profiles/1?bio=d"]
    requests = [("POST", path) for path in paths]
    done = prove(tmp_path, {"models.py": MODELS, "main.py": app}, requests, codes=["eager-outdated"])["main.py"]
    assert "    await post.awaitable_attrs.tags\n    return post" in done


def test_what_is_made_below_a_loaded_row_is_validated_in_the_greenlet(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

@app.post("/flushed/{key}", response_model=UserOut)
def flushed(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.posts.append(Post(title="flushed"))
    db.flush()
    return user


def make(session: Session, name: str):
    user = User(name=name)
    session.add(user)
    session.flush()
    return user


@app.post("/made", response_model=UserOut)
def made(db: Session = Depends(get_db)):
    user = make(db, "dee")
    user.posts.append(Post(title="first"))
    db.flush()
    return user
"""
    )
    requests = [("POST", "/flushed/1"), ("POST", "/made")]
    done = prove(tmp_path, {"models.py": MODELS, "main.py": app}, requests)["main.py"]
    assert done.count("await greenlet_spawn(UserOut.model_validate, user, from_attributes=True)") == 2


def test_a_response_model_makes_a_route(tmp_path: Path) -> None:
    """Of a decorator of the program, which FastAPI is handed the function by later."""
    app = (
        HEAD
        + """

class Views:
    def __init__(self, uow: Uow = Depends()):
        self.uow = uow


def view(path: str, **options):
    def mark(function):
        function.view = (path, options)
        return function

    return mark


@view("/users/{key}", response_model=UserOut)
def read(key: int, uow: Uow = Depends()):
    return uow.get(key)


@view("/names")
def names(uow: Uow = Depends()):
    return [user.name for user in uow.session.query(User).order_by(User.id)]


for function in list(globals().values()):
    if hasattr(function, "view"):
        app.add_api_route(function.view[0], function, **function.view[1])
"""
    )
    prove(tmp_path, {"models.py": MODELS, "main.py": app}, [("GET", "/users/1"), ("GET", "/names")])


def test_a_response_model_of_another_library_makes_no_route() -> None:
    app = (
        HEAD
        + """
from answering import ask


@ask.call(provider="any", response_model=UserOut)
def summary(uow: Uow, key: int):
    return uow.get(key)


@app.get("/names/{key}")
def name(key: int, uow: Uow = Depends()):
    return summary(uow, key).name
"""
    )
    migrated = migrate({**BASE, "models.py": MODELS, "main.py": app})
    assert "return self.session.get(User, key)" in migrated["main.py"].replace("await ", "")
    assert "model_validate" not in migrated["main.py"]
    assert "selectinload" not in migrated["main.py"]


STORING = """

def save(db: Session, row):
    db.add(row)
    db.commit()
    return row


def save_all(db: Session, rows):
    db.add_all(rows)
    db.commit()

"""


def test_rows_of_a_list_are_stored_by_another_function(tmp_path: Path) -> None:
    app = (
        HEAD
        + STORING
        + """
@app.post("/names")
def by_names(db: Session = Depends(get_db)):
    made = [Post(title=name) for name in "xy"]
    save_all(db, made)
    return [[post.title, [tag.text for tag in post.tags]] for post in made]


@app.post("/schema", response_model=List[PostOut])
def by_schema(db: Session = Depends(get_db)):
    made = []
    for name in "xy":
        made.append(Post(title=name))
    save_all(db, made)
    return made


@app.post("/places")
def by_places(db: Session = Depends(get_db)):
    made = [Post(title=name) for name in "xy"]
    save_all(db, made)
    return [len(made[0].tags), len(made[1].tags)]
"""
    )
    requests = [("POST", path) for path in ("/names", "/schema", "/places")]
    prove(tmp_path, {"models.py": MODELS, "main.py": app}, requests)


def test_what_another_function_has_stored_is_read_before_the_next_store(tmp_path: Path) -> None:
    app = (
        HEAD.replace("from pydantic", "from sqlalchemy import func\nfrom pydantic")
        + STORING
        + """
@app.post("/before")
def before(db: Session = Depends(get_db)):
    post = Post(title="a")
    save(db, post)
    found = len(post.tags)
    db.flush()
    return [post.title, found]


@app.post("/refreshed")
def refreshed(db: Session = Depends(get_db)):
    user = User(name="b")
    save(db, user)
    user.age = func.abs(-3)
    db.add(Post(title="c", user_id=user.id))
    db.flush()
    found = len(user.posts)
    if user.profile is not None:
        user.name = "none"
    db.flush()
    return [user.name, user.age, found]
"""
    )
    requests = [("POST", "/before"), ("POST", "/refreshed")]
    prove(tmp_path, {"models.py": MODELS, "main.py": app}, requests)


def test_what_a_call_makes_is_named_behind_it(tmp_path: Path) -> None:
    """The route names the instance when all is stored: what the function sets before that has nothing to load."""
    app = (
        HEAD
        + """
app = FastAPI()


def renew(db: Session, old: User) -> User:
    made = User(name=old.name + "2")
    posts = list(old.posts)
    if posts:
        made.posts = posts
    db.add(made)
    db.commit()
    return made


@app.put("/users/{key}")
def put(key: int, db: Session = Depends(get_db)):
    made = renew(db, db.get(User, key))
    return [made.name, made.id]


@app.get("/titles")
def titles(db: Session = Depends(get_db)):
    return [[p.title, p.user_id] for p in db.query(Post).order_by(Post.id)]
"""
    )
    done = prove(tmp_path, {"main.py": app, "models.py": MODELS}, [("PUT", "/users/1"), ("GET", "/titles")])
    assert "awaitable_attrs" not in done["main.py"]
    assert "greenlet_spawn" not in done["main.py"]
