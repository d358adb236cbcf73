"""Reads from what methods give back, and from what is stored more than once on the way to the answer."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove

MODELS = """\
from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Stored(Base):
    __abstract__ = True

    @classmethod
    def make(cls, db: Session, **values):
        commit = values.pop("commit", True)
        made = cls(**values)
        return made.save(db, commit=commit)

    @classmethod
    def one(cls, db: Session, key):
        return db.get(cls, key)

    def change(self, db: Session, **values):
        for name, value in values.items():
            setattr(self, name, value)
        return self.save(db)

    def save(self, db: Session, commit=True):
        db.add(self)
        if commit:
            db.commit()
        else:
            db.flush()
            db.refresh(self)
        return self


class Singer(Stored):
    __tablename__ = "singers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    songs: Mapped[list["Song"]] = relationship(back_populates="singer", order_by="Song.id")

    @classmethod
    def make(cls, db: Session, **values):
        singer = super().make(db, commit=False, **values)
        singer.save(db)
        return singer


class Song(Stored):
    __tablename__ = "songs"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    singer_id: Mapped[Optional[int]] = mapped_column(ForeignKey("singers.id"))
    singer: Mapped[Optional["Singer"]] = relationship(back_populates="songs", lazy="joined")
"""
FILLING = """\
def fill(db):
    pass
"""
HEAD = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Singer, Song

Base.metadata.create_all(engine)
app = FastAPI()


class SongOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class SingerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    songs: list[SongOut]
"""


def test_methods_that_give_back_their_instance(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

@app.post("/singers", response_model=SingerOut)
def add(name: str, db: Session = Depends(get_db)):
    return Singer.make(db, name=name)


@app.put("/singers/{key}", response_model=SingerOut)
def rename(key: int, name: str, db: Session = Depends(get_db)):
    singer = Singer.one(db, key)
    changed = singer.change(db, name=name)
    return changed


@app.put("/singers/{key}/quietly")
def rename_quietly(key: int, name: str, db: Session = Depends(get_db)):
    singer = db.scalars(select(Singer).where(Singer.id == key)).one()
    singer.change(db, name=name)
    return {"name": singer.name}


@app.post("/singers/{key}/songs")
def add_song(key: int, title: str, db: Session = Depends(get_db)):
    return Song.make(db, title=title, singer_id=key).title
"""
    )
    requests = [
        ("POST", "/singers?name=Ann"),
        ("POST", "/singers/1/songs?title=Rain"),
        ("PUT", "/singers/1?name=Bo"),
        ("PUT", "/singers/1/quietly?name=Cy"),
        ("PUT", "/singers/1?name=Di"),
    ]
    migrated = prove(tmp_path, {"main.py": app, "models.py": MODELS, "filling.py": FILLING}, requests)
    quietly = migrated["main.py"].partition("def rename_quietly")[2].partition("@app")[0]
    assert "load(" not in quietly, quietly  # nobody reads the songs there: what it gives back is dropped


def test_a_load_for_what_the_mapping_loads_below(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

class LineOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class FullSongOut(SongOut):
    singer: LineOut | None


class FullOut(SingerOut):
    songs: list[FullSongOut]


def find(key: int, db: Session = Depends(get_db)):
    return Singer.one(db, key)


@app.post("/singers")
def add(name: str, db: Session = Depends(get_db)):
    singer = Singer(name=name, songs=[Song(title="Rain"), Song(title="Snow")])
    db.add(singer)
    db.commit()


@app.get("/singers/{key}", response_model=FullOut)
def full(singer: Singer = Depends(find), db: Session = Depends(get_db)):
    return singer


@app.get("/names/{key}")
def name(singer: Singer = Depends(find)):
    return singer.name
"""
    )
    requests = [("POST", "/singers?name=Ann"), ("GET", "/singers/1"), ("GET", "/names/1")]
    migrated = prove(tmp_path, {"main.py": app, "models.py": MODELS, "filling.py": FILLING}, requests)
    assert migrated["main.py"].count("load(Singer.songs)") == 1


def test_an_instance_that_another_commit_follows(tmp_path: Path) -> None:
    store = """\
from sqlalchemy.orm import Session

from models import Singer, Song


def make(db: Session, name: str, titles: list[str]):
    singer = Singer(name=name)
    singer.songs = [Song(title=title) for title in titles]
    db.add(singer)
    db.commit()
    db.refresh(singer)
    return singer


def find(db: Session, key: int):
    return db.scalars(select(Singer).where(Singer.id == key)).one()


def keep(db: Session, singer: Singer):
    db.add(singer)
    db.commit()
    db.refresh(singer)
    return singer
""".replace("from sqlalchemy.orm", "from sqlalchemy import select\nfrom sqlalchemy.orm")
    app = (
        HEAD
        + """
import store


def like(db: Session, name: str, titles: list[str]):
    liked = store.find(db, 1)
    singer = store.make(db, name, titles)
    liked.name = liked.name + "+"
    store.keep(db, liked)
    return singer


@app.post("/first")
def first(db: Session = Depends(get_db)):
    return store.make(db, "first", ["Hail"]).name


@app.post("/singers", response_model=SingerOut)
def add(name: str, db: Session = Depends(get_db)):
    return like(db, name, ["Rain", "Snow"])


@app.put("/singers/{key}", response_model=SingerOut)
def trim(key: int, db: Session = Depends(get_db)):
    singer = store.find(db, key)
    singer.name = "/".join(song.singer.name for song in singer.songs)
    store.keep(db, singer)
    return singer
"""
    )
    requests = [("POST", "/first"), ("POST", "/singers?name=Ann"), ("PUT", "/singers/2"), ("PUT", "/singers/1")]
    prove(tmp_path, {"main.py": app, "models.py": MODELS, "filling.py": FILLING, "store.py": store}, requests)


def test_collections_that_are_set_by_name(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

class Change(BaseModel):
    name: str | None = None


def find(key: int, db: Session = Depends(get_db)):
    return db.get(Singer, key)


@app.post("/singers")
def add(name: str, db: Session = Depends(get_db)):
    db.add(Singer(name=name, songs=[Song(title="Rain"), Song(title="Snow")]))
    db.commit()


@app.put("/singers/{key}")
def change(data: Change, singer: Singer = Depends(find), db: Session = Depends(get_db)):
    singer.change(db, **data.model_dump(exclude_none=True))
    return singer.name


@app.put("/singers/{key}/songs")
def change_songs(singer: Singer = Depends(find), db: Session = Depends(get_db)):
    singer.change(db, songs=[Song(title="Hail")])
    return db.query(Song).filter(Song.singer_id == singer.id).count()


@app.put("/singers/{key}/empty")
def empty(singer: Singer = Depends(find), db: Session = Depends(get_db)):
    setattr(singer, "songs", [])
    db.commit()
    return db.query(Song).filter(Song.singer_id == singer.id).count()
"""
    )
    requests = [
        ("POST", "/singers?name=Ann"),
        ("PUT", "/singers/1", {"name": "Bo"}),
        ("PUT", "/singers/1/songs"),
        ("PUT", "/singers/1/empty"),
    ]
    prove(tmp_path, {"main.py": app, "models.py": MODELS, "filling.py": FILLING}, requests)


PAGE = """\
from typing import Generic, TypeVar

from pydantic import BaseModel

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int

    def __init__(self, items, total):
        super().__init__(items=items, total=total)
"""
PAGES = (
    HEAD
    + """
from page import Page


def page(db: Session):
    singers = db.query(Singer).order_by(Singer.id).all()
    return Page(items=singers, total=len(singers))


@app.post("/singers")
def add(name: str, db: Session = Depends(get_db)):
    db.add(Singer(name=name, songs=[Song(title="Rain"), Song(title="Snow")]))
    db.commit()


@app.get("/singers", response_model=Page[SingerOut])
def singers(db: Session = Depends(get_db)):
    singers = page(db)
    return singers
"""
)


def test_pages_that_fill_themselves(tmp_path: Path) -> None:
    app = {"main.py": PAGES, "page.py": PAGE, "models.py": MODELS, "filling.py": FILLING}
    prove(tmp_path, app, [("POST", "/singers?name=Ann"), ("GET", "/singers")])


def test_what_fastapi_makes_of_a_page_of_pydantic_1() -> None:
    """It validates what `dict()` gives: a page that counts itself, as a list does, cannot be read in another way."""
    page = PAGE.replace("from pydantic import BaseModel", "from pydantic.generics import GenericModel")
    page = page.replace("Page(BaseModel,", "Page(GenericModel,")
    page += "\n    def __iter__(self):\n        return iter(self.items)\n"
    main = PAGES.replace("model_config = ConfigDict(from_attributes=True)", "class Config:\n        orm_mode = True")
    main = main.replace("from pydantic import BaseModel, ConfigDict", "from pydantic import BaseModel")
    main = main.replace("db.query(Singer).order_by(Singer.id).all()", "find(db.query(Singer).order_by(Singer.id))")
    files = {**BASE, "main.py": main + FIND, "page.py": page, "models.py": MODELS}
    migrated = migrate({**files, "requirements.txt": "fastapi<0.100\npydantic<2\nsqlalchemy\nhttpx\n"})
    assert "await greenlet_spawn(parse_obj_as, Page[SingerOut], singers.dict(by_alias=True))" in migrated["main.py"]


FIND = """

def find(query):
    return [singer for singer in query]


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return [singer.name for singer in find(db.query(Singer))]
"""


def test_methods_that_hand_on_to_those_above(tmp_path: Path) -> None:
    titled = """\
class Titled(Stored):
    __abstract__ = True

    def titles(self):
        return "/".join(song.title for song in self.songs)


class Singer(Titled):
"""
    over = """\
    def titles(self):
        return super().titles() + "!"

    def change(self, db: Session, **values):
        return super().change(db, **values)

    @classmethod
    def make(cls, db: Session, **values):
        singer ="""
    made = "    @classmethod\n    def make(cls, db: Session, **values):\n        singer ="
    models = MODELS.replace("class Singer(Stored):\n", titled).replace(made, over)
    page = PAGE + "\n    def __iter__(self):\n        return self.items.__iter__()\n"
    app = (
        HEAD
        + """
from page import Page


@app.post("/singers")
def add(name: str, db: Session = Depends(get_db)):
    db.add(Singer(name=name, songs=[Song(title="Rain"), Song(title="Snow")]))
    db.commit()


@app.get("/singers/{key}")
def titles(key: int, db: Session = Depends(get_db)):
    return db.query(Singer).filter(Singer.id == key).one().titles()


@app.put("/singers/{key}", response_model=SingerOut)
def change(key: int, name: str, db: Session = Depends(get_db)):
    return db.query(Singer).filter(Singer.id == key).one().change(db, name=name)


@app.put("/singers")
def change_all(db: Session = Depends(get_db)):
    for singer in Page(items=db.query(Singer).all(), total=1):
        singer.change(db, name=singer.name + "?")
    return [singer.name for singer in db.query(Singer).all()]
"""
    )
    requests = [("POST", "/singers?name=A"), ("GET", "/singers/1"), ("PUT", "/singers/1?name=B"), ("PUT", "/singers")]
    prove(tmp_path, {"main.py": app, "page.py": page, "models.py": models, "filling.py": FILLING}, requests)
