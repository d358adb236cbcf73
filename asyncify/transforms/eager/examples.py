"""What the transform does, by example."""

from __future__ import annotations

from asyncify.transforms.base import Example

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship(back_populates="posts")
    tags: Mapped[list["Tag"]] = relationship()


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    name: Mapped[str]
"""

SCHEMAS = """
from pydantic import BaseModel


class TagOut(BaseModel):
    name: str


class UserOut(BaseModel):
    name: str


class PostOut(BaseModel):
    title: str
    author: UserOut
    tags: list[TagOut]
"""


def _app(text: str) -> dict[str, str]:
    return {"app/models.py": MODELS.lstrip(), "app/schemas.py": SCHEMAS.lstrip(), "app/main.py": text.lstrip()}


def _before_awaiting(text: str) -> dict[str, str]:
    """An app on a SQLAlchemy without `awaitable_attrs`."""
    return {**_app(text), "requirements.txt": "sqlalchemy==2.0.12\n"}


HEAD = """
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Post, User
from app.schemas import PostOut

app = FastAPI()

"""

LOADED = """    return db.scalars(select(Post).options(
        joinedload(Post.author),
        selectinload(Post.tags),
    ).order_by(Post.id)).all()
"""

EXAMPLES: tuple[Example, ...] = (
    Example(
        "what a response model reads: a collection by selectinload, a single object by joinedload",
        _app(
            HEAD
            + """
@app.get("/posts", response_model=list[PostOut])
def list_posts(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()
"""
        ),
        _app(
            HEAD.replace("import Session", "import Session, joinedload, selectinload")
            + """
@app.get("/posts", response_model=list[PostOut])
def list_posts(db: Session = Depends(get_db)):
"""
            + LOADED
        ),
    ),
    Example(
        "what code reads, however far from the statement",
        _app(
            HEAD
            + """
def load(db: Session):
    return db.scalars(select(User).order_by(User.id)).all()


@app.get("/titles")
def titles(db: Session = Depends(get_db)):
    return {user.name: [post.title for post in user.posts] for user in load(db)}
"""
        ),
        _app(
            HEAD.replace("import Session", "import Session, selectinload")
            + """
def load(db: Session):
    return db.scalars(select(User).options(selectinload(User.posts)).order_by(User.id)).all()


@app.get("/titles")
def titles(db: Session = Depends(get_db)):
    return {user.name: [post.title for post in user.posts] for user in load(db)}
"""
        ),
    ),
    Example(
        "a lookup by key gets options; what is not read is not loaded",
        _app(
            HEAD
            + """
@app.get("/posts/{post_id}/tags")
def tags(post_id: int, db: Session = Depends(get_db)):
    post = db.get(Post, post_id)
    return [tag.name for tag in post.tags]


@app.get("/posts/{post_id}/title")
def title(post_id: int, db: Session = Depends(get_db)):
    return db.get(Post, post_id).title
"""
        ),
        _app(
            HEAD.replace("import Session", "import Session, selectinload")
            + """
@app.get("/posts/{post_id}/tags")
def tags(post_id: int, db: Session = Depends(get_db)):
    post = db.get(Post, post_id, options=[selectinload(Post.tags)])
    return [tag.name for tag in post.tags]


@app.get("/posts/{post_id}/title")
def title(post_id: int, db: Session = Depends(get_db)):
    return db.get(Post, post_id).title
"""
        ),
    ),
    Example(
        "a refresh loads columns only, so what is read behind it is loaded with it",
        _app(
            HEAD
            + """
@app.post("/posts", response_model=PostOut)
def create(title: str, db: Session = Depends(get_db)):
    post = Post(title=title, author_id=1)
    db.add(post)
    db.commit()
    db.refresh(post)
    return post
"""
        ),
        _app(
            HEAD.replace("import select", "import inspect, select").replace(
                "import Session", "import Session, joinedload, selectinload"
            )
            + """
@app.post("/posts", response_model=PostOut)
def create(title: str, db: Session = Depends(get_db)):
    post = Post(title=title, author_id=1)
    db.add(post)
    db.commit()
    db.get(
        Post,
        inspect(post).identity,
        options=[joinedload(Post.author), selectinload(Post.tags)],
        populate_existing=True,
    )
    return post
"""
        ),
    ),
    Example(
        "a statement that serves others too stays as it is: who reads loads, where it cannot be awaited (2.0.12)",
        _before_awaiting(
            HEAD
            + """
def current(db: Session = Depends(get_db)):
    return db.scalars(select(User).where(User.id == 1)).one()


@app.get("/name")
def name(user: User = Depends(current)):
    return user.name


@app.get("/titles")
def titles(user: User = Depends(current), db: Session = Depends(get_db)):
    return [post.title for post in user.posts]
"""
        ),
        _before_awaiting(
            HEAD.replace("import Session", "import Session, joinedload")
            + """
def current(db: Session = Depends(get_db)):
    return db.scalars(select(User).where(User.id == 1)).one()


@app.get("/name")
def name(user: User = Depends(current)):
    return user.name


@app.get("/titles")
def titles(user: User = Depends(current), db: Session = Depends(get_db)):
    db.scalars(select(User).options(joinedload(User.posts)).where(User.id == user.id)).unique().one_or_none()
    return [post.title for post in user.posts]
"""
        ),
    ),
    Example(
        "an instance of unknown origin loads itself, in the greenlet once `flip` is done",
        _app(
            HEAD
            + """
def tag_names(post: Post):
    return [tag.name for tag in post.tags]
"""
        ),
        None,
    ),
    Example(
        "a value that is another object once it is loaded",
        """import enum

from sqlalchemy import Column, Enum, Integer, String
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class Role(enum.Enum):
    admin = 1
    guest = 2


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    role = Column(Enum(Role), default=Role.guest)


ADMIN = {"name": "ann", "role": "admin"}


def admin(db: Session):
    user = User(**ADMIN)
    db.add(user)
    db.commit()
    return user.role is Role.admin


def guest(db: Session):
    user = User(name="guest", role=Role.guest)
    db.add(user)
    db.commit()
    return user.role
""",
        """import enum

from sqlalchemy import Column, Enum, Integer, String
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class Role(enum.Enum):
    admin = 1
    guest = 2


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    role = Column(Enum(Role), default=Role.guest)


ADMIN = {"name": "ann", "role": "admin"}


def admin(db: Session):
    user = User(**ADMIN)
    db.add(user)
    db.commit()
    db.refresh(user)
    return user.role is Role.admin


def guest(db: Session):
    user = User(name="guest", role=Role.guest)
    db.add(user)
    db.commit()
    return user.role
""",
    ),
)
