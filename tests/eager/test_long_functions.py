"""The work for a function grows with its length squared at most: a cubic search took minutes for 200 statements."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

from asyncify.analysis.program import build
from asyncify.model.plan import Workspace
from asyncify.pipeline import decide, stages

HEAD = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(back_populates="shelf")

class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="books")

def fill(db: Session) -> int:
    n = 0
"""
STEP = """
    shelf{0} = Shelf()
    db.add(shelf{0})
    db.commit()
    db.refresh(shelf{0})
    n += len(shelf{0}.books)
"""


def calls(steps: int) -> int:
    """How many Python functions and generators run while a long function is looked at."""
    text = HEAD + "".join(STEP.format(number) for number in range(steps)) + "    return n\n"
    program = build(Workspace(Path(), {"app.py": text.encode(), "requirements.txt": b"sqlalchemy>=2\n"}, ()))
    (stage,) = stages(["eager"])
    found = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal found
        found += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        plan = decide(program, stage)
    finally:
        sys.setprofile(before)
    assert len(plan.edits) == steps
    return found


def test_twice_as_long_is_no_more_than_four_times_the_work() -> None:
    assert calls(40) < 4.4 * calls(20)
