"""Lists that name no order come in the one that the database gave them before."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres import Postgres

from .apps import HEAD, Answer, flat, serve, transformed

SQLITE = 'create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)'
MODELS = """

class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    boxes: Mapped[list["Box"]] = relationship()
    sorted_boxes: Mapped[list["Box"]] = relationship(order_by="Box.id", viewonly=True)


class Colour(Base):
    __tablename__ = "colours"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Box(Base):
    __tablename__ = "boxes"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    colour_id: Mapped[int] = mapped_column(ForeignKey("colours.id"))
    shelf: Mapped["Shelf"] = relationship(back_populates="boxes")
    colour: Mapped["Colour"] = relationship()


class Named(Out):
    name: str


class BoxOut(Out):
    id: int
    colour: Named


class ShelfOut(Out):
    name: str
    boxes: list[BoxOut]


class SortedOut(Out):
    sorted_boxes: list[BoxOut]


def seed():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add_all([Colour(id=i, name=f"c{i}") for i in (1, 2, 3)])
        db.add_all([Shelf(id=i, name=f"s{i}") for i in (1, 2)])
        db.flush()
        db.add_all(
            [Box(id=i, kind="ab"[i % 2], shelf_id=1 + i % 2, colour_id=1 + i * 7 % 3) for i in range(1, 13)]
        )
        db.commit()


@app.get("/boxes", response_model=list[BoxOut])
def boxes(kind: str, db: Session = Depends(get_db)):
    return db.scalars(select(Box).where(Box.kind == kind)).all()


@app.get("/page", response_model=list[BoxOut])
def page(db: Session = Depends(get_db)):
    return db.scalars(select(Box).where(Box.kind.in_(["a"])).offset(1).limit(3)).all()


@app.get("/sorted", response_model=list[BoxOut])
def in_order(db: Session = Depends(get_db)):
    return db.scalars(select(Box).where(Box.kind == "a").order_by(Box.id)).all()


@app.get("/of/{colour_id}", response_model=list[BoxOut])
def of_colour(colour_id: int, db: Session = Depends(get_db)):
    db.get(Colour, colour_id)
    return db.scalars(select(Box).where(Box.colour_id == colour_id)).all()


@app.get("/first", response_model=BoxOut)
def first(db: Session = Depends(get_db)):
    result = db.execute(select(Box).where(Box.id == 4))
    return result.scalars().first()


@app.get("/shelves", response_model=list[ShelfOut])
def shelves(db: Session = Depends(get_db)):
    return db.scalars(select(Shelf).order_by(Shelf.id)).all()


@app.get("/sorted-shelves", response_model=list[SortedOut])
def sorted_shelves(db: Session = Depends(get_db)):
    return db.scalars(select(Shelf).order_by(Shelf.id)).all()
"""
ROUTES = ("/boxes?kind=a", "/boxes?kind=b", "/page", "/sorted", "/of/2", "/first", "/shelves", "/sorted-shelves")


def source(url: str) -> str:
    return (HEAD + MODELS).replace(SQLITE, f'create_engine("{url}")')


def answers(text: str, folder: Path, *, guard: bool = False) -> list[Answer]:
    return serve({"main.py": text}, folder, [("GET", route) for route in ROUTES], guard=guard)


def test_what_is_not_sorted_is_not_joined(tmp_path: Path, postgres: Postgres) -> None:
    before = source(postgres.url(postgres.create()))
    after, _ = transformed({"main.py": before})
    old, new = answers(before, tmp_path), answers(after["main.py"], tmp_path)
    assert [a.text for a in new] == [a.text for a in old]
    assert all(n.statements <= o.statements for o, n in zip(old, new, strict=True))
    assert [a.text for a in answers(after["main.py"], tmp_path, guard=True)] == [a.text for a in old]
    # were they joined, they would come in another order: the case proves something
    joined = after["main.py"].replace("selectinload(Box.colour)", "joinedload(Box.colour)")
    assert answers(joined, tmp_path)[0].text != old[0].text
    assert answers(joined.replace("selectinload(Box.", "joinedload(Box."), tmp_path)[6].text != old[6].text


@pytest.mark.parametrize(
    ("route", "options"),
    [
        ("boxes", "select(Box).options(selectinload(Box.colour)).where(Box.kind == kind)"),
        ("in_order", "select(Box).options(joinedload(Box.colour)).where(Box.kind == \"a\").order_by(Box.id)"),
        ("of_colour", "select(Box).options(joinedload(Box.colour)).where(Box.colour_id == colour_id)"),
        ("first", "select(Box).options(joinedload(Box.colour)).where(Box.id == 4)"),
        ("shelves", "select(Shelf).options(selectinload(Shelf.boxes).selectinload(Box.colour))"),
        ("sorted_shelves", "select(Shelf).options(selectinload(Shelf.sorted_boxes).joinedload(Box.colour))"),
    ],
)
def test_what_has_an_order_or_one_row_is_joined(route: str, options: str) -> None:
    after, _ = transformed({"main.py": source("postgresql://db/shop")})
    assert options in flat(after["main.py"].partition(f"def {route}(")[2].partition("@app")[0])


def test_sqlite_keeps_the_order(tmp_path: Path) -> None:
    before = HEAD + MODELS
    after, _ = transformed({"main.py": before})
    assert "selectinload(Box.colour)" not in after["main.py"]
    assert [a.text for a in answers(after["main.py"], tmp_path)] == [a.text for a in answers(before, tmp_path)]
