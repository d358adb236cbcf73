"""An `env.py` that works on an async engine, where the configuration wants that: migrations run as before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from asyncify.analysis.config import Config

from .harness import BASE, migrate, prove

ASYNC = Config(alembic="async")
INI = """\
[alembic]
script_location = migrations
sqlalchemy.url = sqlite:///./app.db
"""
MIGRATION = '''\
"""first"""

import sqlalchemy as sa
from alembic import context, op

revision = "1"
down_revision = None


def upgrade():
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.String(20)))
    op.execute("INSERT INTO notes (text) VALUES ('first')")
    if not context.is_offline_mode():
        print([tuple(row) for row in op.get_bind().execute(sa.text("SELECT text FROM notes"))])


def downgrade():
    op.drop_table("notes")
'''
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User)]
"""
#: as `alembic init` writes it
GENERIC = """\
from sqlalchemy import engine_from_config, pool

from alembic import context
from models import Base

config = context.config
target_metadata = Base.metadata


def run_migrations_offline() -> None:
    url = config.get_main_option("sqlalchemy.url")
    context.configure(url=url, target_metadata=target_metadata, literal_binds=True)

    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )

    # the connection is closed behind them
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)

        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""
UPGRADE = ["-m", "alembic", "upgrade", "head"]
DOWNGRADE = ["-m", "alembic", "downgrade", "base"]
OFFLINE = ["-m", "alembic", "upgrade", "head", "--sql"]
LEFT = ["-c", "import sqlite3; print(sqlite3.connect('app.db').execute('SELECT name FROM sqlite_master').fetchall())"]
REQUESTS = [("GET", "/users")]


def app(environment: str, **files: str) -> Mapping[str, str]:
    given = {path.replace("__", "/") + ".py": text for path, text in files.items()}
    return {
        "main.py": MAIN,
        "alembic.ini": INI,
        "migrations/env.py": environment,
        "migrations/versions/0001_first.py": MIGRATION,
        **given,
    }


def test_the_environment_as_alembic_writes_it(tmp_path: Path) -> None:
    after = prove(tmp_path, app(GENERIC), REQUESTS, [OFFLINE, UPGRADE, LEFT, DOWNGRADE, LEFT], config=ASYNC)
    assert """
    # the connection is closed behind them
    def do_run_migrations(connection: Connection) -> None:
        context.configure(connection=connection, target_metadata=target_metadata)

        with context.begin_transaction():
            context.run_migrations()

    async def run_async_migrations() -> None:
        async with connectable.connect() as connection:
            await connection.run_sync(do_run_migrations)
        await connectable.dispose()

    asyncio.run(run_async_migrations())
""" in after["migrations/env.py"]


def test_without_the_key_it_stays_synchronous(tmp_path: Path) -> None:
    for config in (Config(), Config(alembic="sync")):
        assert migrate(app(GENERIC), config)["migrations/env.py"] == GENERIC


#: the ways in which environments come to their engine, with what stays in their place
ENGINES = {
    "settings": (
        "    config.set_main_option('sqlalchemy.url', settings.URL)\n"
        "    connectable = engine_from_config(config.get_section(config.config_ini_section), poolclass=pool.NullPool)\n"
        "    with connectable.connect() as connection:",
        'url=async_database_url(config.get_main_option("sqlalchemy.url"))',
    ),
    "section": (
        "    section = config.get_section(config.config_ini_section)\n"
        "    section['sqlalchemy.url'] = settings.URL\n"
        "    connectable = engine_from_config(section, prefix='sqlalchemy.')\n"
        "    with connectable.begin() as connection:",
        'url=async_database_url(section["sqlalchemy.url"])',
    ),
    "made": (
        "    with create_engine(settings.URL).connect() as connection:",
        "connectable = create_async_engine(async_database_url(settings.URL))",
    ),
    "function": (
        "    def own_engine():\n"
        "        return create_engine(settings.URL, connect_args={'check_same_thread': False})\n"
        "    connectable = own_engine()\n"
        "    with connectable.connect() as connection:",
        "async with connectable.connect() as connection:",
    ),
    "imported": ("    with engine.connect() as connection:", "await engine.dispose()"),
    "attribute": ("    with db.engine.connect() as connection:", "async with db.engine.connect() as connection:"),
    "shared": (
        "    connectable = config.attributes.get('connection', None)\n"
        "    if connectable is None:\n"
        "        connectable = create_engine(settings.URL)\n"
        "    with connectable.connect() as connection:",
        "await connectable.dispose()",
    ),
    "written": (
        "    connectable = engine_from_config(configuration={'sqlalchemy.url': settings.URL})\n"
        "    with connectable.connect() as connection:",
        "url=async_database_url(settings.URL)",
    ),
    "asked": (
        "    connectable = config.attributes.get('connection') or create_engine(settings.URL)\n"
        "    assert hasattr(connectable, 'connect')\n"
        "    with connectable.connect() as connection:",
        "await connectable.dispose()",
    ),
}
ENVIRONMENT = """\
from alembic import context
from sqlalchemy import create_engine, engine_from_config, pool

import db
import settings
from db import engine
from models import Base

config = context.config


def run_migrations():
{engine}
        current = connection.dialect.name
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            print(current)
            context.run_migrations()


run_migrations()
"""
SETTINGS = """\
import os

URL = os.environ.get("DATABASE_URL", "sqlite:///./app.db")
"""


@pytest.mark.parametrize("kind", ENGINES)
def test_the_engine_of_an_environment(kind: str, tmp_path: Path) -> None:
    engine, there = ENGINES[kind]
    files = app(ENVIRONMENT.format(engine=engine), settings=SETTINGS)
    after = prove(tmp_path, files, REQUESTS, [UPGRADE, LEFT, DOWNGRADE, LEFT], config=ASYNC)
    assert there in after["migrations/env.py"]
    assert " sync_engine" not in "".join(after.files.values())


#: what keeps an environment as it is, below what it has in common with those above
OBSTACLES = {
    "a body that returns": "    with create_engine(settings.URL).connect() as connection:\n"
    "        if connection.closed:\n            return",
    "a body that goes on": "    for url in [settings.URL]:\n"
    "      with create_engine(url).connect() as connection:\n"
    "        if connection.closed:\n            continue",
    "what it binds is read behind it": "    current = ''\n    with engine.connect() as connection:",
    "the connection has no block": "    connection = create_engine(settings.URL).connect()\n    if connection:",
    "the engine goes elsewhere": "    connectable = create_engine(settings.URL)\n    print(type(connectable))\n"
    "    with connectable.connect() as connection:",
}


@pytest.mark.parametrize("kind", OBSTACLES)
def test_what_cannot_be_moved_stays_and_is_told(kind: str, tmp_path: Path) -> None:
    files = app(ENVIRONMENT.format(engine=OBSTACLES[kind]), settings=SETTINGS)
    after = prove(tmp_path, files, REQUESTS, [UPGRADE, LEFT], config=ASYNC, codes=["alembic-sync"])
    assert "asyncio" not in after["migrations/env.py"]


COMMANDS = "from alembic import command\nfrom alembic.config import Config\nfrom fastapi"
STARTED = MAIN.replace("from fastapi", COMMANDS).replace(
    "app = FastAPI()\n",
    """app = FastAPI()


@app.on_event("startup")
def upgrade():
    with SessionLocal() as db:
        db.query(User).first()
    command.upgrade(Config("alembic.ini"), "head")


@app.get("/notes")
def notes(db: Session = Depends(get_db)):
    return db.execute(text("SELECT text FROM notes")).scalars().all()
""",
).replace("from db import get_db", "from db import SessionLocal, get_db").replace(
    "from sqlalchemy.orm", "from sqlalchemy import text\nfrom sqlalchemy.orm"
)


LENDER = """\
from alembic import command
from alembic.config import Config

from db import engine

config = Config("alembic.ini")
with engine.begin() as connection:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
"""
GUARDED = """\
from alembic import context
from sqlalchemy import create_engine

import settings
from models import Base


def run(connection):
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


connectable = context.config.attributes.get("connection")
if connectable is None:
    connectable = create_engine(settings.URL)
    with connectable.connect() as connection:
        run(connection)
else:
    run(connectable)
"""


@pytest.mark.parametrize("command", [UPGRADE, ["lender.py"]])
def test_a_connection_that_a_program_lends(command: list[str], tmp_path: Path) -> None:
    files = app(GUARDED, settings=SETTINGS, lender=LENDER)
    after = prove(tmp_path, files, REQUESTS, [command, LEFT], config=ASYNC)
    assert "run_sync(run)" in after["migrations/env.py"]


def test_an_engine_that_may_be_lent_stays() -> None:
    lender = LENDER.replace("with engine.begin() as connection:", "if True:").replace("= connection", "= engine")
    files = app(ENVIRONMENT.format(engine=ENGINES["asked"][0]), settings=SETTINGS, lender=lender)
    assert "alembic-sync" in migrate({**BASE, **files}, ASYNC).codes


EXTENSION = "from sqlalchemy.ext.asyncio import AsyncEngine\n"


def test_an_environment_that_is_async_already() -> None:
    """`AsyncEngine(engine_from_config(...))` is what the template had before SQLAlchemy 1.4.29."""
    engine = "    connectable = AsyncEngine(engine_from_config(config.get_section("
    engine += "'alembic'), future=True))\n    if True:"
    environment = ENVIRONMENT.format(engine=engine).replace("import db\n", "import db\n" + EXTENSION)
    after = migrate({**BASE, **app(environment, settings=SETTINGS)}, ASYNC)
    assert after["migrations/env.py"] == environment
    assert "alembic-sync" not in after.codes


def test_migrations_that_the_app_runs_where_a_loop_runs(tmp_path: Path) -> None:
    """`asyncio.run` refuses there."""
    after = prove(tmp_path, {**app(GENERIC), "main.py": STARTED}, [("GET", "/notes")], config=ASYNC)
    assert "run_to_end(run_async_migrations())" in after["migrations/env.py"]


def test_a_function_that_is_there_already(tmp_path: Path) -> None:
    environment = """\
from alembic import context
from models import Base

from db import engine


def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


with engine.connect() as connection:
    do_run_migrations(connection)
"""
    after = prove(tmp_path, app(environment), REQUESTS, [UPGRADE, LEFT, DOWNGRADE, LEFT], config=ASYNC)
    assert "run_sync(do_run_migrations)" in after["migrations/env.py"]
    assert after["migrations/env.py"].count("def do_run_migrations") == 1
