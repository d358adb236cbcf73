"""Deferred columns: what is read is loaded with its row, the others stay deferred."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

MODELS = BASE["models.py"].replace(
    '    posts: Mapped[list["Post"]]',
    """    bio: Mapped[str] = mapped_column(default="-", deferred=True, deferred_group="text")
    photo: Mapped[str] = mapped_column(default="p", deferred=True)
    notes = deferred(Column(String, default="n"))
    doubled = column_property(age * 2, deferred=True)
    posts: Mapped[list["Post"]]""",
    1,
)
MODELS = (
    MODELS.replace(
        "from sqlalchemy.orm import DeclarativeBase,",
        "from sqlalchemy import Column, String\nfrom sqlalchemy.orm import column_property, deferred, DeclarativeBase,",
    )
    .replace(
        "    age: Mapped[int] = mapped_column(default=0)",
        "    age = Column(Integer, default=0)",
    )
    .replace("import ForeignKey", "import ForeignKey, Integer")
)
APP = (
    HEAD
    + """
from pydantic import BaseModel, ConfigDict


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    doubled: int


@app.get("/users", response_model=list[UserOut])
def users(db: Session = Depends(get_db)):
    return db.query(User).order_by(User.id).all()


@app.get("/users/{key}")
def user(key: int, db: Session = Depends(get_db)):
    found = db.get(User, key)
    return [found.name, found.bio, found.notes]
"""
)


def test_what_is_read_is_loaded(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "main.py": APP}
    done = prove(tmp_path, files, [("GET", "/users"), ("GET", "/users/2")])["models.py"]
    assert 'bio: Mapped[str] = mapped_column(default="-")' in done
    assert 'notes = Column(String, default="n")' in done
    assert "doubled = column_property(age * 2)" in done
    assert 'photo: Mapped[str] = mapped_column(default="p", deferred=True)' in done


def test_a_program_that_asks_for_columns_is_left_to_it() -> None:
    app = APP + "\n\nfrom sqlalchemy.orm import undefer\n\noptions = [undefer(User.bio)]\n"
    assert migrate({**BASE, "models.py": MODELS, "main.py": app})["models.py"] == MODELS


def test_subqueries_keep_their_tables(tmp_path: Path) -> None:
    models = (
        BASE["models.py"].replace("import DeclarativeBase,", "import column_property, DeclarativeBase,")
        + """

from sqlalchemy import func, select


class Author(Base):
    __table__ = User.__table__
    posts = relationship(Post, primaryjoin=User.id == Post.user_id, viewonly=True)
    count = column_property(
        select(func.count(Post.id)).where(Post.user_id == User.__table__.c.id).scalar_subquery(), deferred=True
    )
"""
    )
    app = (
        HEAD
        + """
from models import Author, Post


@app.get("/authors")
def authors(db: Session = Depends(get_db)):
    found = db.query(Author).join(Post, Post.user_id == Author.id).order_by(Author.id, Post.id).all()
    return [[author.name, author.count] for author in found]
"""
    )
    done = prove(tmp_path, {"models.py": models, "main.py": app}, [("GET", "/authors")])
    assert ".correlate_except(Post).scalar_subquery()" in done["models.py"]
