"""What leaves the thread pool and blocks goes back to a thread, from wherever it is called."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_files_helpers_and_methods(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import hashlib
import time
from pathlib import Path


class Client:
    def __init__(self):
        self.calls = 0

    def call(self, number):
        time.sleep(0.001)
        self.calls += 1
        return self.calls + number


client = Client()


def several(count):
    return [client.call(i) for i in range(count)]


def nested(number):
    def inner():
        time.sleep(0.001)
        return number

    return inner()


def digest(text):
    return hashlib.scrypt(text.encode(), salt=b"a", n=2, r=1, p=1).hex()[:5]


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    name = db.get(User, key).name
    with open("name.txt", "w") as file:
        file.write(name if client.call(0) else "")
    call = client.call
    found = [call(1), several(2), nested(3)]
    found += [digest("x"), Path("name.txt").read_text()]
    if not time.sleep(0.001):
        found += [client.call(i) for i in range(2)]
    found.append(sum(client.call(i) for i in range(2)))
    return found
"""
    )
    migrated = prove(tmp_path, app, [("GET", "/1")], codes=["may-block"])
    text = migrated["main.py"]
    assert '    with open("name.txt", "w") as file:' in text
    assert "await run_in_threadpool(Path" in text
    assert "await run_in_threadpool(digest, " in text


def test_scripts_have_their_loop_alone(tmp_path: Path) -> None:
    script = """
import asyncio
import subprocess
import time

from db import SessionLocal
from models import User


async def later():
    return "later"


def slow(name):
    time.sleep(0.001)
    return name


def of_its_own():
    return asyncio.run(later())


def tell():
    with SessionLocal() as db:
        name = slow(db.get(User, 1).name)
        with open("name.txt", "w") as file:
            file.write(name)
        done = subprocess.run(["cat", "name.txt"], capture_output=True, text=True)
        print(done.stdout, of_its_own())


if __name__ == "__main__":
    tell()
"""
    app = f"{HEAD}@app.get('/')\ndef read(db: Session = Depends(get_db)):\n    return db.get(User, 1).name\n"
    migrated = prove(tmp_path, {"main.py": app, "tell.py": script}, [("GET", "/")], [["tell.py"]])
    text = migrated["tell.py"]
    assert "async def tell():" in text
    assert text.count("run_in_threadpool(") == 1
    assert "await run_in_threadpool(of_its_own)" in text


def test_what_is_not_known_is_told(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import mailer


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return mailer.send(db.get(User, key).name)
"""
    )
    library = {"mailer.py": "def send(name):\n    return name * 2\n"}
    migrated = prove(tmp_path, app, [("GET", "/1")], codes=["may-block"], installed=library)
    assert "await run_in_threadpool(mailer" not in migrated["main.py"]


def test_answers_of_aws_are_dictionaries(tmp_path: Path) -> None:
    boto3 = """\
import time


class Store:
    def list_objects(self, Bucket):
        time.sleep(0.001)
        return {"Bucket": Bucket}


def client(name):
    return Store()
"""
    app = (
        HEAD
        + """
import boto3

store = boto3.client("s3")


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    found = store.list_objects(Bucket=db.get(User, key).name)
    return [found.get("Bucket"), list(found.items())]
"""
    )
    after = prove(tmp_path, app, [("GET", "/1")], installed={"boto3.py": boto3})
    assert after["main.py"].count("await run_in_threadpool(") == 1
