"""What the `query` transform does, shown."""

from __future__ import annotations

from asyncify.transforms.base import Example

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    posts = relationship("Post", back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    author_id = Column(Integer, ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
"""


def _example(name: str, before: str, after: str | None, findings: tuple[str, ...] = ()) -> Example:
    """One file that uses the models."""
    return Example(
        name,
        {"models.py": MODELS, "app.py": before},
        None if after is None else {"app.py": after},
        findings,
    )


EXAMPLES: tuple[Example, ...] = (
    _example(
        "a select that is imported from where 1.4 had it first",
        """\
from sqlalchemy.future import select
from sqlalchemy.orm import Session

from models import User


def names(db: Session):
    return db.query(User.name).all() + db.execute(select(User.name)).all()
""",
        """\
from sqlalchemy.future import select
from sqlalchemy.orm import Session

from models import User


def names(db: Session):
    return db.execute(select(User.name)).all() + db.execute(select(User.name)).all()
""",
    ),
    _example(
        "the classic functions of a crud module",
        """\
from sqlalchemy.orm import Session

from models import User


def get_user(db: Session, user_id: int):
    return db.query(User).filter(User.id == user_id).first()


def get_users(db: Session, skip: int = 0, limit: int = 100):
    return db.query(User).offset(skip).limit(limit).all()
""",
        """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import User


def get_user(db: Session, user_id: int):
    return db.scalar(select(User).where(User.id == user_id).limit(1))


def get_users(db: Session, skip: int = 0, limit: int = 100):
    return db.scalars(select(User).offset(skip).limit(limit)).all()
""",
    ),
    _example(
        "rows stay rows",
        """\
from sqlalchemy import func
from sqlalchemy.orm import Session

from models import Post, User


def names(db: Session):
    return [name for (name,) in db.query(User.name)]


def pairs(db: Session):
    return db.query(User.name, Post.title).join(Post).all()


def newest(db: Session):
    return db.query(func.max(Post.id)).scalar()
""",
        """\
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Post, User


def names(db: Session):
    return [name for (name,) in db.execute(select(User.name))]


def pairs(db: Session):
    return db.execute(select(User.name, Post.title).join(Post)).all()


def newest(db: Session):
    return db.scalar(select(func.max(Post.id)))
""",
    ),
    _example(
        "a chain over several lines, unique after a join, filter_by of what was joined",
        """\
from sqlalchemy.orm import Session

from models import Post, User


def writers(db: Session, title: str):
    return (
        db.query(User)
        .join(Post)
        .filter_by(title=title)
        .order_by(User.name)
        .all()
    )
""",
        """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Post, User


def writers(db: Session, title: str):
    return db.scalars(
        select(User)
        .join(Post)
        .where(Post.title == title)
        .order_by(User.name)
    ).unique().all()
""",
    ),
    _example(
        "a query over several statements",
        """\
from sqlalchemy.orm import Query, Session

from models import User


def matching(query: Query, name: str | None) -> Query:
    if name:
        query = query.filter(User.name == name)
    return query


def page(db: Session, name: str | None):
    query = matching(db.query(User), name)
    total = query.count()
    return total, query.order_by(User.id).limit(10).all()
""",
        """\
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import Select

from models import User


def matching(query: Select, name: str | None) -> Select:
    if name:
        query = query.where(User.name == name)
    return query


def page(db: Session, name: str | None):
    query = matching(select(User), name)
    total = db.scalar(select(func.count()).select_from(query.subquery()))
    return total, db.scalars(query.order_by(User.id).limit(10)).all()
""",
    ),
    _example(
        "count, get, update and delete",
        """\
from sqlalchemy.orm import Session

from models import User


def change(db: Session, user_id: int):
    user = db.query(User).get(user_id)
    same = db.query(User).filter(User.name == user.name).count()
    mine = User.id == user_id
    db.query(User).filter(mine).update({"name": ""}, "fetch")
    count = db.query(User).filter(User.id != user_id).delete()
    return same, count
""",
        """\
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import User


def change(db: Session, user_id: int):
    user = db.get(User, user_id)
    same = db.scalar(select(func.count()).select_from(User).where(User.name == user.name))
    mine = User.id == user_id
    db.execute(update(User).where(mine).values({"name": ""}).execution_options(synchronize_session="fetch"))
    count = db.execute(delete(User).where(User.id != user_id)).rowcount
    return same, count
""",
    ),
    _example(
        "criteria that a variable holds",
        """\
from sqlalchemy.orm import Session

from models import Post


def remove(db: Session, post_id: int):
    query = db.query(Post).filter(Post.id == post_id)
    if query.first() is None:
        return None
    query.delete(synchronize_session=False)
    return query[:1]
""",
        """\
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Post


def remove(db: Session, post_id: int):
    query = select(Post).where(Post.id == post_id)
    if db.scalar(query.limit(1)) is None:
        return None
    db.execute(delete(Post).where(query.whereclause).execution_options(synchronize_session=False))
    return db.scalars(query.slice(0, 1)).all()
""",
    ),
    _example(
        "combined queries are read from the compound statement",
        """\
from sqlalchemy.orm import Session

from models import Post, User


def drafts_and_answers(db: Session):
    drafts = db.query(Post).filter(Post.title == "")
    return drafts.union_all(db.query(Post).filter(Post.author_id > 1)).order_by(Post.id).limit(5).all()


def keys(db: Session):
    return db.query(User.id).union(db.query(Post.author_id)).count()
""",
        """\
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Post, User


def drafts_and_answers(db: Session):
    drafts = select(Post).where(Post.title == "")
    return db.scalars(
        select(Post).from_statement(
            drafts.union_all(select(Post).where(Post.author_id > 1)).order_by(Post.id).limit(5)
        )
    ).unique().all()


def keys(db: Session):
    return db.scalar(
        select(func.count()).select_from(select(User.id).union(select(Post.author_id)).subquery())
    )
""",
    ),
    _example(
        "what cannot be known stays and is reported",
        """\
from sqlalchemy.orm import Session

from models import User


def united(db: Session):
    return db.query(User).union(db.query(User)).filter(User.name == "ann").all()


class Shelf:
    def query(self, what):
        return self


def lookalike(shelf: Shelf):
    return shelf.query(User), {}.get("query")
""",
        None,
        ("query-set-operation",),
    ),
)
