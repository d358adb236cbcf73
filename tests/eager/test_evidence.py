"""What a recorded run has shown goes into the plan; it is found again when steps have moved the lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify import api
from asyncify.analysis.evidence import relocated
from asyncify.analysis.program import build
from asyncify.model.errors import UsageError
from asyncify.model.evidence import CodePlace, Evidence, ImplicitLoad, LoadKind
from asyncify.model.plan import Workspace, content_hash
from asyncify.transforms.eager.planner import Planner

APP = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped["User"] = relationship(back_populates="posts")


def field(db: Session, name: str):
    users = db.scalars(select(User)).all()  # load
    return [getattr(user, name) for user in users]  # read
"""


def line(mark: str) -> int:
    return next(n for n, text in enumerate(APP.splitlines(), 1) if text.endswith(f"# {mark}"))


def seen(kind: LoadKind = LoadKind.RELATIONSHIP, inside: str = "") -> Evidence:
    read, loaded = CodePlace("app.py", line("read"), "field"), CodePlace("app.py", line("load"), "field")
    load = ImplicitLoad(kind, "User", "posts", read=read, loaded=loaded, inside=inside, worst_test="test_app.py::test")
    return Evidence((load,), files={"app.py": content_hash(APP.encode())})


def planned(evidence: Evidence) -> list[str]:
    workspace = Workspace(Path("/nowhere"), {"app.py": APP.encode()})
    return [edit.because for edit in Planner(build(workspace, evidence=evidence)).run().edits]


def test_what_only_the_tests_show_is_loaded() -> None:
    assert planned(Evidence()) == []
    assert planned(seen()) == ["posts is read by User.posts in test_app.py::test"]


def test_what_an_async_session_can_load_needs_nothing() -> None:
    assert planned(seen(inside="flush")) == []
    assert planned(seen(LoadKind.EXPIRED)) == []


def test_lines_move_with_the_steps() -> None:
    after = APP.replace("\n\ndef field", "\n\nNAMES = ()\n\n\ndef field")
    after = after.replace("select(User)", "select(User).limit(9)")
    (load,) = relocated(seen(), {"app.py": APP.encode()}, {"app.py": after.encode()}).loads
    assert load.read and load.loaded
    assert (load.read.line, load.loaded.line) == (line("read") + 3, line("load") + 3)


def test_a_file_is_taken_in_only_for_the_sources_that_it_is_of(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    file = tmp_path / "evidence.json"
    file.write_text(seen().to_json())
    after = api.migrate(tmp_path, ["eager"], evidence=file).after.files["app.py"].decode()
    assert "select(User).options(selectinload(User.posts))" in after
    (tmp_path / "app.py").write_text("\n" + APP)
    with pytest.raises(UsageError, match=r"app\.py has changed since .* was recorded"):
        api.migrate(tmp_path, ["eager"], evidence=file)
    with pytest.raises(UsageError, match="cannot read"):
        api.migrate(tmp_path, ["eager"], evidence=tmp_path / "none.json")
