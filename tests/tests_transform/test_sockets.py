"""WebSockets in tests: what the app does in the database once a socket is closed, it finishes."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

CHAT = {
    "app/chat.py": """\
from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from sqlalchemy.orm import Session

from app import crud
from app.db import get_db
from app.main import app

router = APIRouter()


@router.websocket("/chat")
async def chat(socket: WebSocket, db: Session = Depends(get_db)):
    await socket.accept()
    try:
        while True:
            crud.add(db, await socket.receive_text())
            await socket.send_json(crud.texts(db))
    except WebSocketDisconnect as error:
        crud.add(db, "gone")
        for text in crud.texts(db):
            crud.add(db, f"{text} {error.code}")


app.include_router(router)
""",
    "tests/test_chat.py": """\
import pytest
from fastapi.testclient import TestClient

from app import chat, crud, models
from app.db import Base, SessionLocal, engine, get_db
from app.main import app


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session
    Base.metadata.drop_all(engine)


def test_chat(db):
    app.dependency_overrides[get_db] = lambda: db
    client = TestClient(app)
    with client.websocket_connect("/chat") as socket:
        socket.send_text("hello")
        assert socket.receive_json() == ["hello"]
    assert client.app is app
    assert crud.texts(db) == ["hello", "gone", "hello 1000", "gone 1000"]
    app.dependency_overrides.clear()
""",
}


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **CHAT})
    assert code == 0, output
    migrated, findings = flip(CHAT)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert {f.code for f in findings if f.path == "tests/test_chat.py"} == {"test-client-only"}
    again, _ = flip(migrated, {})
    assert again == migrated


def test_a_client_stays_what_it_is_where_nothing_is_done_after_the_disconnect() -> None:
    app = CHAT["app/chat.py"].partition('        crud.add(db, "gone")')[0] + "        print(error)\n"
    migrated, _ = flip({**CHAT, "app/chat.py": app})
    assert "FinishingClient" not in migrated["tests/test_chat.py"]
