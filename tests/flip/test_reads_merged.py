"""Refreshes of instances that another session has loaded with options: a refresh repeats them, a load must say them."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guests"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    badge: Mapped["Badge"] = relationship(back_populates="guest", uselist=False, cascade="all, delete-orphan")


class Badge(Base):
    __tablename__ = "badges"
    id: Mapped[int] = mapped_column(primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))
    guest: Mapped["Guest"] = relationship(back_populates="badge")
"""
FILLING = """\
from models import Guest


def fill(db):
    db.add_all([Guest(id=1, name="ann"), Guest(id=2, name="bob")])
"""
MAIN = """\
from typing import Optional

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import selectinload

from db import SessionLocal
from models import Badge, Guest

app = FastAPI()


class BadgeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int


class GuestOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    badge: Optional[BadgeOut]


def find(key: int):
    with SessionLocal() as db:
        return db.query(Guest).options(selectinload(Guest.badge)).filter(Guest.id == key).first()


def welcome(guest: Guest):
    with SessionLocal() as db:
        guest = db.merge(guest)
        if guest.badge:
            raise HTTPException(409)
        badge = Badge(guest=guest)
        db.add(badge)
        db.commit()
        db.refresh(guest)
        print(guest.id, badge.id)
        return guest


@app.put("/guests/{key}", response_model=GuestOut)
def arrive(key: int):
    return welcome(find(key))
"""


def test_a_load_in_the_place_of_a_refresh_repeats_the_options_too(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN}
    text = prove(tmp_path, files, [("PUT", f"/guests/{key}") for key in (1, 1, 2)])["main.py"]
    assert "populate_existing=True" in text  # a refresh would expire the badge, too, which is printed
