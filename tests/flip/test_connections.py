"""Engines and connections used directly: what only the sync object inside the async one has."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD


def test_attributes_that_async_connections_lack(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from db import engine


class Named:
    def __init__(self, name):
        self.name = name


@app.get("/connection")
def connection():
    conn = engine.connect()
    try:
        conn.name = "the one"
        plain = Named("plain")
        plain.name = "other"
        size = engine.logger.level if engine.name == "nothing" else conn.exec_driver_sql("select 7").scalar()
        shared = [conn.dialect.name, engine.dialect.name, engine.url.database, conn.closed, engine.hide_parameters]
        return [conn.name, plain.name, size, *shared]
    finally:
        conn.close()
"""
    )
    prove(tmp_path, app, [("GET", "/connection")])


def test_alembic_asks_on_the_connection() -> None:
    app = (
        HEAD
        + """
from alembic.runtime import migration
from alembic.migration import MigrationContext
from db import engine


def current(connection):
    context = MigrationContext.configure(connection=connection)
    return context.get_current_revision()


@app.get("/heads")
def heads():
    with engine.begin() as connection:
        context = migration.MigrationContext.configure(connection)
        return [set(context.get_current_heads()), current(connection)]
"""
    )
    after = migrate({**BASE, "main.py": app})["main.py"]
    assert "await greenlet_spawn(MigrationContext.configure, connection=connection.sync_connection)" in after
    assert "return await greenlet_spawn(context.get_current_revision)" in after
    assert "await greenlet_spawn(migration.MigrationContext.configure, connection.sync_connection)" in after
    assert "set(await greenlet_spawn(context.get_current_heads)), await current(connection)" in after


def test_alembic_is_given_the_connection(tmp_path: Path) -> None:
    files = {
        "main.py": HEAD
        + """
from alembic import command
from alembic.config import Config
from db import engine


def upgrade(config):
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@app.post("/upgrade")
def post():
    upgrade(Config("alembic.ini"))
""",
        "alembic/env.py": """
from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
""",
    }
    after = migrate({**BASE, **files})
    assert 'config.attributes["connection"] = connection.sync_connection' in after["main.py"]
    assert 'await greenlet_spawn(command.upgrade, config, "head")' in after["main.py"]
    assert "await upgrade(Config(" in after["main.py"]
    assert after["alembic/env.py"] == files["alembic/env.py"]


def test_alembic_is_given_the_engine(tmp_path: Path) -> None:
    files = {
        "main.py": HEAD
        + """
from alembic import command
from alembic.config import Config
from db import engine


def upgrade(given):
    config = Config()
    config.set_main_option("script_location", "migrations")
    config.attributes["connection"] = given
    command.upgrade(config, "head")


@app.post("/upgrade")
def post():
    upgrade(engine)


@app.get("/notes")
def notes(db: Session = Depends(get_db)):
    return db.execute(text("SELECT text FROM notes")).scalars().all()
""".replace("from alembic import command", "from alembic import command\nfrom sqlalchemy import text"),
        "migrations/env.py": """
from alembic import context

from db import engine

connectable = context.config.attributes.get("connection", None)
if connectable is None:
    connectable = engine
with connectable.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
""",
        "migrations/versions/one.py": """
from alembic import op

revision = "one"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE notes (text VARCHAR)")
    op.execute("INSERT INTO notes VALUES ('first')")
""",
    }
    after = prove(tmp_path, files, [("POST", "/upgrade"), ("GET", "/notes")])
    assert 'config.attributes["connection"] = given.sync_engine' in after["main.py"]
    assert 'await greenlet_spawn(command.upgrade, config, "head")' in after["main.py"]


def test_an_inspector_of_the_connection_of_a_session(tmp_path: Path) -> None:
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from db import get_db

app = FastAPI()


@app.get("/tables")
def tables(db: Session = Depends(get_db)):
    return sorted(inspect(db.connection()).get_table_names())


@app.get("/columns")
def columns(db: Session = Depends(get_db)):
    inspector = inspect(db.connection())
    return [column["name"] for column in inspector.get_columns("users")]
"""
    prove(tmp_path, app, [("GET", "/tables"), ("GET", "/columns")])


VIEWS = """\
from functools import partial

from sqlalchemy import event, inspect
from sqlalchemy.ext import compiler
from sqlalchemy.schema import DDLElement

from models import Base


class CreateView(DDLElement):
    def __init__(self, name, selected):
        self.name = name
        self.selected = selected


@compiler.compiles(CreateView)
def made(element, compiler, **kw):
    return f"CREATE VIEW {element.name} AS {element.selected}"


def exists(ddl, target, connection, wanted, **kw):
    return (ddl.name in inspect(connection).get_view_names()) is wanted


def is_there(ddl, target, bind, **kw):
    return not exists(ddl, target, bind, False, **kw)


def is_not_there(ddl, target, bind, **kw):
    return not is_there(ddl, target, bind, **kw)


names = CreateView("user_names", "SELECT name FROM users")
event.listen(Base.metadata, "after_create", names.execute_if(callable_=partial(exists, wanted=False)))
again = CreateView("user_names", "SELECT 1")
event.listen(Base.metadata, "after_create", again.execute_if(callable_=is_not_there))
"""


def test_conditions_of_ddl_are_asked_with_a_sync_connection(tmp_path: Path) -> None:
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

import views
from db import engine, get_db
from models import Base

app = FastAPI()


@app.post("/made")
def made(db: Session = Depends(get_db)):
    Base.metadata.create_all(engine)
    return sorted(db.scalars(text("SELECT name FROM user_names")))
"""
    migrated = prove(tmp_path, {"main.py": app, "views.py": VIEWS}, [("POST", "/made"), ("POST", "/made")])
    assert migrated["views.py"] == VIEWS
