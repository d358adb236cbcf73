"""Functions that other processes are given: they travel by their names, and nothing awaits them there."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, prove

MAIN = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from jobs import rename

app = FastAPI()


@app.post("/{key}")
def change(key: int, db: Session = Depends(get_db)):
    return rename(key, "by route", db)
"""
JOBS = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from db import make_session
from models import User


def rename(key: int, name: str, db=None):
    own = db is None
    if own:
        db = make_session()
    try:
        user = db.get(User, key)
        user.name = name
        db.commit()
        return name
    finally:
        if own:
            db.close()


class Job:
    def __init__(self):
        self.context = get_context("spawn")

    @staticmethod
    def work(connection, key):
        connection.send(rename(key, "by process"))
        connection.close()

    def run(self, key):
        parent, child = self.context.Pipe(duplex=False)
        process = self.context.Process(target=self.work, args=(child, key))
        process.start()
        process.join()
        return parent.recv()


def in_executor(key):
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(rename, key, "by executor").result()


def in_pool(key):
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(rename, (key, "by pool"))
"""
START = """
from jobs import Job, in_executor, in_pool

if __name__ == "__main__":
    print(Job().run(1), in_executor(2), in_pool(3))
"""


def test_what_another_process_is_given_can_be_pickled_and_is_run_to_its_end(tmp_path: Path) -> None:
    db = f"{BASE['db.py']}\n\ndef make_session():\n    return SessionLocal()\n"
    files = {"main.py": MAIN, "jobs.py": JOBS, "db.py": db, "start.py": START}
    codes = ["handed-to-thread", "handed-to-thread"]
    jobs = prove(tmp_path, files, [("POST", "/1")], [["start.py"]], codes=codes)["jobs.py"]
    assert jobs.count("partial(run_function, rename)") == 2
