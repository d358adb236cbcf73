"""Functions that run coroutines on a loop of their own: in an async program there is one already."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove
from .test_lookalikes import HEAD

APP = f"""\
import asyncio
{HEAD}

async def shout(name):
    await asyncio.sleep(0)
    return name.upper()


def plain(name):
    return asyncio.run(shout(name))


class Names:
    def __init__(self, db: Session):
        self.db = db

    def collect(self):
        loop = asyncio.new_event_loop()
        names = self.db.scalars(select(User.name).order_by(User.id)).all()
        try:
            return [asyncio.run(shout(n)) for n in names], loop.run_until_complete(shout(plain("a")))
        finally:
            loop.close()


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return [*Names(db).collect(), plain("b")]


if __name__ == "__main__":
    print(plain("script"))
"""


def test_they_await_in_the_loop_that_is_there_or_go_to_a_thread(tmp_path: Path) -> None:
    after = prove(tmp_path, APP, [("GET", "/names")], [["main.py"]])["main.py"]
    assert '[await shout(n) for n in names], await shout(await run_in_threadpool(plain, "a"))' in after
    assert "def plain(name):\n    return asyncio.run(shout(name))\n" in after


#: what uvicorn does with its arguments, as far as the apps need it
UVICORN = """\
import asyncio


class Config:
    def __init__(self, app, *, port=8000, reload=False, workers=None):
        self.text = f"{type(app).__name__} on {port}"


class Server:
    def __init__(self, config):
        self.config = config

    async def serve(self):
        await asyncio.sleep(0)
        print("serves", self.config.text)

    def run(self):
        asyncio.run(self.serve())


def run(app, **options):
    if options.get("reload") or (options.get("workers") or 1) > 1:
        print("starts processes")
    else:
        Server(Config(app, **options)).run()
"""
#: what a script does itself before it starts the server
TABLES = 'from db import engine\n    User.metadata.create_all(engine)\n    print("made")'
STARTED = f"""\
import sys

{{head}}
from db import SessionLocal
{HEAD}

def seed(name):
    with SessionLocal() as db:
        db.add(User(name=name))
        db.commit()
        print(db.query(User).count())


def start(first, second):
    seed(first)
    seed(second)
    {{run}}


if __name__ == "__main__":
    {{body}}
"""


@pytest.mark.parametrize(
    ("head", "run", "body", "after"),
    [
        ("import uvicorn", "uvicorn.run(app, port=1)", 'start("a", "b")', 'asyncio.run(start("a", "b"))'),
        ("from uvicorn import run", "run(app)", 'start("a", "b")', "await Server(Config(app)).serve()"),
        ("import uvicorn", "uvicorn.run(app, reload=True)", 'start("a", "b")', "    uvicorn.run(app, reload=True)\n"),
        ("import uvicorn", "pass", 'seed("a")\n    uvicorn.run(app)', "await uvicorn.Server(uvicorn.Config(app))"),
        ("", "pass", 'seed("a")\n    seed(*sys.argv[1:] or ["b"])', "    asyncio.run(main())"),
        ("import uvicorn", "pass", 'seed("a")\n    uvicorn.run(app, workers=2)', '    asyncio.run(seed("a"))\n'),
        ("import uvicorn", "pass", f"{TABLES}\n    uvicorn.run(app, reload=not sys.argv)", "reload=not sys.argv)\n"),
        ("import uvicorn", "pass", f"{TABLES}\n    uvicorn.run(app, reload=True)", "main())\n    uvicorn.run("),
    ],
)
def test_a_server_runs_in_the_loop_that_is_there(tmp_path: Path, head: str, run: str, body: str, after: str) -> None:
    app = STARTED.format(head=head, run=run, body=body)
    done = prove(tmp_path, app, [], [["main.py"]], installed={"uvicorn.py": UVICORN})
    assert after in done["main.py"]


def test_a_server_that_may_start_processes_keeps_its_place(tmp_path: Path) -> None:
    """In a main guard the calls before it run by themselves: in one loop with it, it could not start."""
    body = 'seed("a")\n    if len(sys.argv) > 1:\n        seed("b")\n    uvicorn.run(app, reload=len(sys.argv) > 2)'
    app = STARTED.format(head="import uvicorn", run="pass", body=body)
    runs = [["main.py"], ["main.py", "x"], ["main.py", "x", "y"]]
    done = prove(tmp_path, app, [], runs, installed={"uvicorn.py": UVICORN})
    assert '    asyncio.run(seed("a"))\n' in done["main.py"]
    assert "    uvicorn.run(app, reload=len(sys.argv) > 2)\n" in done["main.py"]
    assert "keep_to_loop" not in done["db.py"], "connections of SQLite have threads, and no loops"


def test_a_server_that_may_start_processes_is_told(tmp_path: Path) -> None:
    run = "uvicorn.run(app, reload=len(sys.argv) < 2)"
    app = STARTED.format(head="import uvicorn", run=run, body='start("a", "b")')
    prove(tmp_path, app, [], [["main.py"]], codes=["own-loop"], installed={"uvicorn.py": UVICORN})


THREADS = f"""\
import asyncio

import anyio
from anyio import from_thread
{HEAD}
SENT = []


async def send(name, times=1):
    await asyncio.sleep(0)
    SENT.append(name * times)
    return len(SENT)


@app.on_event("startup")
async def keep_loop():
    app.state.loop = asyncio.get_running_loop()


def tell(name):
    asyncio.run_coroutine_threadsafe(send(name), app.state.loop).result(5)
    return from_thread.run(send, name, 2)


@app.get("/tell")
def told(db: Session = Depends(get_db)):
    name = db.query(User).first().name
    number = from_thread.run(send, name, 3)
    from_thread.run_sync(SENT.append, "plain")
    future = asyncio.run_coroutine_threadsafe(send(name), app.state.loop)
    return [number, future.result(timeout=5), tell(name), SENT]


@app.get("/own")
def own(db: Session = Depends(get_db)):
    return anyio.run(send, db.query(User).first().name)
"""


def test_what_waits_for_the_loop_from_a_thread(tmp_path: Path) -> None:
    """In the loop itself `from_thread.run` is an error, and `result()` would wait for what never runs."""
    after = prove(tmp_path, THREADS, [("GET", "/tell"), ("GET", "/own")])["main.py"]
    assert "number = await send(name, 3)" in after
    assert "return await send((await db.scalar(select(User).limit(1))).name)" in after
