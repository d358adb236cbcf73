"""Scripts that try an app through its test client, outside of pytest."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

APP = (
    HEAD
    + """

@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return db.get(User, key).age
"""
)
SCRIPT = '''\
"""Tries the routes, with a session of its own."""
from fastapi.testclient import TestClient

from db import SessionLocal, get_db
from main import app
from models import User


def check():
    db = SessionLocal()

    def override_get_db():
        yield db

    app.dependency_overrides[get_db] = override_get_db
    client = TestClient(app)
    try:
        user = db.get(User, 1)
        user.age += 1
        db.commit()
        response = client.get("/users/1")
        print(response.status_code, response.json())
    finally:
        app.dependency_overrides.clear()
        db.close()


if __name__ == "__main__":
    check()
'''


def test_a_client_of_a_function_that_a_script_runs(tmp_path: Path) -> None:
    """The function has a loop, in which the session is used: the client asks there, too. A `TestClient` would have run
    the app in a loop of its own, and a second run found a client that could be async."""
    migrated = prove(tmp_path, {"main.py": APP, "check.py": SCRIPT}, [("GET", "/users/1")], [("check.py",)])
    assert "response = await client.get" in migrated["check.py"]
    assert "asyncio.run(check())" in migrated["check.py"]
