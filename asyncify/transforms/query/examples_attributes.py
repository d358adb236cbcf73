"""What the `query` transform does to queries that reading an attribute makes, shown."""

from __future__ import annotations

from asyncify.transforms.base import Example

_DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker

engine = create_engine("sqlite:///./app.db")
db_session = scoped_session(sessionmaker(bind=engine))
Base = declarative_base()
"""
_MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import relationship

from database import Base


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    posts = relationship("Post", lazy="dynamic", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
"""

EXAMPLES: tuple[Example, ...] = (
    Example(
        "Model.query is a select with the session that the property was made of",
        {
            "database.py": _DATABASE + "Base.query = db_session.query_property()\n",
            "models.py": _MODELS,
            "app.py": """\
from models import User


def find(user_id: int):
    return User.query.get(user_id)


def named(name: str):
    query = User.query.filter_by(name=name)
    total = query.count()
    return total, query.order_by(User.id).all()
""",
        },
        {
            "database.py": _DATABASE,
            "app.py": """\
from sqlalchemy import func, select

from database import db_session
from models import User


def find(user_id: int):
    return db_session.get(User, user_id)


def named(name: str):
    query = select(User).filter_by(name=name)
    total = db_session.scalar(select(func.count()).select_from(query.subquery()))
    return total, db_session.scalars(query.order_by(User.id)).all()
""",
        },
    ),
    Example(
        "a dynamic collection has a select: its statement",
        {
            "database.py": _DATABASE,
            "models.py": _MODELS,
            "app.py": """\
from sqlalchemy.orm import Session

from models import Post, User


def publish(db: Session, user_id: int, title: str):
    user = db.get(User, user_id)
    user.posts.append(Post(title=title))
    db.commit()
    return user.posts.filter(Post.title == title).all()


def titles(user: User):
    return [post.title for post in user.posts]
""",
        },
        {
            "app.py": """\
from sqlalchemy.orm import Session, object_session

from models import Post, User


def publish(db: Session, user_id: int, title: str):
    user = db.get(User, user_id)
    user.posts.append(Post(title=title))
    db.commit()
    return db.scalars(user.posts.statement.where(Post.title == title)).all()


def titles(user: User):
    return [post.title for post in object_session(user).scalars(user.posts.statement)]
""",
        },
    ),
    Example(
        "methods of an own Query class stay, what they are not called on does not",
        {
            "database.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Query, declarative_base, sessionmaker


class NamedQuery(Query):
    def named(self, name):
        return self.filter_by(name=name)


engine = create_engine("sqlite:///./app.db")
SessionLocal = sessionmaker(bind=engine, query_cls=NamedQuery)
Base = declarative_base()
""",
            "models.py": _MODELS,
            "app.py": """\
from sqlalchemy.orm import Session

from models import User


def named(db: Session, name: str):
    return db.query(User).named(name).all()


def everybody(db: Session):
    return db.query(User).all()
""",
        },
        {
            "app.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import User


def named(db: Session, name: str):
    return db.query(User).named(name).all()


def everybody(db: Session):
    return db.scalars(select(User)).all()
""",
        },
        ("query-method",),
    ),
)
