"""What an app of the tests does for the first time takes longer than all that follows: patterns, dialects, visitors are
made. It is done once here, before processes are forked."""

from __future__ import annotations

import asyncio
from functools import cache

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    children: Mapped[list[Child]] = relationship(back_populates="parent")


class Child(Base):
    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
    parent: Mapped[Parent] = relationship(back_populates="children")


class Body(BaseModel):
    name: str


@cache
def warm() -> None:
    """Run an app once in both forms. It leaves no thread and no file."""
    app = FastAPI()
    app.add_api_route("/", _echo, methods=["POST"], response_model=Body)
    with TestClient(app) as client:
        client.post("/", json={"name": "ann"})
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        db.add(Parent(id=1, name="ann", children=[Child(id=1)]))
        db.commit()
        _ = db.scalars(select(Parent).where(Parent.name == "ann")).one().children
    engine.dispose()
    asyncio.run(_asynchronously(app))


def _echo(body: Body) -> Body:
    return body


async def _asynchronously(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        await client.post("/", json={"name": "ann"})
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as db:
        db.add(Parent(id=1, name="ann", children=[Child(id=1)]))
        await db.commit()
        (await db.scalars(select(Parent).options(selectinload(Parent.children)))).one()
    await engine.dispose()
