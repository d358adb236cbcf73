"""Loads beside those who read, of what may be a response; and what an earlier run has written, which stays so."""

from __future__ import annotations

from pathlib import Path

from .harness import migrate, prove
from .reads_app import FILLING, HEAD, MODELS

DB = """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///./app.db")
SessionLocal = async_sessionmaker(autoflush=False, expire_on_commit=False, bind=engine)


async def get_db():
    async with SessionLocal() as db:
        yield db
"""
SESSION = "from sqlalchemy.orm import Session,"
ASYNC = "from sqlalchemy import delete\nfrom sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.orm import"
APP = (
    HEAD.replace(SESSION, ASYNC)
    + """

async def find(db: AsyncSession, key: int) -> Post:
    post = await db.scalar(select(Post).where(Post.id == key).limit(1))
    if not post:
        raise HTTPException(status_code=404)
    return post


async def crowd(db: AsyncSession, post: Post) -> int:
    (await db.scalars(
        select(Post).options(joinedload(Post.comments)).where(Post.id == post.id)
    )).unique().one_or_none()
    return len([comment for comment in post.comments if comment.likes])


@app.get("/titles/{key}")
async def title(key: int, db: AsyncSession = Depends(get_db)):
    return (await find(db, key)).title


@app.get("/posts/{key}")
async def count(key: int, db: AsyncSession = Depends(get_db)):
    return await crowd(db, await find(db, key))


@app.delete("/comments/{key}")
async def clear(key: int, db: AsyncSession = Depends(get_db)):
    post = await find(db, key)
    await db.execute(delete(Comment).where(Comment.post_id == key))
    return await crowd(db, post)
"""
)


def test_what_such_a_load_has_loaded_is_awaited_by_nobody(tmp_path: Path) -> None:
    """The comments are deleted between the first statement and the load, which therefore has them as they are."""
    files = {"db.py": DB, "models.py": MODELS, "main.py": APP, "requirements.txt": "fastapi\nsqlalchemy\naiosqlite\n"}
    assert migrate(files)["main.py"] == APP


ANSWERED = (
    HEAD.replace(SESSION, "from fastapi.responses import JSONResponse\nfrom sqlalchemy.orm import Session,")
    + """

class PostTitle(Out):
    title: str


class AuthorOut(Out):
    name: str
    posts: List[PostTitle]


class PostOut(Out):
    title: str
    author: AuthorOut


class Posts:
    def __init__(self, db: Session):
        self.db = db

    def move(self, key: int):
        post = self.db.query(Post).filter(Post.id == key).first()
        if post is None:
            return JSONResponse({"detail": "no such post"}, 404)
        self.db.refresh(post)
        post.author_id = 2
        self.db.expire_all()
        self.db.commit()
        self.db.refresh(post)
        return post


@app.put("/posts/{key}", response_model=PostOut)
def move(key: int, db: Session = Depends(get_db)):
    post = Posts(db).move(key)
    return post
"""
)


def test_a_response_in_the_place_of_an_instance_has_nothing_to_load(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": ANSWERED}
    done = prove(tmp_path, files, [("PUT", "/posts/1"), ("PUT", "/posts/9")])
    assert "if isinstance(post, Post):" in done["main.py"]


AWAITED = (
    HEAD.replace(SESSION, ASYNC.replace("delete\n", "inspect\nfrom sqlalchemy.util import greenlet_spawn\n"))
    + """

@app.put("/posts/{key}")
async def change(key: int, db: AsyncSession = Depends(get_db)):
    post = await db.get(Post, key)
    post.title = "changed"
    await db.commit()
    await db.get(Post, inspect(post).identity, options=[joinedload(Post.author)], populate_existing=True)
    author = post.author
    if await greenlet_spawn(getattr, author, "team") is not None:
        return [post.title, author.name, author.team.name]
    return [post.title, author.name]


@app.put("/direct/{key}")
async def direct(key: int, db: AsyncSession = Depends(get_db)):
    post = await db.get(Post, key)
    post.title = "changed"
    await db.commit()
    await db.get(Post, inspect(post).identity, options=[joinedload(Post.author)], populate_existing=True)
    return [post.title, post.author.team.name if await greenlet_spawn(getattr, post.author, "team") else None]
"""
)


def test_what_an_earlier_run_awaits_gets_no_option(tmp_path: Path) -> None:
    """It had a reason not to load the team with the refresh; the next one takes the refresh for a place to load it."""
    files = {"db.py": DB, "models.py": MODELS, "main.py": AWAITED, "requirements.txt": "sqlalchemy\naiosqlite\n"}
    assert migrate(files)["main.py"] == AWAITED
