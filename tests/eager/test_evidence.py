"""What a recorded run has shown goes into the plan; it is found again when steps have moved the lines."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from asyncify import api
from asyncify.analysis.evidence import relocated
from asyncify.analysis.program import build
from asyncify.model.comparison import Outcome
from asyncify.model.errors import UsageError
from asyncify.model.evidence import CodePlace, Evidence, ImplicitLoad, LoadKind
from asyncify.model.plan import Workspace, content_hash
from asyncify.report.as_json import as_json
from asyncify.report.compared import show_comparison
from asyncify.transforms.eager import EAGER
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


APP_WITH_MORE = (
    APP
    + """

def authors(db: Session):
    return [post.author.posts for post in db.scalars(select(Post))]
"""
)


def test_what_only_one_of_them_knows_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP_WITH_MORE)
    file = tmp_path / "evidence.json"
    file.write_text(replace(seen(), files={}).to_json())
    result = api.migrate(tmp_path, ["eager"], evidence=file)
    out = io.StringIO()
    assert result.comparison is not None
    show_comparison(result.comparison, Console(file=out, width=60))
    read, load, last = line("read"), line("load"), len(APP_WITH_MORE.splitlines())
    assert out.getvalue().splitlines() == [
        "Evidence of the tests",
        "  1 implicit load seen: 0 known by reasoning too, 1 only seen; 3 loads known by reasoning alone",
        "      1 loaded with its statement",
        "  only seen: relationship (1)",
        f"    app.py:{read}  User.posts, given by app.py:{load}: loaded with its statement",
        "  only reasoned: relationship (3)",
        f"    app.py:{read}  User.any relationship: read in SQLAlchemy's greenlet by the step flip",
        f"    app.py:{last}  Post.author, given by app.py:{last}: loaded with its statement",
        f"    app.py:{last}  Post.author.posts, given by app.py:{last}: loaded with its statement",
    ]
    told = json.loads(as_json(result, written=False))["evidence"]
    assert [(s["read"], s["known"], s["outcome"]) for s in told["seen"]] == [(f"app.py:{read}", False, "statement")]
    assert [r["attribute"] for r in told["only_reasoned"]] == ["any relationship", "author", "author.posts"]


def test_without_evidence_nothing_is_compared(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    result = api.migrate(tmp_path, ["eager"])
    assert result.comparison is None
    assert json.loads(as_json(result, written=False))["evidence"] is None


@pytest.mark.parametrize("kind", LoadKind)
def test_every_kind_ends_in_an_outcome(kind: LoadKind) -> None:
    """Also what nobody can find again in the program."""
    lost = ImplicitLoad(kind, "Unknown", "name", worst_test="tests/test_app.py::test")
    workspace = Workspace(Path("/nowhere"), {"app.py": APP.encode()})
    decisions = EAGER.plan(build(workspace, evidence=Evidence((lost, *seen(kind).loads))))
    assert decisions.comparison is not None
    first, second = decisions.comparison.seen
    assert (first.outcome, second.outcome is Outcome.LEFT) == (Outcome.LEFT, False)
    assert [(f.path, f.code) for f in decisions.findings] == [("tests/test_app.py", "evidence-load")]
    assert decisions.findings[0].advice
