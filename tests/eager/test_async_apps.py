"""Programs that are async already: whatever is put in is awaited, and after a migration nothing is left to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.analysis.discovery import discover
from asyncify.pipeline import run_steps, stages

from .apps import serve, transformed

EXAMPLES = Path(__file__).parents[2] / "examples"

HEAD = """
from pathlib import Path

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import NullPool

FILE = Path(__file__).with_name("app.db")
engine = create_async_engine(f"sqlite+aiosqlite:///{FILE}", poolclass=NullPool)
SessionLocal = async_sessionmaker(bind=engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship(back_populates="posts")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PostLine(Out):
    title: str


class UserOut(Out):
    name: str
    posts: list[PostLine]


class UserLine(Out):
    name: str


class PostOut(PostLine):
    author: UserLine


def seed():
    sync = create_engine(f"sqlite:///{FILE}")
    Base.metadata.create_all(sync)
    with Session(sync) as db:
        db.add(User(id=1, name="ann", posts=[Post(title="one"), Post(title="two")]))
        db.add(User(id=2, name="bob", posts=[Post(title="three")]))
        db.commit()
    sync.dispose()


async def get_db():
    async with SessionLocal() as db:
        yield db


async def current(db: AsyncSession = Depends(get_db)):
    return await db.get(User, 1)


app = FastAPI()
"""

ROUTES = """

@app.get("/posts", response_model=list[PostOut])
async def posts(db: AsyncSession = Depends(get_db)):
    return (await db.scalars(select(Post).order_by(Post.id))).all()


@app.get("/posts/{post_id}", response_model=PostOut)
async def post(post_id: int, db: AsyncSession = Depends(get_db)):
    return await db.get(Post, post_id)


@app.get("/users/{user_id}", response_model=UserOut)
async def user(user_id: int, db: AsyncSession = Depends(get_db), me: User = Depends(current)):
    found = await db.get(User, user_id)
    if found is None:
        raise HTTPException(404)
    return found


@app.get("/name")
async def name(me: User = Depends(current)):
    return me.name


@app.get("/titles")
async def titles(db: AsyncSession = Depends(get_db), me: User = Depends(current)):
    return [post.title for post in me.posts]


@app.get("/me", response_model=UserOut)
async def show(me: User = Depends(current)):
    return me


@app.post("/stored", response_model=PostOut)
async def stored(db: AsyncSession = Depends(get_db)):
    made = Post(title="stored", author_id=1)
    db.add(made)
    await db.commit()
    return made


@app.post("/refreshed", response_model=PostOut)
async def refreshed(db: AsyncSession = Depends(get_db)):
    made = Post(title="refreshed", author_id=2)
    db.add(made)
    await db.commit()
    await db.refresh(made)
    return made
"""

GETS = ["/posts", "/posts/3", "/users/1", "/users/2", "/users/9", "/titles", "/me"]


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # the lazy loads before the transform
def test_every_load_is_awaited(tmp_path: Path) -> None:
    files = {"main.py": HEAD + ROUTES}
    after, codes = transformed(files)
    assert codes == ()
    requests = [("GET", url) for url in GETS] + [("POST", "/stored"), ("POST", "/refreshed")]
    before = serve(files, tmp_path, requests)
    assert [a.status for a in before] == [500, 500, 500, 500, 404, 500, 500, 500, 500]
    answers = serve(after, tmp_path, requests)
    assert [a.status for a in answers] == [200, 200, 200, 200, 404, 200, 200, 200, 200]
    assert [a.content[1] for a in answers[1:4]] == [
        {"title": "three", "author": {"name": "bob"}},
        {"name": "ann", "posts": [{"title": "one"}, {"title": "two"}]},
        {"name": "bob", "posts": [{"title": "three"}]},
    ]
    assert answers[-2].content[1] == {"title": "stored", "author": {"name": "ann"}}
    assert answers[-1].content[1] == {"title": "refreshed", "author": {"name": "bob"}}


def test_a_plain_function_is_left_to_a_later_step() -> None:
    text = """

async def load(db: AsyncSession):
    return (await db.scalars(select(User).order_by(User.id))).all()


@app.get("/raw")
async def raw(db: AsyncSession = Depends(get_db)):
    return await load(db)


def titles(db: AsyncSession, users):
    return [post.title for user in users for post in user.posts]


@app.get("/titles")
async def all_titles(db: AsyncSession = Depends(get_db)):
    users = await load(db)
    return titles(db, users)
"""
    after, codes = transformed({"main.py": HEAD + text})
    assert after["main.py"] == HEAD + text
    assert codes == ()


@pytest.mark.parametrize("name", ["shop_api", "bookclub_site"])
def test_nothing_is_left_after_a_migration(name: str) -> None:
    result = run_steps(discover(EXAMPLES / name, []), stages())
    again = run_steps(result.after, stages(["eager"]))
    assert not again.changed
