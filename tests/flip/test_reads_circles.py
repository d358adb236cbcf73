"""Refreshed instances that are met again further down."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Recipe(Base):
    __tablename__ = "recipes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    notes: Mapped[list["Note"]] = relationship(order_by="Note.id")
    steps: Mapped[list["Step"]] = relationship(back_populates="recipe", order_by="Step.id")

    @property
    def minutes(self):
        return sum(step.minutes for step in self.steps)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    recipe_id: Mapped[int] = mapped_column(ForeignKey("recipes.id"))


class Step(Base):
    __tablename__ = "steps"
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes: Mapped[int]
    recipe_id: Mapped[int] = mapped_column(ForeignKey("recipes.id"))
    recipe: Mapped["Recipe"] = relationship(back_populates="steps")

    @property
    def share(self):
        return self.minutes / self.recipe.minutes
"""
APP = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import Note, Recipe, Step

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class NoteOut(Out):
    text: str


class StepOut(Out):
    share: float


class RecipeOut(Out):
    name: str
    notes: list[NoteOut]
    steps: list[StepOut]


@app.post("/recipes", response_model=RecipeOut)
def add(name: str, db: Session = Depends(get_db)):
    recipe = Recipe(name=name)
    db.add(recipe)
    db.flush()
    for minutes in (5, 15):
        db.add(Step(recipe=recipe, minutes=minutes))
    db.add(Note(recipe_id=recipe.id, text="hot"))
    db.commit()
    return recipe
"""


def test_what_was_loaded_is_not_emptied_from_below(tmp_path: Path) -> None:
    files = {"main.py": APP, "models.py": MODELS, "filling.py": "def fill(db):\n    pass\n"}
    prove(tmp_path, files, [("POST", "/recipes?name=soup")])


SHOP_MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    items: Mapped[list["Item"]] = relationship(back_populates="shop")


class Box(Base):
    __tablename__ = "boxes"
    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[str]
    items: Mapped[list["Item"]] = relationship(back_populates="box")


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    box_id: Mapped[int | None] = mapped_column(ForeignKey("boxes.id"))
    shop: Mapped["Shop"] = relationship(back_populates="items")
    box: Mapped["Box"] = relationship(back_populates="items")
"""
SHOP_APP = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Box, Item, Shop

Base.metadata.create_all(engine)
app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class BoxOut(Out):
    color: str


class ItemOut(Out):
    box: BoxOut


class ShopOut(Out):
    name: str
    items: list[ItemOut]


@app.post("/shops", response_model=ShopOut)
def add(name: str, db: Session = Depends(get_db)):
    box = Box(color="red")
    db.add(box)
    db.commit()
    shop = Shop(name=name, items=[Item(box_id=box.id), Item(box_id=box.id)])
    db.add(shop)
    db.commit()
    db.refresh(shop)
    return shop
"""


def test_the_owner_of_another_collection_of_that_name_is_loaded(tmp_path: Path) -> None:
    done = prove(
        tmp_path,
        {"main.py": SHOP_APP, "models.py": SHOP_MODELS, "filling.py": "def fill(db):\n    pass\n"},
        [("POST", "/shops?name=a")],
    )
    assert "selectinload(Shop.items).joinedload(Item.box)" in done["main.py"]


TEAM_MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class House(Base):
    __tablename__ = "houses"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    rooms: Mapped[list["Room"]] = relationship(back_populates="house")
    desks: Mapped[list["Desk"]] = relationship(back_populates="house")


class Room(Base):
    __tablename__ = "rooms"
    id: Mapped[int] = mapped_column(primary_key=True)
    house_id: Mapped[int | None] = mapped_column(ForeignKey("houses.id"))
    house: Mapped["House"] = relationship(back_populates="rooms")
    desks: Mapped[list["Desk"]] = relationship(back_populates="room")


class Desk(Base):
    __tablename__ = "desks"
    id: Mapped[int] = mapped_column(primary_key=True)
    house_id: Mapped[int | None] = mapped_column(ForeignKey("houses.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    house: Mapped["House"] = relationship(back_populates="desks")
    room: Mapped["Room"] = relationship(back_populates="desks")
"""
TEAM_APP = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Desk, House, Room

Base.metadata.create_all(engine)
app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int


class HouseName(Out):
    name: str


class DeskOut(Out):
    house: HouseName


class RoomOut(Out):
    desks: list[DeskOut]


class HouseOut(HouseName):
    rooms: list[RoomOut]
    desks: list[Out]


class RoomsOfHouse(Out):
    rooms: list[Out]


class MovedOut(Out):
    house: RoomsOfHouse
    desks: list[Out]


class DesksOfHouse(Out):
    desks: list[Out]


class RoomInHouse(Out):
    house: DesksOfHouse


class BuiltOut(Out):
    rooms: list[RoomInHouse]


@app.post("/houses/{key}/rooms", response_model=BuiltOut)
def build(key: int, db: Session = Depends(get_db)):
    house = db.get(House, key)
    house.desks.append(Desk())
    db.commit()
    db.refresh(house)
    return house


@app.post("/houses", response_model=HouseOut)
def add(name: str, db: Session = Depends(get_db)):
    house = House(name=name, rooms=[Room(), Room()])
    db.add(house)
    db.commit()
    db.add(Desk(house_id=house.id, room_id=house.rooms[0].id))
    db.commit()
    db.refresh(house)
    return house


@app.put("/houses/{key}", response_model=HouseOut)
def rename(key: int, name: str, db: Session = Depends(get_db)):
    house = db.get(House, key)
    house.name = name
    db.commit()
    db.refresh(house)
    return house


@app.put("/rooms/{key}", response_model=MovedOut)
def move(key: int, house: int, db: Session = Depends(get_db)):
    room = db.get(Room, key)
    room.desks = [Desk(house_id=house)]
    room.house_id = house
    db.commit()
    db.refresh(room)
    return room
"""


def test_what_leads_back_has_a_load_of_its_own_behind_the_refresh(tmp_path: Path) -> None:
    requests = [("POST", "/houses?name=a"), ("POST", "/houses?name=b"), ("PUT", "/houses/1?name=c")]
    files = {"main.py": TEAM_APP, "models.py": TEAM_MODELS, "filling.py": "def fill(db):\n    pass\n"}
    requests += [("PUT", "/rooms/1?house=2"), ("PUT", "/houses/2?name=d"), ("POST", "/houses/2/rooms")]
    done = prove(tmp_path, files, requests)
    move = done["main.py"].partition("async def move(")[2]
    assert move.index("joinedload(Room.house).selectinload(House.rooms)") > move.index("populate_existing=True")


BOTH_MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    town_id: Mapped[int | None] = mapped_column(ForeignKey("towns.id"))
    town: Mapped["Town"] = relationship(back_populates="shops", lazy="selectin")
    items: Mapped[list["Item"]] = relationship(back_populates="shop", lazy="selectin")
    notes: Mapped[list["Note"]] = relationship(back_populates="shop")


class Town(Base):
    __tablename__ = "towns"
    id: Mapped[int] = mapped_column(primary_key=True)
    shops: Mapped[list["Shop"]] = relationship(back_populates="town", lazy="selectin")

    @property
    def size(self):
        return len(self.shops)


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    shop: Mapped["Shop"] = relationship(back_populates="items", lazy="joined")


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    shop: Mapped["Shop"] = relationship(back_populates="notes")
"""
BOTH_APP = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Item, Note, Shop, Town

Base.metadata.create_all(engine)
app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int


class ShopOut(Out):
    items: list[Out]
    notes: list[Out]


class TownOut(Out):
    size: int


class InTown(Out):
    town: TownOut


@app.post("/shops", response_model=ShopOut)
def add(name: str, db: Session = Depends(get_db)):
    shop = Shop(name=name, items=[Item(), Item()], notes=[Note()], town=Town())
    db.add(shop)
    db.commit()
    db.refresh(shop)
    return shop


@app.get("/shops", response_model=list[InTown])
def read(db: Session = Depends(get_db)):
    return db.scalars(select(Shop).order_by(Shop.id)).all()
"""


def test_what_the_mapping_loads_on_both_sides(tmp_path: Path) -> None:
    """The elements bring their owner again, which loses what was loaded; and a way ends where it meets its class."""
    files = {"main.py": BOTH_APP, "models.py": BOTH_MODELS, "filling.py": "def fill(db):\n    pass\n"}
    done = prove(tmp_path, files, [("POST", "/shops?name=a"), ("POST", "/shops?name=b"), ("GET", "/shops")])
    assert "defaultload(Shop.town).selectinload(Town.shops)" in done["main.py"]


DEPTH_MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import backref, declarative_base, relationship

Base = declarative_base()


class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    parent_id = Column(ForeignKey("nodes.id"))
    parent = relationship("Node", remote_side=[id], backref=backref("children", lazy="selectin", join_depth=3))


class Leaf(Base):
    __tablename__ = "leaves"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    parent_id = Column(ForeignKey("leaves.id"))
    parent = relationship("Leaf", remote_side=[id], join_depth=3, backref=backref("children", lazy="selectin"))
"""
DEPTH_FILLING = """\
from models import Leaf, Node


def fill(db):
    for made in (Leaf, Node):
        db.add(made(name="a", children=[made(name="b", children=[made(name="c")])]))
"""
DEPTH_APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Leaf, Node

app = FastAPI()


@app.get("/nodes/{name}")
def node(name: str, db: Session = Depends(get_db)):
    found = db.scalars(select(Node).where(Node.name == name)).one()
    return [one.name for one in found.children]


@app.get("/leaves/{name}")
def leaf(name: str, db: Session = Depends(get_db)):
    found = db.scalars(select(Leaf).where(Leaf.name == name)).one()
    return [one.name for one in found.children]
"""


def test_how_deep_a_back_reference_loads_itself_is_told_by_it(tmp_path: Path) -> None:
    files = {"main.py": DEPTH_APP, "models.py": DEPTH_MODELS, "filling.py": DEPTH_FILLING}
    requests = [("GET", f"/{kind}/{name}") for kind in ("nodes", "leaves") for name in "ac"]
    done = prove(tmp_path, files, requests)["main.py"]
    assert "options(" not in done.partition("async def node(")[2].partition("async def leaf(")[0]
    assert "selectinload(" in done.partition("async def leaf(")[2]


BLOG_MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    roles: Mapped[list["Role"]] = relationship()


class Role(Base):
    __tablename__ = "roles"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship()
    comments: Mapped[list["Comment"]] = relationship()


class Comment(Base):
    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship()
"""
BLOG_APP = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Comment, Post, Role, User

Base.metadata.create_all(engine)
app = FastAPI()


class Named(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class AuthorOut(Named):
    roles: list[Named]


class CommentOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    author: Named


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    author: AuthorOut
    comments: list[CommentOut]


@app.post("/users")
def join(name: str, db: Session = Depends(get_db)):
    user = User(name=name, roles=[Role(name="admin"), Role(name="writer")])
    db.add(user)
    db.commit()
    db.add(Post(title="first", author_id=user.id, comments=[Comment(author_id=user.id)]))
    db.commit()


@app.put("/posts/{key}", response_model=PostOut)
def edit(key: int, title: str, db: Session = Depends(get_db)):
    post = db.get(Post, key)
    post.title = title
    db.commit()
    db.refresh(post)
    return post
"""


def test_an_author_who_comments_too_keeps_what_was_loaded(tmp_path: Path) -> None:
    files = {"main.py": BLOG_APP, "models.py": BLOG_MODELS, "filling.py": "def fill(db):\n    pass\n"}
    prove(tmp_path, files, [("POST", "/users?name=ann"), ("PUT", "/posts/1?title=new")])
