"""Commands and scripts: code that nobody awaits."""

from __future__ import annotations

import json
from pathlib import Path

from warm_interpreter import run_python

from .harness import BASE, DB, migrate, prove
from .test_lookalikes import HEAD

SCRIPT = """\
import sys

from db import SessionLocal
from models import User


def names(db):
    return [u.name for u in db.query(User).order_by(User.id)]

"""


def test_statements_in_a_main_block(tmp_path: Path) -> None:
    script = (
        SCRIPT
        + """
LIMIT = 2

if __name__ == "__main__":
    which = sys.argv[1] if len(sys.argv) > 1 else "all"
    with SessionLocal() as db:
        for name in names(db)[:LIMIT]:
            print(which, name)
        total = db.query(User).count()
    print(total)
"""
    )
    prove(tmp_path, {"script.py": script, "main.py": HEAD}, [], [["script.py"], ["script.py", "x"]])


def test_statements_at_the_top_of_a_script(tmp_path: Path) -> None:
    script = (
        SCRIPT
        + """

db = SessionLocal()
try:
    for user in db.query(User).order_by(User.id):
        print(user.name)
    db.add(User(name="new"))
    db.commit()
    print(names(db))
finally:
    db.close()
"""
    )
    prove(tmp_path, {"script.py": script, "main.py": HEAD}, [], [["script.py"]])


def test_names_that_a_statement_reads_before_it_binds_them_stay_global(tmp_path: Path) -> None:
    script = (
        SCRIPT.replace("import SessionLocal", "import SessionLocal as session")
        + """
count = 1
with session() as session:
    count = count + len(names(session))
    rest = [user for user in session.query(User).order_by(User.id)]
    count += len(rest)
    print(count)
"""
    )
    after = prove(tmp_path, {"script.py": script, "main.py": HEAD}, [], [["script.py"]])
    assert "    global count, session\n" in after["script.py"]


def test_many_statements_at_the_top_of_a_script(tmp_path: Path) -> None:
    """Each of them waits where it is, all in one loop, to which the connection of the session belongs."""
    script = (
        SCRIPT
        + """
from sqlalchemy import text

from db import engine, get_db
from models import Base

Base.metadata.create_all(engine)
db = SessionLocal()
before = db.query(User).count()
for name in ["ann", "ben"]:
    if not db.query(User).filter(User.name == name).first():
        db.add(User(name=name))
db.commit()
found = names(db)
print(before, found, [u.name for u in db.query(User).order_by(User.name)])
with SessionLocal() as other:
    total = other.query(User).count()
    print(total)
with engine.connect() as connection:
    print(connection.execute(text("select max(id) from users")).scalar())
last = next(get_db())
print(last.query(User).count(), total)
last.close()
db.close()


def again():
    return names(db)


if __name__ == "__main__":
    from db import SessionLocal as Again
    import os as system

    one = Again()
    print(again(), one.query(User).count(), system.path.sep)
    one.close()
"""
    )
    app = HEAD + '@app.get("/count")\ndef count(db: Session = Depends(get_db)):\n    return db.query(User).count()\n'
    done = prove(tmp_path, {"script.py": script, "main.py": app}, [("GET", "/count")], [["script.py"], ["script.py"]])
    assert "before = run_in_script(db.scalar(" in done["script.py"]
    assert "run_to_end" not in done["script.py"]


def test_main_function(tmp_path: Path) -> None:
    script = (
        SCRIPT
        + """

def main(argv=None):
    db = SessionLocal()
    print(names(db))
    db.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
"""
    )
    prove(tmp_path, {"script.py": script, "main.py": HEAD}, [], [["script.py"]])


def test_scripts_that_a_manifest_names(tmp_path: Path) -> None:
    """What is called from a shell stays plain for it, in a thread of a running loop as well."""
    manifest = """\
[project]
name = "shop"
version = "1"
dependencies = ["fastapi", "sqlalchemy", "httpx"]

[project.scripts]
shop-names = "script:main"

[tool.poetry.scripts]
shop-add = { reference = "script:add", type = "console" }
"""
    script = (
        SCRIPT
        + """

def main():
    with SessionLocal() as db:
        print(names(db))
    return 0


def add(name="new"):
    db = SessionLocal()
    db.add(User(name=name))
    db.commit()
    print(names(db))
    db.close()


if __name__ == "__main__":
    sys.exit(main())
"""
    )
    files = {"script.py": script, "main.py": HEAD, "pyproject.toml": manifest, "requirements.txt": ""}
    shell = "import sys\nfrom script import add, main\nadd()\nsys.exit(main())\n"
    again = "import asyncio\nfrom script import main\nasync def run():\n    main()\nasyncio.run(run())\n"
    prove(tmp_path, files, [], [["script.py"], ["-c", shell], ["-c", again]])


def test_notebooks_are_reported(tmp_path: Path) -> None:
    """Those alone that use what becomes async."""

    def notebook(*lines: str) -> str:
        cells = [{"cell_type": "code", "source": [line]} for line in lines] + [{"cell_type": "markdown", "source": []}]
        return json.dumps({"cells": cells, "nbformat": 4})

    crud = """\
from models import User


def add(db, name):
    db.add(User(name=name))
    db.commit()


def shout(text):
    return text.upper()
"""
    app = """
import crud


@app.get("/")
def read(db: Session = Depends(get_db)):
    crud.add(db, "x")
"""
    files = {
        **BASE,
        "main.py": HEAD + app,
        "crud.py": crud,
        "uses.ipynb": notebook("%time\n!ls\nimport crud", "from db import SessionLocal\ncrud.add(SessionLocal(), 'y')"),
        "other.ipynb": notebook("import crud\nadd = 1", "crud.shout('a')", "this is no Python"),
        "broken.ipynb": "{",
    }
    done = migrate(files)
    (found,) = done.findings
    assert (found.code, found.path) == ("notebook", "uses.ipynb")
    assert found.message.endswith("async: SessionLocal, add")
    assert done["uses.ipynb"] == files["uses.ipynb"]


def test_typer_and_click_commands(tmp_path: Path) -> None:
    """Commands that share functions with routes."""
    crud = """\
from models import User


def add(db, name):
    user = User(name=name)
    db.add(user)
    db.commit()
    return user.id


def count(db):
    return db.query(User).count()
"""
    cli = """\
import typer

import crud
from db import SessionLocal

cli = typer.Typer()


@cli.command()
def add(name: str, times: int = typer.Option(1)):
    with SessionLocal() as db:
        for _ in range(times):
            print(crud.add(db, name))


@cli.command("count")
def count_users():
    db = SessionLocal()
    try:
        typer.echo(crud.count(db))
    finally:
        db.close()


@cli.command()
def hello():
    print("hello")


if __name__ == "__main__":
    cli()
"""
    tool = """\
import click

import crud
from db import SessionLocal


@click.group()
def main():
    pass


@main.command()
@click.argument("name")
def add(name):
    with SessionLocal() as db:
        click.echo(f"{click.get_current_context().info_name} {crud.add(db, name)}")


@main.command()
@click.option("--twice", is_flag=True)
def count(twice):
    with SessionLocal() as db:
        click.echo(crud.count(db) * (2 if twice else 1))


if __name__ == "__main__":
    main()
"""
    app = (
        HEAD
        + """
import crud


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    return [crud.add(db, name), crud.count(db)]
"""
    )
    commands = [
        ["cli.py", "add", "x", "--times", "2"],
        ["cli.py", "count"],
        ["cli.py", "hello"],
        ["tool.py", "add", "y"],
        ["tool.py", "count", "--twice"],
    ]
    files = {"crud.py": crud, "cli.py": cli, "tool.py": tool, "main.py": app}
    done = prove(tmp_path, files, [("POST", "/users?name=x")], commands)
    assert "@cli.command()\ndef hello():" in done["cli.py"]


def test_threads_and_executors(tmp_path: Path) -> None:
    """A function that a thread runs stays as it is, on a sync engine."""
    app = (
        HEAD
        + """
import threading
from concurrent.futures import ThreadPoolExecutor

from db import SessionLocal


def work(name):
    with SessionLocal() as db:
        db.add(User(name=name))
        db.commit()


def count_all(_=None):
    with SessionLocal() as db:
        return db.query(User).count()


@app.post("/thread")
def thread():
    worker = threading.Thread(target=work, args=("t",))
    worker.start()
    worker.join()
    with ThreadPoolExecutor(1) as pool:
        return [pool.submit(count_all).result(), list(pool.map(count_all, [1]))]


@app.get("/other")
def other(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
    )
    prove(tmp_path, app, [("POST", "/thread"), ("GET", "/other")])


def test_threads_that_share_functions(tmp_path: Path) -> None:
    """A function that a thread or a loop runs by itself, and that works with what routes use: a loop of its own."""
    app = (
        HEAD
        + """
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from db import SessionLocal


def add(db, name):
    db.add(User(name=name))
    db.commit()
    return db.query(User).count()


def work(name):
    with SessionLocal() as db:
        return add(db, name)


def done(_):
    work("done")


@app.post("/thread")
def thread():
    workers = [threading.Thread(target=work, args=("t",)), threading.Timer(0.01, work, args=("timer",))]
    for worker in workers:
        worker.start()
        worker.join()
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(lambda: work("lambda"))
        found.add_done_callback(done)
    return found.result()


@app.post("/loop")
async def loop():
    ready = asyncio.get_running_loop()
    ready.call_soon(work, "soon")
    await asyncio.sleep(0.01)
    return [work("direct"), await ready.run_in_executor(None, work, "executor")]


@app.get("/other")
def other(db: Session = Depends(get_db)):
    return add(db, "other")
"""
    )
    prove(tmp_path, app, [("POST", "/thread"), ("GET", "/other"), ("POST", "/loop"), ("GET", "/other")])


def test_connections_stay_in_their_loop(tmp_path: Path) -> None:
    """With a driver whose connections belong to one loop, an engine that a command shares with the app gives none of
    them to another loop; proved with the guard that is inserted, on an engine whose loops it can see."""
    db = BASE["db.py"].replace('"sqlite:///./app.db", connect_args={"check_same_thread": False}', '"postgresql:///app"')
    cli = """\
import typer

from db import SessionLocal
from models import User

cli = typer.Typer()


@cli.command()
def count():
    with SessionLocal() as db:
        print(db.query(User).count())
"""
    files = {"db.py": db, "cli.py": cli, "main.py": HEAD, "models.py": BASE["models.py"]}
    done = migrate({**files, "requirements.txt": "fastapi\nsqlalchemy\npsycopg2\nasyncpg\n"})
    assert 'engine = keep_to_loop(create_async_engine("postgresql+asyncpg:///app"))' in done["db.py"]
    alone = migrate({"db.py": db, "requirements.txt": "fastapi\nsqlalchemy\npsycopg2\nasyncpg\n"})
    assert "keep_to_loop" not in alone["db.py"]
    pinging = migrate(
        {
            **files,
            "db.py": db.replace('"postgresql:///app"', '"postgresql:///app", pool_pre_ping=True'),
            "requirements.txt": "fastapi\nsqlalchemy\npsycopg2\nasyncpg\n",
        }
    )
    for number, migrated in enumerate((done, pinging)):
        guard = GUARD.replace("guard.db", f"guard{number}.db")
        if migrated is pinging:
            guard = guard.replace('.db")', '.db", pool_pre_ping=True)')
        (tmp_path / "guard.py").write_text(migrated["db.py"].partition("engine = ")[0] + guard)
        result = run_python(["guard.py"], tmp_path)
        assert result.stdout == "True 1\nFalse 2\n", result.stderr


def test_an_engine_of_tests_that_is_used_while_they_are_imported_is_kept_to_loops() -> None:
    db = BASE["db.py"].replace('"sqlite:///./app.db", connect_args={"check_same_thread": False}', '"postgresql:///app"')
    conftest = """\
from sqlalchemy import create_engine, text

from main import app

engine = create_engine("postgresql:///tests")
"""
    used = "with engine.begin() as connection:\n    connection.execute(text(\"create schema if not exists tests\"))\n"
    files = {"db.py": db, "main.py": HEAD, "requirements.txt": "fastapi\nsqlalchemy\npsycopg2\nasyncpg\npytest\n"}
    made = 'create_async_engine("postgresql+asyncpg:///tests")'
    after = migrate({**files, "tests/conftest.py": conftest + "\n" + used})
    assert f"engine = keep_to_loop({made})" in after["tests/conftest.py"]
    assert "run_to_end" in after["tests/conftest.py"]
    fixture = f"@pytest.fixture\ndef schema():\n    {used.strip()}".replace("\n    con", "\n        con")
    alone = migrate({**files, "tests/conftest.py": f"import pytest\n{conftest}\n\n{fixture}\n"})
    assert f"engine = {made}" in alone["tests/conftest.py"]


#: two loops use an engine twice each: the connection that they get, and how many were opened until then
GUARD = """
async def use(engine):
    seen = []
    for _ in range(2):
        async with engine.connect() as connection:
            seen.append((await connection.get_raw_connection()).driver_connection)
    return seen


engine = create_async_engine("sqlite+aiosqlite:///guard.db")
engine.dialect.name = "one of streams"
opened, homes = [], {}


def open_one(connection, record):
    opened.append(connection)
    homes[connection] = asyncio.get_running_loop()


def ping(connection):
    if homes[connection] is not asyncio.get_running_loop():
        raise RuntimeError("attached to a different loop")
    return True


event.listen(engine.sync_engine, "connect", open_one)
engine.dialect.do_ping = ping
keep_to_loop(engine)
last = None
for number in range(2):
    seen = asyncio.run(use(engine))
    print(last is None or last is seen[0], len(opened))
    assert seen[0] is seen[1]
    last = seen[0]
"""


def test_tables_under_the_main_guard_of_a_module_that_the_app_imports(tmp_path: Path) -> None:
    """They are made when the file is run, by itself, and not when the app starts."""
    db = DB + (
        '\n\nif __name__ == "__main__":\n    from models import Base\n\n'
        "    Base.metadata.drop_all(engine)\n    Base.metadata.create_all(engine)\n"
    )
    app = HEAD + "\n\n@app.get('/users')\ndef users(db=Depends(get_db)):\n    return db.query(User).count()\n"
    count = "import sqlite3; print(sqlite3.connect('app.db').execute('select count(*) from users').fetchone())"
    commands = (("-c", count), ("db.py",), ("-c", count))
    migrated = prove(tmp_path, {"db.py": db, "main.py": app}, [("GET", "/users")] * 2, commands)
    assert "    asyncio.run(main())" in migrated["db.py"]
    assert "create" not in migrated["main.py"]
