"""Runs small FastAPI apps, written as text, before and after the transform."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from sqlalchemy.orm.relationships import RelationshipProperty

from asyncify.analysis.program import build
from asyncify.model.plan import Plan, Rewritten, Workspace
from asyncify.rewrite.apply import apply_plan
from asyncify.transforms.eager import EAGER

HEAD = """
from typing import Annotated, Generic, List, Optional, TypeVar

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, Integer, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
SessionLocal = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")

    @property
    def titles(self):
        return [post.title for post in self.posts]


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(default="untitled")
    author_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    author: Mapped[Optional["User"]] = relationship(back_populates="posts")
    tags: Mapped[list["Tag"]] = relationship(back_populates="post", order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    post: Mapped["Post"] = relationship(back_populates="tags")


def seed():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        ann, bob = User(id=1, name="ann"), User(id=2, name="bob")
        ann.posts = [Post(title="one", tags=[Tag(name="x"), Tag(name="y")]), Post(title="two", tags=[Tag(name="z")])]
        bob.posts = [Post(title="three")]
        db.add_all([ann, bob])
        db.commit()


def get_db():
    with SessionLocal() as db:
        yield db


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TagOut(Out):
    name: str


class UserOut(Out):
    name: str


class PostOut(Out):
    title: str
    author: Optional[UserOut]
    tags: list[TagOut]


class UserFull(UserOut):
    posts: list[PostOut]


app = FastAPI()
"""

_numbers = count()


def transformed(files: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The files after the transform, and the codes of what it reports. A second run must change nothing."""
    after, codes = _once(files)
    assert _once(after)[0] == after, "a second run changes something"
    return after, codes


def _once(files: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    workspace = Workspace(Path("/nowhere"), {path: text.encode() for path, text in files.items()})
    program = build(workspace)
    decisions = EAGER.plan(program)
    plan = Plan("eager", decisions.edits, decisions.text_edits, decisions.findings)
    after, results = apply_plan(plan, workspace, program.reexports())
    assert all(isinstance(r, Rewritten) for r in results), results
    return {p: d.decode() for p, d in after.files.items()}, tuple(f.code for f in decisions.findings)


@dataclass(frozen=True)
class Answer:
    """What a request gave, and how many statements it ran."""

    status: int
    text: str
    statements: int

    @property
    def content(self) -> tuple[int, Any]:
        """What a client sees; the order of the keys of an object without a model is SQLAlchemy's whim."""
        try:
            return self.status, json.loads(self.text)
        except ValueError:
            return self.status, self.text


Request = tuple[str, str] | tuple[str, str, Any]


def serve(files: Mapping[str, str], folder: Path, requests: Sequence[Request], *, guard: bool = False) -> list[Answer]:
    """Import an app from its files (`main.py` has `app` and `seed`) and send requests.

    guard: relationships that were not loaded raise, and sessions keep what they have over a commit, as they do in
    the migrated app.
    """
    root = folder / f"run{next(_numbers)}"
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    names = {Path(path).parts[0].removesuffix(".py") for path in files if path.endswith(".py")}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        for name in [m for m in sys.modules if m.partition(".")[0] in names]:
            patch.delitem(sys.modules, name)
        if guard:
            forbid_lazy_loads(patch)
        main = importlib.import_module("main")
        main.seed()
        client = TestClient(main.app, raise_server_exceptions=False)
        answers = []
        for method, url, *body in requests:
            with statements() as run:
                response = client.request(method, url, json=body[0] if body else None)
            answers.append(Answer(response.status_code, response.text, len(run)))
        for name in [m for m in sys.modules if m.partition(".")[0] in names]:
            del sys.modules[name]
    return answers


def forbid_lazy_loads(patch: pytest.MonkeyPatch) -> None:
    """Make a relationship that needs SQL when it is read an error."""
    make, start = RelationshipProperty.__init__, Session.__init__

    def relationship(self: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("lazy", "select") in ("select", True):
            kwargs["lazy"] = "raise_on_sql"
        make(self, *args, **kwargs)

    def session(self: Any, *args: Any, **kwargs: Any) -> None:
        start(self, *args, **{**kwargs, "expire_on_commit": False})

    patch.setattr(RelationshipProperty, "__init__", relationship)
    patch.setattr(Session, "__init__", session)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def prove(files: Mapping[str, str], folder: Path, requests: Sequence[Request], codes: Sequence[str] = ()) -> str:
    """The whole claim for one app: answers stay, no request runs more statements, no lazy load is left; and before
    the transform there was one. Gives the new text of `main.py`, with every call on one line."""
    after, found = transformed(files)
    assert list(found) == list(codes)
    old = serve(files, folder, requests)
    new = serve(after, folder, requests)
    assert [a.content for a in new] == [a.content for a in old]
    assert all(a.status < 500 for a in old)
    more = [
        (r, o.statements, n.statements)
        for r, o, n in zip(requests, old, new, strict=True)
        if n.statements > o.statements
    ]
    assert not more, more
    lazy = serve(files, folder, requests, guard=True)
    assert any(a.status >= 500 for a in lazy), "nothing is read lazily here: the case proves nothing"
    guarded = serve(after, folder, requests, guard=True)
    assert [a.content for a in guarded] == [a.content for a in old]
    return flat(after["main.py"])


def flat(text: str) -> str:
    """Source with calls that stand over several lines put on one line each."""
    text = re.sub(r"([(\[])\s*\n\s*", r"\1", text)
    text = re.sub(r",?\s*\n\s*([)\]])", r"\1", text)
    return re.sub(r",\s*\n\s*", ", ", text)
