"""SQL expressions that are assigned, in loops, by other functions and where instances are made, and read later."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, prove
from .test_lookalikes import HEAD

DB = BASE["db.py"].replace("autocommit=False, autoflush=False, ", "")
MODELS = BASE["models.py"].replace(
    "\n\nclass Post(Base):",
    """
    def grow(self, by=1):
        self.age = User.age + by


class Post(Base):""",
    1,
)
APP = (
    HEAD
    + """
from sqlalchemy import func
from models import Post


@app.post("/loop")
def loop(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    for user in users:
        user.age = User.age + 1
    db.flush()
    total = sum(user.age for user in users)
    db.commit()
    return [total, [user.name for user in users if user.age > 21]]


def rename(user, suffix):
    user.name = User.name + suffix


@app.post("/helper/{key}")
def helper(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    rename(user, "!")
    db.flush()
    return [user.name, user.age]


@app.post("/method/{key}")
def method(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.grow(by=2)
    db.flush()
    return {"age": user.age}


@app.post("/queried/{key}")
def queried(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.age = User.age * 2
    count = db.query(User).count()
    found = [user.age, count]
    user.age = 5
    db.flush()
    return [*found, user.age]


@app.post("/made")
def made(db: Session = Depends(get_db)):
    posts = [Post(title=func.upper("a"), user_id=key) for key in (1, 2)]
    post = Post(title=func.lower("B"))
    db.add_all([*posts, post])
    db.flush()
    return [post.title, [one.title for one in posts]]
"""
)


def test_what_the_database_computes_is_awaited(tmp_path: Path) -> None:
    paths = ["/loop", "/helper/1", "/method/2", "/queried/1", "/made", "/loop"]
    done = prove(tmp_path, {"db.py": DB, "models.py": MODELS, "main.py": APP}, [("POST", p) for p in paths])["main.py"]
    assert "sum([await user.awaitable_attrs.age for user in users])" in done
    assert "return [await user.awaitable_attrs.name, user.age]" in done
    assert "return [*found, user.age]" in done


SENT = (
    HEAD
    + """
from pydantic import BaseModel
from sqlalchemy import func


class UserOut(BaseModel):
    id: int
    name: str
    age: int
    model_config = {"from_attributes": True}


def edit(db: Session, key: int):
    user = db.query(User).filter(User.id == key).first()
    if user:
        user.name = func.upper(user.name)
        user.age = User.age + 1
        db.commit()
    return user


def save(db: Session):
    db.commit()


@app.post("/edit/{key}", response_model=UserOut)
def edited(key: int, db: Session = Depends(get_db)):
    user = edit(db, key)
    if user is None:
        raise HTTPException(404)
    return user


@app.post("/save/{key}", response_model=UserOut)
def saved(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    try:
        user.name = func.lower(user.name)
        save(db)
    except ValueError:
        db.rollback()
        raise
    return user


@app.post("/make", response_model=UserOut)
def make(db: Session = Depends(get_db)):
    user = User(name=func.upper("new"), age=1)
    db.add(user)
    db.commit()
    return user


@app.post("/older/{key}", response_model=UserOut)
def older(key: int, much: bool = False, db: Session = Depends(get_db)):
    user = db.get(User, key)
    if much:
        user.age = User.age + 10
    db.commit()
    return user


@app.post("/seen/{key}", response_model=UserOut)
def seen(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.age = func.abs(-7)
    db.commit()
    db.refresh(user)
    return user
"""
)


def test_what_the_database_computes_is_sent(tmp_path: Path) -> None:
    app = SENT.replace("Depends, FastAPI", "Depends, FastAPI, HTTPException")
    paths = ["/edit/1", "/edit/9", "/save/1", "/make", "/older/2", "/older/2?much=1", "/seen/2"]
    done = prove(tmp_path, app, [("POST", path) for path in paths])["main.py"]
    assert 'await db.commit()\n        await db.refresh(user, ["name", "age"])\n    return user' in done
    assert 'await save(db)\n        await db.refresh(user, ["name"])\n' in done
    assert 'await db.commit()\n    await db.refresh(user, ["name"])\n' in done
    assert "await user.awaitable_attrs.age\n    return user" in done
    assert done.count("db.refresh(") == 4


def test_what_the_mapping_computes_of_what_was_made(tmp_path: Path) -> None:
    models = (
        BASE["models.py"]
        .replace("import ForeignKey", "import ForeignKey, func")
        .replace("import DeclarativeBase,", "import column_property, DeclarativeBase,")
        + """

class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column()
    upper: Mapped[str] = column_property(func.upper(name))
"""
    )
    app = (
        HEAD
        + """
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func

from models import Shelf


class ShelfOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    upper: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class Uow:
    def __init__(self, session: Session = Depends(get_db)):
        self.session = session

    def finish(self):
        self.session.commit()


def make(session, name):
    shelf = Shelf(name=name)
    session.add(shelf)
    session.flush()
    return shelf


def keep(session, name):
    shelf = Shelf(name=name)
    session.add(shelf)
    session.flush()
    return shelf


@app.post("/flushed", response_model=ShelfOut)
def flushed(db: Session = Depends(get_db)):
    shelf = Shelf(name="a")
    db.add(shelf)
    db.flush()
    return shelf


@app.post("/given", response_model=ShelfOut)
def given(db: Session = Depends(get_db)):
    return make(db, "b")


@app.post("/kept")
def kept(db: Session = Depends(get_db)):
    one, two = keep(db, "c"), 2
    other = keep(db, "d")
    return [one.name, two, other.upper]


@app.post("/stored", response_model=ShelfOut)
def stored(uow: Uow = Depends()):
    shelf = Shelf(name="e")
    uow.session.add(shelf)
    uow.finish()
    return shelf


@app.post("/assigned/{key}", response_model=UserOut)
def assigned(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.name = func.upper(user.name)
    db.flush()
    return user
"""
    )
    paths = ["/flushed", "/given", "/kept", "/stored", "/assigned/1"]
    files = {"models.py": models, "main.py": app}
    done = prove(tmp_path, files, [("POST", path) for path in paths], codes=["eager-outdated"])["main.py"]
    assert done.count("    await shelf.awaitable_attrs.upper\n    return shelf") == 3
    assert "    shelf = Shelf(name=name)\n    session.add(shelf)\n    await session.flush()\n    return shelf" in done
    assert "return [one.name, two, await other.awaitable_attrs.upper]" in done


GIVEN = (
    HEAD
    + """
from models import Post
from pydantic import BaseModel, ConfigDict


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


def author(db: Session, condition):
    return db.query(User).filter(condition).first()


@app.put("/posts/{key}", response_model=PostOut)
def move(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    post.author = db.query(User).filter(User.id == 1).first()
    post.title = (db.query(User.name).filter(User.id == 1).scalar() or "") + "!"
    db.commit()
    return post


@app.put("/posts/{key}/author", response_model=PostOut)
def give(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    post.author = author(db, User.name == "ann")
    db.commit()
    return post
"""
)


def test_what_a_query_gives_is_no_expression(tmp_path: Path) -> None:
    done = prove(tmp_path, GIVEN, [("PUT", "/posts/1"), ("PUT", "/posts/1/author")])
    assert "refresh(" not in done["main.py"]


SHAPES = (
    HEAD
    + """
from functools import partial

from sqlalchemy import case, func


def at_least(column, least):
    return case((column > least, column), else_=least)


@app.post("/grown/{key}")
def grown(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.age = at_least(User.age, 33)
    db.flush()
    return {"age": user.age}


@app.post("/named/{key}")
def named(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    told = (user, "name", "b")
    setattr(*told)
    partial(setattr, user, "age")(4)
    db.commit()
    return [user.name, user.age]


def fresh(name: str):
    made = User(name=name)
    made.age = func.length(name)
    return made


@app.post("/returned")
def returned(db: Session = Depends(get_db)):
    user = fresh("long")
    db.add(user)
    db.flush()
    return {"age": user.age}


@app.post("/plain")
def plain(db: Session = Depends(get_db)):
    user = User(name="a")
    db.add(user)
    db.flush()
    return {"name": user.name}  # kept
"""
)


def test_what_functions_return_and_columns_that_are_properties(tmp_path: Path) -> None:
    column = "name: Mapped[str] = column_property(Column(String), active_history=True)"
    models = BASE["models.py"].replace("    name: Mapped[str]\n", f"    {column}\n", 1)
    models = models.replace("import DeclarativeBase,", "import DeclarativeBase, column_property,")
    models = models.replace("import ForeignKey", "import Column, ForeignKey, String")
    files = {"main.py": SHAPES, "models.py": models}
    done = prove(
        tmp_path, files, [("POST", "/grown/1"), ("POST", "/named/1"), ("POST", "/returned"), ("POST", "/plain")]
    )
    assert 'await db.refresh(user, ["age"])' in done["main.py"]


LISTED = (
    HEAD
    + """
from typing import List

from pydantic import BaseModel
from sqlalchemy import func


class UserOut(BaseModel):
    name: str
    model_config = {"from_attributes": True}


@app.post("/stored", response_model=List[UserOut])
def stored(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    for user in users:
        user.name = func.upper(user.name)
    db.commit()
    return users


@app.post("/flushed", response_model=List[UserOut])
def flushed(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    for user in users:
        user.name = func.lower(user.name)
    db.flush()
    return users
"""
)


def test_what_the_database_computes_of_a_list_that_is_sent(tmp_path: Path) -> None:
    prove(tmp_path, LISTED, [("POST", "/stored"), ("POST", "/flushed")])
