"""Locks of threads around what waits: a task that waits for one would stop the event loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

APP = """
import asyncio
import threading
from threading import Semaphore

import httpx

from db import SessionLocal

lock = threading.Lock()
few = Semaphore(2)


class Once:
    _lock = threading.Lock()
    _value = None

    @classmethod
    def get(cls, db: Session):
        with cls._lock:
            if cls._value is None:
                cls._value = db.scalar(select(User.name).where(User.id == 1))
        return cls._value


class Counter:
    def __init__(self):
        self.mutex = threading.Lock()

    def up(self, db: Session, key: int):
        with self.mutex, SessionLocal() as other:
            return other.get(User, key).name


@app.post("/older/{key}")
def older(key: int, db: Session = Depends(get_db)):
    with lock:
        user = db.get(User, key)
        user.age += 1
        db.commit()
        age = user.age
    with few:
        return [age, Once.get(db)]


@app.get("/many")
async def many():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        found = await asyncio.wait_for(asyncio.gather(*(client.post("/older/1") for _ in range(5))), 20)
    return sorted(answer.json()[0] for answer in found)
"""
ALONE = APP.replace("with self.mutex, SessionLocal() as other:", "with SessionLocal() as other:")


def test_locks_that_are_only_entered_are_those_of_the_loop(tmp_path: Path) -> None:
    made = prove(tmp_path, HEAD + ALONE, [("POST", "/older/1"), ("POST", "/older/2"), ("GET", "/many")])["main.py"]
    assert "lock = asyncio.Lock()" in made
    assert "few = asyncio.Semaphore(2)" in made
    assert made.count("async with lock:") == made.count("async with cls._lock:") == 1


@pytest.mark.parametrize(
    "use",
    [
        "lock.acquire()",
        "print(lock)",
        "locks = {}\nlocks[1] = threading.Lock()",
        "def plain():\n    with lock:\n        return 1",
        "make = threading.Lock",
        "other: threading.Lock = lock",
    ],
)
def test_others_are_told(use: str) -> None:
    """A function that stays plain enters it, or it goes elsewhere."""
    done = migrate({**BASE, "main.py": HEAD + ALONE + f"\n\n{use}\n"})
    assert "lock = threading.Lock()" in done["main.py"]
    assert "    with lock:\n" in done["main.py"]
    assert done.codes == {"lock"}


def test_a_lock_beside_a_session_in_one_block_is_told() -> None:
    assert migrate({**BASE, "main.py": HEAD + APP}).codes == {"lock"}


def test_a_lock_that_its_holder_may_take_again_is_told() -> None:
    done = migrate({**BASE, "main.py": HEAD + ALONE.replace("threading.Lock()", "threading.RLock()")})
    assert done.codes == {"lock"}


def test_a_lock_around_what_never_waits_stays(tmp_path: Path) -> None:
    app = """
import threading

lock = threading.Lock()
seen = []


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    with lock:
        seen.append(user.name)
        return seen
"""
    made = prove(tmp_path, HEAD + app, [("GET", "/1"), ("GET", "/2")])["main.py"]
    assert "    with lock:\n" in made
