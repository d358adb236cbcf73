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
