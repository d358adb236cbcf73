"""What only a backref brings into a session of SQLAlchemy 1.4: run with that version before and after."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy_versions import installed

from .harness import BASE, migrate

STORE = """\
from sqlalchemy import Column, ForeignKey, Integer, Table, create_engine
from sqlalchemy.orm import Session, declarative_base, relationship, sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()
holders = Table(
    "holders", Base.metadata, Column("user_id", ForeignKey("users.id")), Column("card_id", ForeignKey("cards.id"))
)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    cards = relationship("Card", secondary=holders, back_populates="users")
    notes = relationship("Note", back_populates="user")
    marks = relationship("Mark", back_populates="user", cascade="expunge")


class Card(Base):
    __tablename__ = "cards"
    id = Column(Integer, primary_key=True)
    users = relationship("User", secondary=holders, back_populates="cards")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="notes")


class Mark(Base):
    __tablename__ = "marks"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="marks")


def begin(db: Session):
    Base.metadata.create_all(engine)
    db.add(User(id=1))
    db.commit()


def given(db: Session):
    owner = db.get(User, 1)
    note = Note(user=owner)
    db.commit()


def set_later(db: Session):
    owner = db.get(User, 1)
    note = Note()
    note.user = owner
    note.id = 50
    db.flush()
    db.commit()


def appended(db: Session, found=None):
    owner = db.get(User, 1)
    card = Card()
    if found:
        card.id = 70
    card.users.append(owner)
    if found:
        db.add(card)
    db.commit()


def added(db: Session):
    owner = db.get(User, 1)
    card = Card(users=[owner])
    db.add(card)
    db.commit()


def keep(db: Session, note):
    db.add(note)


def handed(db: Session):
    owner = db.get(User, 1)
    note = Note(user=owner)
    keep(db, note)
    db.commit()


def both_new(db: Session):
    owner = User(id=2)
    note = Note(user=owner)
    db.commit()


def outside(db: Session):
    owner = db.get(User, 1)
    mark = Mark(user=owner)
    db.commit()


def count(db: Session):
    return [db.query(model).count() for model in (User, Card, Note, Mark)]
"""
RUN = """\
import asyncio
import inspect
import json

import store


async def main():
    found = []
    for function in (
        store.given, store.set_later, store.appended, store.added, store.handed, store.both_new, store.outside
    ):
        db = store.SessionLocal()
        for one in (function, store.count):
            result = one(db)
            result = await result if inspect.isawaitable(result) else result
        found.append(result)
        closed = db.close()
        if inspect.isawaitable(closed):
            await closed
    return found


async def begun():
    db = store.SessionLocal()
    for done in (store.begin(db), db.close()):
        if inspect.isawaitable(done):
            await done
    return await main()


print(json.dumps(asyncio.run(begun())))
"""


def test_what_a_backref_brought_in_is_added(tmp_path: Path) -> None:
    files = {**BASE, "store.py": STORE, "requirements.txt": "fastapi\nsqlalchemy==1.4.54\n"}
    after = migrate(files)
    assert not after.findings
    answers = []
    for name, text in (("before", files["store.py"]), ("after", after["store.py"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "store.py").write_text(text)
        (tmp_path / name / "run.py").write_text(RUN)
        answers.append(installed("1.4").run(tmp_path / name / "run.py", None))
    counts = [[1, 0, 1, 0], [1, 0, 2, 0], [1, 1, 2, 0], [1, 2, 2, 0], [1, 2, 3, 0], [1, 2, 3, 0], [1, 2, 3, 0]]
    assert answers[0] == answers[1] == counts
    assert after["store.py"].count("    db.add(note)\n") == 3
    assert "    card.users.append(owner)\n    db.add(card)\n" in after["store.py"]
    assert "    card = Card(users=[owner])\n    db.add(card)\n    await db.commit()\n" in after["store.py"]


def test_sessions_of_the_2_0_style_never_took_it_in() -> None:
    for version, told in (("1.4.54", ", future=True"), ("2.0.36", "")):
        text = STORE.replace("sessionmaker(bind=engine)", f"sessionmaker(bind=engine{told})")
        after = migrate({**BASE, "store.py": text, "requirements.txt": f"fastapi\nsqlalchemy=={version}\n"})
        assert after["store.py"].count("db.add(") == text.count("db.add(")
