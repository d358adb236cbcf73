"""Fields that validation looks up along a path: what lies at its end is read by the schema of the field."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove

DEEP = (
    MODELS.replace(
        '    posts: Mapped[list["Post"]]',
        '    team_id: Mapped[Optional[int]] = mapped_column(ForeignKey("teams.id"))\n'
        '    team: Mapped[Optional["Team"]] = relationship()\n'
        '    posts: Mapped[list["Post"]]',
    )
    + """

class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    badges: Mapped[list["Badge"]] = relationship(order_by="Badge.id")

    @property
    def size(self) -> int:
        return len(self.badges)


class Badge(Base):
    __tablename__ = "badges"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
"""
)
MAIN = """\
from typing import Optional

from fastapi import Depends, FastAPI
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import SessionLocal, engine, get_db
from models import Badge, Base, Post, Team, User

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class BadgeOut(Out):
    name: str


class TeamOut(Out):
    name: str
    size: int


class UserOut(Out):
    name: str


class PostOut(Out):
    title: str
    author: UserOut
    team: TeamOut = Field(validation_alias=AliasPath("author", "team"))


class BadgesOut(Out):
    title: str
    badges: list[BadgeOut] = Field(validation_alias=AliasChoices(AliasPath("author", "team", "badges"), "none"))


class FirstOut(Out):
    name: str
    by: str = Field(validation_alias=AliasPath("posts", 0, "author", "team", "name"))


class Carrier:
    def __init__(self, post: Post):
        self.post = post


class CarriedOut(Out):
    team: TeamOut = Field(validation_alias=AliasPath("post", "author", "team"))


def fill():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        team = Team(name="red", badges=[Badge(name="gold"), Badge(name="iron")])
        db.add_all([User(name="ann", team=team, posts=[Post(title="one"), Post(title="two")])])
        db.commit()


fill()


@app.get("/posts", response_model=list[PostOut])
def posts(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/validated")
def validated(db: Session = Depends(get_db)):
    found = db.scalars(select(Post).order_by(Post.id)).all()
    return [PostOut.model_validate(post) for post in found]


@app.get("/badges", response_model=list[BadgesOut])
def badges(db: Session = Depends(get_db)):
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/first", response_model=FirstOut)
def first(db: Session = Depends(get_db)):
    return db.scalars(select(User)).first()


@app.get("/carried", response_model=CarriedOut)
def carried(db: Session = Depends(get_db)):
    return Carrier(db.scalars(select(Post)).first())
"""


def test_what_lies_at_the_end_of_a_path_is_loaded(tmp_path: Path) -> None:
    requests = [("GET", f"/{name}") for name in ("posts", "validated", "badges", "first", "carried")]
    done = prove(tmp_path, {"models.py": DEEP, "main.py": MAIN}, requests)
    assert done["main.py"].count("Team.badges") == 4
