"""Rows that fixtures make and store by a helper, and tests read: what the app has stored below them loads there."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

BOARD = {
    "app/__init__.py": "",
    "app/db.py": APP["app/db.py"],
    "app/models.py": """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Board(Base):
    __tablename__ = "boards"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    cards: Mapped[list["Card"]] = relationship(back_populates="board")


class Card(Base):
    __tablename__ = "cards"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"))
    board: Mapped["Board"] = relationship(back_populates="cards")
""",
    "app/main.py": """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Card

app = FastAPI()


@app.post("/boards/{board_id}/cards")
def add(board_id: int, title: str, db: Session = Depends(get_db)):
    db.add(Card(title=title, board_id=board_id))
    db.commit()
    return {"title": title}
""",
}
CONFTEST = """\
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import Base, SessionLocal, engine, get_db
from app.main import app
from app.models import Board


class Maker:
    def __init__(self, db: Session):
        self.db = db

    def board(self, name: str) -> Board:
        board = Board(name=name)
        self._add(board)
        return board

    def _add(self, instance: object) -> None:
        self.db.add(instance)
        self.db.commit()
        self.db.refresh(instance)


@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        yield db
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(session: Session) -> TestClient:
    app.dependency_overrides[get_db] = lambda: session
    return TestClient(app)


@pytest.fixture
def maker(session: Session) -> Maker:
    return Maker(session)


@pytest.fixture
def board(maker: Maker) -> Board:
    made = maker.board("a")
    return made


@pytest.fixture
def named(board: Board) -> Board:
    return board
"""
TEST = """\
from fastapi.testclient import TestClient

from app.models import Board


def asked(request):
    return request()


def check(titles, cards):
    assert titles == [card.title for card in cards]


def test_add(client: TestClient, {name}: Board):
    assert asked(lambda: client.post(f"/boards/{{{name}.id}}/cards?title=x")).status_code == 200
    check(["x"], {name}.cards)


def test_names(client: TestClient, {name}: Board):
    client.post(f"/boards/{{{name}.id}}/cards?title=x")
    assert {name}.name == "a"
"""


@pytest.mark.parametrize("name", ["board", "named"])
def test_what_a_fixture_has_stored(tmp_path: Path, name: str) -> None:
    files = {**BOARD, "tests/conftest.py": CONFTEST, "tests/test_cards.py": TEST.format(name=name)}
    status, output = pytest_run(tmp_path / "before", files)
    assert status == 0, output
    after, _ = flip({}, files, steps=())
    text = after["tests/test_cards.py"]
    assert "async def test_add(" in text
    assert "\ndef test_names(" in text  # it reads a column
    status, output = pytest_run(tmp_path / "after", after)
    assert status == 0, output


BELOW = """
import pytest

from app.models import Board, Card
from tests.conftest import Maker


@pytest.fixture
def card(maker: Maker) -> Card:
    board = maker.board("b")
    card = Card(title="y", board=board)
    maker._add(card)
    return card


@pytest.fixture
def whole(maker: Maker) -> Card:
    card = Card(title="z", board=Board(name="c", cards=[]))
    maker._add(card)
    return card


def test_below(card: Card):
    assert [one.title for one in card.board.cards] == ["y"]


def test_given(whole: Card):
    assert [one.title for one in whole.board.cards] == ["z"]
"""


def test_what_is_below_that_which_a_constructor_was_given(tmp_path: Path) -> None:
    conftest = CONFTEST.replace("        self.db.refresh(instance)\n", "")
    files = {**BOARD, "tests/__init__.py": "", "tests/conftest.py": conftest, "tests/test_below.py": BELOW}
    status, output = pytest_run(tmp_path / "before", files)
    assert status == 0, output
    after, _ = flip({}, files, steps=())
    assert "\ndef test_given(" in after["tests/test_below.py"]  # nothing has to be loaded there
    status, output = pytest_run(tmp_path / "after", after)
    assert status == 0, output
