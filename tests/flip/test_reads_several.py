"""One object at the other end of a relationship, of which the table may have several rows."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from typing import Optional

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    desk: Mapped[Optional["Desk"]] = relationship(back_populates="user", uselist=False)
    badge: Mapped[Optional["Badge"]] = relationship(back_populates="user", uselist=False)
    locker: Mapped[Optional["Locker"]] = relationship(uselist=False)
    account: Mapped[Optional["Account"]] = relationship(uselist=False)


class Desk(Base):
    __tablename__ = "desks"
    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="desk")


class Badge(Base):
    __tablename__ = "badges"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    user: Mapped["User"] = relationship(back_populates="badge")


class Locker(Base):
    __tablename__ = "lockers"
    __table_args__ = (UniqueConstraint("user_id", name="one_locker"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Account(Base):
    __tablename__ = "accounts"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    balance: Mapped[int]
"""
FILLING = """\
from models import Account, Badge, Desk, Locker, User


def fill(db):
    db.add_all([User(id=number, name=name) for number, name in enumerate(("ann", "bob", "cy"), 1)])
    db.add_all([Desk(id=key, place=f"room {key}", user_id=user) for key, user in ((1, 2), (2, 1), (3, 1), (4, 2))])
    db.add_all([Badge(id=1, code="a", user_id=1), Locker(id=1, number=7, user_id=2), Account(user_id=1, balance=5)])
"""
APP = """\
from typing import Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Base, Desk, User

app = FastAPI()


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    desk: Optional["DeskOut"]


class DeskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    place: str


class WholeOut(DeskOut):
    user: UserOut


@app.get("/some", response_model=list[UserOut])
def some(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id).limit(2)).all()


@app.get("/one/{key}", response_model=UserOut)
def one(key: int, db: Session = Depends(get_db)):
    return db.get(User, key)


@app.get("/around")
def around(db: Session = Depends(get_db)):
    return [[desk.place, desk.user.desk.place] for desk in db.scalars(select(Desk).order_by(Desk.id.desc()))]


@app.get("/single")
def single(db: Session = Depends(get_db)):
    users = db.scalars(select(User).order_by(User.id)).all()
    badges = [user.badge.code if user.badge else None for user in users]
    return [badges, [bool(user.locker) for user in users], [bool(user.account) for user in users]]


@app.post("/desks/{key}", response_model=WholeOut)
def add(key: int, db: Session = Depends(get_db)):
    desk = Desk(place="new", user_id=key)
    db.add(desk)
    db.commit()
    db.refresh(desk)
    return desk


@app.post("/read/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    desk = Desk(place="newer", user_id=key)
    db.add(desk)
    db.flush()
    return [user.name, user.desk.place]
"""


def test_the_first_of_several_rows_is_the_same(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": APP}
    urls = ["/some", "/one/1", "/one/3", "/around", "/single"]
    wanted = [*[("GET", url) for url in urls], ("POST", "/read/3"), ("POST", "/desks/3"), ("POST", "/desks/1")]
    after = prove(tmp_path, files, wanted)["main.py"]
    assert "select(User).options(selectinload(User.desk)).order_by(User.id).limit(2)" in after
    assert all(f"joinedload(User.{name})" in after for name in ("badge", "locker", "account"))
