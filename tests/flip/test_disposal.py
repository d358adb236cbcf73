"""Engines that are disposed where the lifespan of the application ends."""

from __future__ import annotations

from pathlib import Path

from warm_interpreter import run_python

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

COUNT = """

@app.get("/count")
def count(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
LIFESPAN = """
from contextlib import asynccontextmanager

@asynccontextmanager
async def lifespan(app):
    yield
    print("ends")
"""
CLOSED = """\
import asyncio

import db
from main import app


async def run():
    async with app.router.lifespan_context(app):
        async with db.engine.connect() as connection:
            await connection.close()
        print(db.engine.pool.checkedin())
    print(db.engine.pool.checkedin())


asyncio.run(run())
"""


def with_lifespan(text: str) -> str:
    return HEAD.replace("app = FastAPI()", f"{text}\n\napp = FastAPI(lifespan=lifespan)")


def test_a_lifespan_ends_with_the_engine(tmp_path: Path) -> None:
    """Written by hand, or made of handlers; its pool is empty then."""
    done = prove(tmp_path, with_lifespan(LIFESPAN) + COUNT, [("GET", "/count")])
    assert 'print("ends")\n    await engine.dispose()\n' in done["main.py"]
    assert "from db import engine, get_db" in done["main.py"]
    handler = '\n\n@app.on_event("startup")\ndef start():\n    print("starts")\n'
    made = prove(tmp_path / "made", HEAD + handler + COUNT, [("GET", "/count")])
    assert "    yield\n    await engine.dispose()\n" in made["main.py"]


def test_connections_are_closed(tmp_path: Path) -> None:
    done = migrate({**BASE, "main.py": with_lifespan(LIFESPAN) + COUNT})
    for path, text in {**done.files, "closed.py": CLOSED}.items():
        (tmp_path / path).write_text(text)
    run = run_python(["closed.py"], tmp_path)
    assert run.stdout == "1\nends\n0\n", run.stderr


def test_engines_that_stay(tmp_path: Path) -> None:
    """Disposed already, with its database in memory, one of several, or in a lifespan that may end elsewhere."""
    disposed = with_lifespan(LIFESPAN.replace("    yield\n", "    yield\n    main_engine.dispose()\n")) + COUNT
    disposed = "from db import engine as main_engine\n" + disposed
    assert migrate({**BASE, "main.py": disposed})["main.py"].count("dispose") == 1
    main = with_lifespan(LIFESPAN) + COUNT
    memory = BASE["db.py"].replace("sqlite:///./app.db", "sqlite://")
    assert "dispose" not in migrate({**BASE, "db.py": memory, "main.py": main})["main.py"]
    several = BASE["db.py"] + '\nother = create_engine("sqlite:///./other.db")\n'
    assert "dispose" not in migrate({**BASE, "db.py": several, "main.py": main})["main.py"]
    inner = LIFESPAN.replace("    yield\n", "    try:\n        yield\n    finally:\n        print(1)\n")
    assert "dispose" not in migrate({**BASE, "main.py": with_lifespan(inner) + COUNT})["main.py"]
