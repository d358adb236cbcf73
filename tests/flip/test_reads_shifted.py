"""Reads before, between and behind what stores or refreshes the same instance, and of what is put into it there."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="team")
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("teams.id"))
    parent: Mapped[Optional["Team"]] = relationship(back_populates="children", remote_side="Team.id")
    children: Mapped[list["Team"]] = relationship(back_populates="parent", order_by="Team.id")
    players: Mapped[list["Player"]] = relationship(back_populates="team", order_by="Player.id")
    cups: Mapped[list["Cup"]] = relationship(order_by="Cup.id")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "team"}

    @property
    def parent_name(self):
        return self.parent.name if self.parent else None


class Club(Team):
    __tablename__ = "clubs"
    id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    motto: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "club"}


class Player(Base):
    __tablename__ = "players"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    team_id: Mapped[Optional[int]] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Optional["Team"]] = relationship(back_populates="players")
    cups: Mapped[list["Cup"]] = relationship(order_by="Cup.id", back_populates="player")


class Cup(Base):
    __tablename__ = "cups"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    team_id: Mapped[Optional[int]] = mapped_column(ForeignKey("teams.id"))
    player_id: Mapped[Optional[int]] = mapped_column(ForeignKey("players.id"))
    player: Mapped[Optional["Player"]] = relationship(back_populates="cups")
"""
FILLING = """\
from models import Club, Cup, Player, Team


def fill(db):
    db.add_all([Team(id=1, name="a"), Club(id=2, name="b", motto="m", parent_id=1), Team(id=3, name="c", parent_id=2)])
    db.add_all([Player(id=1, name="p", team_id=1), Player(id=2, name="q", team_id=2), Player(id=3, name="r")])
    db.add_all([Cup(id=1, name="x", team_id=1, player_id=1), Cup(id=2, name="y", team_id=2, player_id=3)])
"""
MAIN = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import Club, Cup, Player, Team

app = FastAPI()


class CupOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class TeamOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    cups: list[CupOut]
    players: list[CupOut]
"""
PUT_IN = """

@app.get("/teams/{key}/with/{player}")
def with_player(key: int, player: int, db: Session = Depends(get_db)):
    team = db.query(Team).filter(Team.id == key).first()
    one = db.query(Player).filter_by(id=player).one()
    if one not in team.players:
        team.players.append(one)
    return [[p.name, [c.name for c in p.cups]] for p in team.players]


@app.get("/teams/{key}/under/{above}")
def under(key: int, above: int, db: Session = Depends(get_db)):
    team = db.query(Team).filter(Team.id == key).first()
    team.parent = db.query(Team).filter_by(id=above).one()
    return [team.parent.name, [p.name for p in team.parent.players]]
"""
REFRESHED = """

@app.put("/named/{name}", response_model=TeamOut)
def named(name: str, db: Session = Depends(get_db)):
    team = Team(name=name, players=[Player(name=name)])
    db.add(team)
    db.commit()
    db.refresh(team)
    team.cups = [*team.cups, Cup(name=name)]
    db.refresh(team, ["cups"])
    db.commit()
    return team


@app.put("/subclass/{key}")
def subclass(key: int, name: str, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    team.name = name
    db.commit()
    db.refresh(team)
    total = db.query(Team).count()
    inner = [[child.name, child.motto if isinstance(child, Club) else None] for child in team.children]
    above = [other.name for player in team.players for other in player.team.children]
    return [team.name, team.motto if isinstance(team, Club) else None, inner, above, total > 0]


@app.put("/above/{key}")
def above(key: int, name: str, db: Session = Depends(get_db)):
    team = Team(name=name, parent_id=key)
    db.add(team)
    db.commit()
    return {"above": team.parent_name, "inner": len(team.children), "parent": team.parent.name if team.parent else None}


@app.put("/behind/{key}")
def behind(key: int, name: str, db: Session = Depends(get_db)):
    team = db.query(Team).filter(Team.id == key).first()
    team.children.append(Team(name=name))
    if team.cups:
        team.cups.pop()
    db.flush()
    db.refresh(team)
    db.commit()
    inner = [[c.name, len(c.cups), [p.name for p in c.players]] for c in team.children]
    return [team.name, inner, [c.name for c in team.cups]]


def save(db: Session, row):
    db.add(row)
    db.commit()
    db.refresh(row)
    return row


@app.put("/saved/{key}")
def saved(key: int, name: str, db: Session = Depends(get_db)):
    player = db.query(Player).filter(Player.id == key).one()
    if player.team is not None:
        player.team.players.append(Player(name=name))
    player = save(db, player)
    return player.name
"""
AGAIN = """

class Above(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    players: list[CupOut]


class Inner(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    parent: Above | None


def made(db: Session, name: str, parent: int) -> Team:
    team = Team(name=name, parent_id=parent)
    db.add(team)
    db.commit()
    team.children.append(Team(name=name))
    db.commit()
    db.refresh(team)
    return team


@app.post("/made", response_model=Inner)
def make(name: str, parent: int, db: Session = Depends(get_db)):
    team = made(db, name, parent)
    return team
"""
REPOSITORY = """

from typing import Generic, Type, TypeVar

from models import Base

T = TypeVar("T", bound=Base)


class Repository(Generic[T]):
    model: Type[T]

    def __init__(self, session: Session):
        self.session = session

    def get(self, key: int) -> T:
        return self.session.get(self.model, key)

    def save(self, row: T) -> T:
        self.session.add(row)
        self.session.flush()
        return row


class Teams(Repository[Team]):
    model = Team


class Players(Repository[Player]):
    model = Player


@app.put("/kept/{key}")
def kept(key: int, name: str, db: Session = Depends(get_db)):
    teams = Teams(db)
    team = teams.get(key)
    team.players = [Player(name=name)]
    teams.save(team)
    return [[p.name, len(p.cups)] for p in team.players]


@app.get("/player/{key}")
def player(key: int, db: Session = Depends(get_db)):
    found = Players(db).get(key)
    return [found.name, len(found.cups)]
"""


def test_what_is_put_into_a_relationship(tmp_path: Path) -> None:
    requests = [("GET", f"/teams/{key}/{way}") for key in (1, 2, 3) for way in ("with/3", "with/1", "under/1")]
    prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN + PUT_IN}, requests)


def test_what_is_refreshed(tmp_path: Path) -> None:
    requests = [("PUT", "/named/n"), ("PUT", "/subclass/1?name=k"), ("PUT", "/subclass/2?name=l")]
    requests += [("PUT", f"/{way}/{key}?name=z") for key in (1, 2) for way in ("above", "behind", "saved")]
    prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN + REFRESHED}, requests)


def test_a_second_run(tmp_path: Path) -> None:
    models = MODELS.replace('order_by="Team.id")', 'order_by="Team.id", cascade="all")')
    files = {"models.py": models, "filling.py": FILLING, "main.py": MAIN + AGAIN}
    prove(tmp_path, files, [("POST", "/made?name=d&parent=1")])


def test_a_class_for_all_models(tmp_path: Path) -> None:
    requests = [("PUT", "/kept/1?name=z"), ("GET", "/player/1"), ("PUT", "/kept/3?name=y")]
    prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN + REPOSITORY}, requests)


BY_NAME_FIRST = """

@app.get("/twice/{key}")
def twice(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    db.refresh(team, ["players"])
    db.refresh(team)
    return [p.name for p in team.players]


@app.get("/kept/{key}")
def kept(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    db.refresh(team, ["players"])
    count = len(team.players)
    team.name = "k"
    db.commit()
    db.refresh(team)
    return [count, team.name, [p.name for p in team.players]]
"""


def test_a_refresh_empties_what_one_before_it_has_loaded_by_name(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN + BY_NAME_FIRST}
    prove(tmp_path, files, [("GET", f"/{way}/{key}") for way in ("twice", "kept") for key in (1, 2)])


TWICE = """

def made(db: Session, name: str) -> Team:
    team = Team(name=name, cups=[Cup(name=name)])
    db.add(team)
    db.commit()
    db.refresh(team)
    team.name = ",".join(cup.name for cup in team.cups)
    db.commit()
    db.refresh(team)
    return team


def flushed(db: Session, name: str) -> Team:
    team = Team(name=name)
    db.add(team)
    db.flush()
    team.cups += [Cup(name=name)]
    db.execute(insert(Cup).values(name=name, team_id=team.id))
    db.commit()
    if any(cup.name == name for cup in team.cups):
        team.name = "had"
    db.commit()
    db.refresh(team)
    return team


@app.post("/made", response_model=TeamOut)
def make(name: str, db: Session = Depends(get_db)):
    return made(db, name)


@app.post("/flushed", response_model=TeamOut)
def flush(name: str, db: Session = Depends(get_db)):
    team = flushed(db, name)
    return team
"""


def test_the_last_of_several_refreshes_in_another_function_loads(tmp_path: Path) -> None:
    main = MAIN.replace("from sqlalchemy.orm", "from sqlalchemy import insert\nfrom sqlalchemy.orm") + TWICE
    requests = [("POST", "/made?name=a"), ("POST", "/flushed?name=b")]
    prove(tmp_path, {"models.py": MODELS, "main.py": main, "filling.py": FILLING}, requests)
