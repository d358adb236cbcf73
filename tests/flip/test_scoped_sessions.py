"""Scoped sessions that nobody removes: the end of a task closes its session."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .harness import BASE, migrate
from .test_lookalikes import HEAD

DB = (
    BASE["db.py"]
    .replace("import sessionmaker", "import scoped_session, sessionmaker")
    .replace("SessionLocal = sessionmaker(", "SessionLocal = scoped_session(sessionmaker(")
    .replace("bind=engine)", "bind=engine))")
    .replace('"check_same_thread": False}', '"check_same_thread": False}, pool_size=2, max_overflow=0, pool_timeout=2')
)
APP = (
    HEAD
    + """
from db import SessionLocal


@app.get("/count")
def count():
    return SessionLocal.query(User).count()
"""
)
#: each request in a task of its own, as a server does it
RUN = """
import asyncio
import httpx
from sqlalchemy import create_engine
import db, main, models

models.Base.metadata.create_all(create_engine("sqlite:///app.db"))


async def get(client):
    return (await client.get("/count")).json()


async def use():
    transport = httpx.ASGITransport(main.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        for _ in range(6):
            print(await asyncio.create_task(get(client)))
    await asyncio.sleep(0.05)
    print(len(db.SessionLocal.registry.registry), db.engine.pool.checkedout())


asyncio.run(use())
"""


def test_the_end_of_a_task_closes_its_session(tmp_path: Path) -> None:
    done = migrate({**BASE, "db.py": DB, "main.py": APP})
    assert "scopefunc=session_scope" in done["db.py"]
    for path, text in {**done.files, "run.py": RUN}.items():
        (tmp_path / path).write_text(text)
    result = subprocess.run([sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.stdout == "0\n" * 6 + "0 0\n", result.stderr


def test_who_removes_it_keeps_doing_that() -> None:
    app = APP.replace("    return SessionLocal.query(User).count()", "    SessionLocal.remove()")
    for files in (
        {"main.py": app},
        {"main.py": APP, "test_main.py": "from db import SessionLocal\n\nSessionLocal()\n"},
    ):
        done = migrate({**BASE, "db.py": DB, **files})
        assert "scopefunc=asyncio.current_task" in done["db.py"]
