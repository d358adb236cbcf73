"""Columns whose values come from Python when rows are written, and come back from the database as others."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from datetime import datetime, timezone
from decimal import Decimal
from typing import Optional

from sqlalchemy import DateTime, Numeric, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def aware() -> datetime:
    return datetime(2031, 5, 6, 7, 8, 9, tzinfo=timezone.utc)


class Base(DeclarativeBase):
    pass


class Loan(Base):
    __tablename__ = "loans"
    id: Mapped[int] = mapped_column(primary_key=True)
    book: Mapped[str]
    fee: Mapped[Decimal] = mapped_column(Numeric(10, 2), default=0)
    since = mapped_column(DateTime, default=lambda: datetime(2030, 1, 2, tzinfo=timezone.utc))
    until: Mapped[datetime] = mapped_column(default=aware)
    changed: Mapped[Optional[datetime]] = mapped_column(onupdate=aware)
    plain: Mapped[datetime] = mapped_column(default=datetime.utcnow)
    there: Mapped[datetime] = mapped_column(server_default=func.now())
"""
MAIN = """\
from typing import Any, List

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Base, Loan

app = FastAPI()


@app.post("/loans")
def lend(db: Session = Depends(get_db)) -> List[Any]:
    loan = Loan(book="one")
    db.add(loan)
    db.commit()
    return [loan.book, loan.since.isoformat(), str(loan.fee)]


@app.post("/until")
def until(db: Session = Depends(get_db)) -> List[Any]:
    loan = Loan(book="two", fee=None, since=None)
    db.add(loan)
    db.commit()
    return [loan.until.isoformat(), loan.plain is None, loan.there is None]


@app.post("/named")
def named(db: Session = Depends(get_db)) -> List[Any]:
    loan = Loan(book="three")
    db.add(loan)
    db.commit()
    return [loan.id > 0, loan.book, loan.plain is None]


@app.put("/loans")
def change(db: Session = Depends(get_db)) -> List[Any]:
    loan = Loan(book="four")
    db.add(loan)
    db.commit()
    loan.book = "five"
    db.commit()
    return [loan.book, loan.changed.isoformat()]
"""


def test_defaults_of_python_are_loaded_again_behind_a_commit(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "main.py": MAIN, "filling.py": "def fill(db):\n    pass\n"}
    requests = [("POST", "/loans"), ("POST", "/until"), ("POST", "/named"), ("PUT", "/loans")]
    after = prove(tmp_path, files, requests)["main.py"]
    # where only what comes back as it was is read, nothing is
    assert "commit()\n    return [loan.id > 0, loan.book" in after
