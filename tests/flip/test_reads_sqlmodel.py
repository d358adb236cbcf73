"""Read schemas of SQLModel, and instances made by `model_validate`."""

from __future__ import annotations

from pathlib import Path

from .harness import migrate, prove


def test_read_schemas(tmp_path: Path) -> None:
    models = """\
from typing import List, Optional

from sqlmodel import Field, Relationship, SQLModel

Base = SQLModel


class Link(SQLModel, table=True):
    hero_id: Optional[int] = Field(default=None, foreign_key="hero.id", primary_key=True)
    power_id: Optional[int] = Field(default=None, foreign_key="power.id", primary_key=True)


class TeamBase(SQLModel):
    name: str


class Team(TeamBase, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    heroes: List["Hero"] = Relationship(back_populates="team")


class TeamRead(TeamBase):
    id: int


class HeroBase(SQLModel):
    name: str
    team_id: Optional[int] = Field(default=None, foreign_key="team.id")


class Hero(HeroBase, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    team: Optional[Team] = Relationship(back_populates="heroes")
    powers: List["Power"] = Relationship(back_populates="heroes", link_model=Link)


class HeroRead(HeroBase):
    id: int


class Power(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str
    heroes: List[Hero] = Relationship(back_populates="powers", link_model=Link)


class PowerRead(SQLModel):
    name: str


class HeroReadWithTeam(HeroRead):
    team: Optional[TeamRead] = None
    powers: List[PowerRead] = []


class TeamReadWithHeroes(TeamRead):
    heroes: List[HeroReadWithTeam] = []


class HeroCreate(HeroBase):
    power_ids: List[int] = []
"""
    filling = """\
from models import Hero, Power, Team


def fill(db):
    t = Team(id=1, name="t")
    p, q = Power(id=1, name="p"), Power(id=2, name="q")
    db.add_all(
        [
            Hero(id=1, name="a", team=t, powers=[p, q]),
            Hero(id=2, name="b", team=t, powers=[q]),
            Hero(id=3, name="c"),
        ]
    )
"""
    db = """\
from sqlmodel import Session, create_engine

engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})


def SessionLocal():
    return Session(engine)


def get_session():
    with Session(engine) as session:
        yield session
"""
    main = """\
from typing import Annotated, List, Optional

from fastapi import Depends, FastAPI, HTTPException
from sqlmodel import Session, select

from db import SessionLocal, get_session
from models import Base, Hero, HeroCreate, HeroReadWithTeam, Power, Team, TeamReadWithHeroes

app = FastAPI()
SessionDep = Annotated[Session, Depends(get_session)]


@app.get("/heroes", response_model=List[HeroReadWithTeam])
def heroes(session: SessionDep, offset: int = 0):
    return session.exec(select(Hero).order_by(Hero.id).offset(offset)).all()


@app.get("/teams/{key}", response_model=TeamReadWithHeroes)
def team(key: int, session: SessionDep):
    found = session.get(Team, key)
    if not found:
        raise HTTPException(404)
    return found


@app.post("/heroes", response_model=HeroReadWithTeam)
def create(hero: HeroCreate, session: SessionDep):
    made = Hero.model_validate(hero)
    made.powers = list(session.exec(select(Power).where(Power.id.in_(hero.power_ids))).all())
    session.add(made)
    session.commit()
    session.refresh(made)
    return made


@app.patch("/heroes/{key}")
def patch(key: int, session: SessionDep) -> HeroReadWithTeam:
    hero = session.get(Hero, key)
    hero.sqlmodel_update({"name": "z"})
    session.add(hero)
    session.commit()
    session.refresh(hero)
    return HeroReadWithTeam.model_validate(hero)


@app.get("/pairs")
def pairs(session: SessionDep):
    rows = session.exec(select(Hero, Team).join(Team)).all()
    return [[h.name, t.name, [p.name for p in h.powers], len(t.heroes)] for h, t in rows]


def current(session: SessionDep):
    return session.get(Hero, 1)


@app.get("/me/{key}")
def me(key: int, session: SessionDep, first: Annotated[Hero, Depends(current)]):
    hero = session.get(Hero, key)
    return [first.name, [power.name for power in hero.powers]]


@app.get("/names")
def names(session: SessionDep):
    return {t.name: [h.name for h in t.heroes] for t in session.exec(select(Team))}
"""
    files = {"models.py": models, "filling.py": filling, "db.py": db, "main.py": main}
    requests = [
        ("GET", "/heroes"),
        ("GET", "/teams/1"),
        ("POST", "/heroes", {"name": "n", "team_id": 1, "power_ids": [1]}),
        ("PATCH", "/heroes/1"),
        ("GET", "/pairs"),
        ("GET", "/names"),
        ("GET", "/me/1"),
        ("GET", "/me/2"),
    ]
    after = prove(tmp_path, files, requests)
    # `scalars` of the async session warns that `exec` is wanted
    assert "(await session.exec(\n        select(Hero)" in after["main.py"] and ".scalars(" not in after["main.py"]


def test_schemas_of_pydantic_1_that_read_no_objects(tmp_path: Path) -> None:
    """pydantic 1 makes a dictionary of a SQLModel for a schema without `orm_mode`: it has what is loaded, so a load
    would show. A `SQLModel` and a schema with `orm_mode` read. pydantic 2 reads for all of them. A program that
    pydantic 2 could not import keeps it below 2 as well."""
    models = """\
from typing import List, Optional

from sqlmodel import Field, Relationship, SQLModel


class User(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str
    contents: List["Content"] = Relationship(back_populates="user")


class Content(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    title: str
    user_id: Optional[int] = Field(default=None, foreign_key="user.id")
    user: Optional[User] = Relationship(back_populates="contents")
"""
    db = """\
from sqlmodel import Session, create_engine

engine = create_engine("sqlite:///./app.db")


def get_session():
    with Session(engine) as session:
        yield session
"""
    main = """\
from typing import List

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlmodel import Session, SQLModel, select

from db import get_session
from models import User

app = FastAPI()


class Orm:
    orm_mode = True


class Title({base}):
    title: str{settings}


class UserRead({base}):
    name: str
    contents: List[Title] = []{settings}


@app.get("/users", response_model=List[UserRead])
def users(session: Session = Depends(get_session)):
    return session.exec(select(User)).all()
"""
    told = "\n\n    class Config:\n        orm_mode = True"
    old = "from pydantic import BaseSettings\n"
    both = f"try:\n    from pydantic_settings import BaseSettings\nexcept ImportError:\n    {old}"
    for config, loads in ((old, False), (both, True), (f"{old}from pydantic import ConfigDict\n", True), ("", True)):
        text = main.format(base="BaseModel", settings="")
        files = {"main.py": text, "models.py": models, "db.py": db, "config.py": config}
        migrated = migrate({**files, "requirements.txt": "fastapi\nsqlmodel\n"})
        assert ("selectinload(User.contents)" in migrated["main.py"]) is loads, config
    for pins, base, settings, loads in (
        ("fastapi<0.100\npydantic<2\n", "BaseModel", "", False),
        ("fastapi<0.100\npydantic<2\n", "BaseModel", told, True),
        ("fastapi<0.100\npydantic<2\n", "BaseModel", "\n    Config = Orm", True),
        ("fastapi<0.100\npydantic<2\n", "BaseModel", "\n\n    class Config(Orm):\n        pass", True),
        ("fastapi<0.100\npydantic<2\n", "SQLModel", "", True),
        ("fastapi\n", "BaseModel", "", True),
    ):
        text = main.format(base=base, settings=settings)
        files = {"main.py": text, "models.py": models, "db.py": db, "requirements.txt": f"{pins}sqlmodel\n"}
        migrated = migrate(files)
        assert ("selectinload(User.contents)" in migrated["main.py"]) is loads, (pins, base, settings)
        assert not migrated.findings
