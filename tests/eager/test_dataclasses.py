"""Mapped dataclasses: `asdict`, `==` and the text of an instance read its relationships."""

from __future__ import annotations

from pathlib import Path

from .apps import HEAD, prove, transformed

MODELS = """

from dataclasses import asdict, astuple

from sqlalchemy.orm import MappedAsDataclass, registry

table_registry = registry()


@table_registry.mapped_as_dataclass
class Account:
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(init=False, primary_key=True, compare=False)
    name: Mapped[str]  # equal in all rows: since Python 3.13 a comparison stops at the first difference
    entries: Mapped[list["Entry"]] = relationship(default_factory=list)


@table_registry.mapped_as_dataclass
class Entry:
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    text: Mapped[str]
    account_id: Mapped[Optional[int]] = mapped_column(ForeignKey("accounts.id"), default=None)
    files: Mapped[list["File"]] = relationship(default_factory=list, repr=False, compare=False)


@table_registry.mapped_as_dataclass
class File:
    __tablename__ = "files"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    entry_id: Mapped[Optional[int]] = mapped_column(ForeignKey("entries.id"), default=None)


def seed():
    table_registry.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(Account(name="a", entries=[Entry(text="one", files=[File()]), Entry(text="two")]))
        db.add(Account(name="a"))
        db.commit()
"""


def test_asdict_reads_all_that_is_below(tmp_path: Path) -> None:
    text = """

@app.get("/account")
def account(db: Session = Depends(get_db)):
    return asdict(db.scalars(select(Account).order_by(Account.id)).first())


@app.get("/entries")
def entries(db: Session = Depends(get_db)):
    return [astuple(entry) for entry in db.scalars(select(Entry).order_by(Entry.id))]
"""
    after = prove({"main.py": HEAD + MODELS + text}, tmp_path, [("GET", "/account"), ("GET", "/entries")])
    assert "select(Account).options(selectinload(Account.entries).selectinload(Entry.files)).order_by" in after
    assert "select(Entry).options(selectinload(Entry.files))" in after


def test_comparison_and_text(tmp_path: Path) -> None:
    text = """

@app.get("/same")
def same(db: Session = Depends(get_db)):
    first = db.scalars(select(Account).where(Account.id == 1)).one()
    return first == db.scalars(select(Account).where(Account.id == 2)).one()


@app.get("/text")
def text(db: Session = Depends(get_db)):
    return f"{db.scalars(select(Account).where(Account.id < 2)).one()}"
"""
    after = prove({"main.py": HEAD + MODELS + text}, tmp_path, [("GET", "/same"), ("GET", "/text")])
    assert after.count("select(Account).options(selectinload(Account.entries)).where") == 3


def test_what_is_no_field_is_not_read() -> None:
    text = """

@app.get("/text")
def text(db: Session = Depends(get_db)):
    return str(db.scalars(select(Entry)).first())


@app.get("/plain")
def plain(db: Session = Depends(get_db)):
    return str(db.scalars(select(User)).first())
"""
    files = {"main.py": HEAD + MODELS + text}
    assert transformed(files)[0] == files


def test_columns_that_a_statement_leaves_out(tmp_path: Path) -> None:
    """`load_only` leaves columns to load themselves, which `asdict` and `==` read; also of a dataclass that
    is mapped from outside, but there no column without a field."""
    text = """
from dataclasses import dataclass

from sqlalchemy import Column, String, Table
from sqlalchemy.orm import load_only


@dataclass
class Person:
    name: str
    email: str


people = Table(
    "people",
    table_registry.metadata,
    Column("name", String, primary_key=True),
    Column("email", String),
    Column("note", String),
)
table_registry.map_imperatively(Person, people)


@app.get("/people")
def persons(db: Session = Depends(get_db)):
    db.add(Person(name="p", email="e"))
    db.commit()
    return [asdict(person) for person in db.scalars(select(Person).options(load_only(Person.name))).all()]


@app.get("/entries")
def entries(db: Session = Depends(get_db)):
    found = db.scalars(select(Entry).options(load_only(Entry.id)).order_by(Entry.id)).all()
    return [asdict(entry) for entry in found]


@app.get("/same")
def same(db: Session = Depends(get_db)):
    first, second = db.scalars(select(Entry).options(load_only(Entry.id)).order_by(Entry.id)).all()
    return first == second
"""
    requests = [("GET", "/people"), ("GET", "/entries"), ("GET", "/same")]
    after = prove({"main.py": HEAD + MODELS + text}, tmp_path, requests)
    assert "load_only(Person.name, Person.email)" in after
