"""`metadata.create_all(engine)` where its value, which is None, is taken."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

TABLES = """
from db import engine


def create():
    return User.metadata.create_all(bind=engine)


@app.on_event("startup")
def start():
    app.state.made = create()


@app.get("/")
def made(db: Session = Depends(get_db)):
    done = User.metadata.create_all(engine, checkfirst=True)
    return [app.state.made, done, db.query(User).count()]
"""


def test_tables_that_are_created_in_a_return_or_an_assignment(tmp_path: Path) -> None:
    after = prove(tmp_path, HEAD + TABLES, [("GET", "/")])["main.py"]
    assert "    async with engine.begin() as conn:\n        return await conn.run_sync(User.metadata." in after
    assert "        done = await conn.run_sync(User.metadata.create_all, checkfirst=True)\n" in after


def test_tables_that_are_created_at_import_for_a_name(tmp_path: Path) -> None:
    main = HEAD + "\nfrom db import engine\n\nmade = User.metadata.create_all(engine)\n"
    main += '\n\n@app.get("/")\ndef get(db: Session = Depends(get_db)):\n    return [made, db.query(User).count()]\n'
    assert "\nmade = run_to_end(create_tables())\n" in prove(tmp_path, main, [("GET", "/")])["main.py"]
