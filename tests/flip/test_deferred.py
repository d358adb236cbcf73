"""Deferred columns: what is read is loaded with its row, the others stay deferred."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, prove
from .test_lookalikes import HEAD

MODELS = BASE["models.py"].replace(
    '    posts: Mapped[list["Post"]]',
    """    bio: Mapped[str] = mapped_column(default="-", deferred=True, deferred_group="text")
    voice: Mapped[str] = mapped_column(default="v", deferred_group="sound")
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
    return [found.name, found.bio, found.notes, found.voice]
"""
)


def test_what_is_read_is_loaded(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "main.py": APP}
    done = prove(tmp_path, files, [("GET", "/users"), ("GET", "/users/2")])["models.py"]
    assert 'bio: Mapped[str] = mapped_column(default="-")' in done
    assert 'voice: Mapped[str] = mapped_column(default="v")' in done
    assert 'notes = Column(String, default="n")' in done
    assert "doubled = column_property(age * 2)" in done
    assert 'photo: Mapped[str] = mapped_column(default="p", deferred=True)' in done


def test_what_the_program_asks_for_stays_deferred_and_is_awaited_elsewhere(tmp_path: Path) -> None:
    app = (
        APP
        + """

from models import Post
from sqlalchemy.orm import joinedload, undefer, undefer_group


@app.get("/asked/{key}")
def asked(key: int, db: Session = Depends(get_db)):
    return db.query(User).options(undefer(User.notes), undefer_group("text")).filter_by(id=key).one().notes


@app.get("/authors")
def authors(db: Session = Depends(get_db)):
    posts = db.query(Post).options(joinedload(Post.author).undefer(User.notes)).order_by(Post.id)
    return [[post.author.notes, post.author.bio] for post in posts]


def short(user):
    return user.notes[:1]


@app.post("/users")
def add(db: Session = Depends(get_db)):
    user = User(name="dee")
    db.add(user)
    db.commit()
    return [user.name, short(user), [short(u) for u in db.query(User)]]
"""
    )
    requests = [("GET", "/users/2"), ("GET", "/asked/1"), ("GET", "/authors"), ("GET", "/users"), ("POST", "/users")]
    done = prove(tmp_path, {"models.py": MODELS, "main.py": app}, requests)
    assert 'notes = deferred(Column(String, default="n"))' in done["models.py"]
    assert 'bio: Mapped[str] = mapped_column(default="-", deferred=True, deferred_group="text")' in done["models.py"]
    assert "doubled = column_property(age * 2)" in done["models.py"]
    assert "await found.awaitable_attrs.bio, await found.awaitable_attrs.notes, found.voice]" in done["main.py"]
    assert "[post.author.notes, await post.author.awaitable_attrs.bio]" in done["main.py"]
    assert ".one().notes" in done["main.py"]


def test_what_a_group_loads_is_there(tmp_path: Path) -> None:
    models = MODELS.replace('String, default="n")', 'String, default="n"), group="long"')
    app = (
        APP
        + """

from models import Post
from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer_group


@app.get("/texts/{key}")
def texts(key: int, db: Session = Depends(get_db)):
    found = db.scalars(select(User).options(undefer_group("text")).where(User.id == key)).one()
    return {"bio": found.bio, "notes": found.notes}


@app.get("/authors")
def authors(db: Session = Depends(get_db)):
    posts = db.query(Post).options(joinedload(Post.author).undefer_group("long")).order_by(Post.id)
    return [[post.author.notes, post.author.bio] for post in posts]
"""
    )
    requests = [("GET", "/users/2"), ("GET", "/texts/1"), ("GET", "/authors")]
    done = prove(tmp_path, {"models.py": models, "main.py": app}, requests)["main.py"]
    assert '{"bio": found.bio, "notes": await found.awaitable_attrs.notes}' in done
    assert "[post.author.notes, await post.author.awaitable_attrs.bio]" in done
    assert "await found.awaitable_attrs.bio, await found.awaitable_attrs.notes, found.voice]" in done


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
