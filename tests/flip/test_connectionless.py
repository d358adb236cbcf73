"""`engine.execute(...)` of SQLAlchemy 1.4: run with that version before and after."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy_versions import installed

from .harness import BASE, migrate

STORE = """\
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, select
from sqlalchemy.engine import Engine
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
numbers = Table("numbers", MetaData(), Column("n", Integer))


def set_up(engine: Engine) -> None:
    engine.execute("create table numbers (n int)")


def add(n):
    engine.execute(numbers.insert().values(n=n))


def add_raw(n):
    done = engine.execute("insert into numbers values (?)", (n,))
    return done.rowcount


def read():
    found = engine.execute(select(numbers.c.n).order_by(numbers.c.n)).fetchall()
    return [row.n for row in found]


def least():
    return engine.scalar(select(numbers.c.n).order_by(numbers.c.n).limit(1))


def total():
    return engine.execute("select sum(n) from numbers").scalar(), [r[0] for r in [(1,)]]


def each():
    return [row[0] for row in engine.execute("select n from numbers order by n")]
"""
RUN = """\
import asyncio
import inspect
import json

import store


async def main():
    found = []
    for function, *given in (
        (store.set_up, store.engine), (store.add, 2), (store.add_raw, 1), (store.read,), (store.least,),
        (store.total,), (store.each,)
    ):
        result = function(*given)
        found.append(await result if inspect.isawaitable(result) else result)
    return found


print(json.dumps(asyncio.run(main())))
"""


def test_the_statement_around_it_gets_a_connection(tmp_path: Path) -> None:
    files = {**BASE, "store.py": STORE, "requirements.txt": "fastapi\nsqlalchemy==1.4.54\n"}
    after = migrate(files)
    assert not after.findings
    answers = []
    for name, text in (("before", files["store.py"]), ("after", after["store.py"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "store.py").write_text(text)
        (tmp_path / name / "run.py").write_text(RUN)
        answers.append(installed("1.4").run(tmp_path / name / "run.py", None))
    assert answers[0] == answers[1] == [None, None, 1, [1, 2], 1, [3, [1]], [1, 2]]
    assert "engine.execute" not in after["store.py"]


def test_strings_on_a_connection_go_to_the_driver(tmp_path: Path) -> None:
    store = """\
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)


def pragmas():
    connection = engine.connect()
    found = [name for number, name, file in connection.execute("PRAGMA database_list")]
    connection.close()
    return found


def total(n):
    with engine.connect() as connection:
        return [connection.execute("select ? + 1", (n,)).scalar(), connection.execute(text("select 7")).scalar()]
"""
    run = RUN[: RUN.index("(store.set_up")] + "(store.pragmas,), (store.total, 4)" + RUN[RUN.index("\n    ):") :]
    files = {**BASE, "store.py": store, "requirements.txt": "fastapi\nsqlalchemy==1.4.54\n"}
    after = migrate(files)
    assert not after.findings
    answers = []
    for name, code in (("before", store), ("after", after["store.py"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "store.py").write_text(code)
        (tmp_path / name / "run.py").write_text(run)
        answers.append(installed("1.4").run(tmp_path / name / "run.py", None))
    assert answers[0] == answers[1] == [["main"], [5, 7]]


def test_what_no_connection_is_opened_for_is_reported() -> None:
    store = STORE.split("\n\ndef add(")[0] + (
        "\n\ndef names():\n    return engine.table_names()\n\n\n"
        "def unknown(statement):\n    return engine.execute(statement)\n\n\n"
        "def twice():\n    return engine.execute('select 1'), engine.execute('select 2')\n"
    )
    after = migrate({**BASE, "store.py": store, "requirements.txt": "fastapi\nsqlalchemy==1.4.54\n"})
    found = [f.span.line for f in after.findings if f.code == "engine-execute" and f.span]
    assert found == [14, 18, 22, 22]
    assert "run_sync(lambda" not in after["store.py"]
