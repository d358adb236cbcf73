"""What apps do with engines and for them, far from where they are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import DB, MODELS, migrate, prove

APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User)]
"""
MADE = 'create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})'
REQUESTS = [("GET", "/users")]
#: the context of an environment: it counts what the connection sees
CONTEXT = """\
from sqlalchemy import inspect


def configure(connection):
    print(len(inspect(connection).get_table_names()))
"""
ALEMBIC = {"alembic/__init__.py": "", "alembic/context.py": CONTEXT}


def db(text: str, imports: str = "") -> str:
    return imports + DB.replace(f"engine = {MADE}", text)


@pytest.mark.parametrize(
    "text",
    [
        'options = {"poolclass": QueuePool, "pool_size": 3}\nengine = create_engine("sqlite:///./app.db", **options)',
        'options = dict(poolclass=pool.QueuePool)\nengine = create_engine("sqlite:///./app.db", **options)',
        'options = {}\noptions["poolclass"] = QueuePool\nengine = create_engine("sqlite:///./app.db", **options)',
        'engine = create_engine("sqlite:///./app.db", poolclass=QueuePool if __debug__ else NullPool)',
        'engine = create_engine("sqlite:///./app.db", poolclass=QueuePool)\nassert isinstance(engine.pool, QueuePool)',
    ],
)
def test_a_pool_class_that_is_named_elsewhere(text: str, tmp_path: Path) -> None:
    imports = "from sqlalchemy import pool\nfrom sqlalchemy.pool import NullPool, QueuePool\n"
    prove(tmp_path, {"main.py": APP, "db.py": db(text, imports)}, REQUESTS)


CONFIGURED = """\
CONFIG = {"db.url": "sqlite:///./app.db", "db.pool_size": "3"}
engine = engine_from_config(CONFIG, "db.")"""


def test_an_engine_from_a_configuration(tmp_path: Path) -> None:
    app = {"main.py": APP, "db.py": db(CONFIGURED, "from sqlalchemy import engine_from_config\n")}
    prove(tmp_path, app, REQUESTS)


def test_a_configuration_that_is_not_followed() -> None:
    text = 'engine = engine_from_config(read("app.ini"), "db.")'
    imports = "from sqlalchemy import engine_from_config\nfrom settings import read\n"
    settings = "def read(name):\n    return {}\n"
    found = migrate({"main.py": APP, "models.py": MODELS, "db.py": db(text, imports), "settings.py": settings})
    assert "engine-url" in found.codes


TABLES = """\
from sqlalchemy import create_engine, inspect


def has_table(url, name):
    return inspect(create_engine(url)).has_table(name)
"""


def test_the_url_of_an_engine_that_a_library_is_given(tmp_path: Path) -> None:
    app = "import tables\n" + APP.replace("import get_db\n", "import engine, get_db\n")
    app += """

@app.get("/tables")
def tables_there():
    return [tables.has_table(engine.url, "users"), engine.url.database, engine.url.get_backend_name(), str(engine.url)]
"""
    prove(tmp_path, {"main.py": app}, [*REQUESTS, ("GET", "/tables")], installed={"tables.py": TABLES})


MAKERS = f"""\
@lru_cache
def get_engine():
    return {MADE}


engine = get_engine()
"""
OBJECT = f"""\
class Database:
    def __init__(self):
        self.engine = {MADE}


database = Database()
engine = database.engine
"""


@pytest.mark.parametrize(
    ("made", "given", "name"), [(MAKERS, "get_engine()", "get_engine"), (OBJECT, "database.engine", "database")]
)
def test_the_environment_of_alembic_gets_a_sync_engine(made: str, given: str, name: str, tmp_path: Path) -> None:
    environment = f"""\
from alembic import context

from db import {name}

with {given}.connect() as connection:
    context.configure(connection)
"""
    app = {"main.py": APP, "db.py": db(made, "from functools import lru_cache\n"), "env.py": environment}
    after = prove(tmp_path, app, REQUESTS, [["env.py"]], installed=ALEMBIC)
    assert f"with sync_engine_of({given}).connect() as connection:" in after["env.py"]


@pytest.mark.parametrize(
    ("packages", "drivername"),
    [("psycopg2\nasyncpg", "engine.url.get_backend_name()"), ("pymysql", '{"mysql": "mysql+pymysql", ')],
)
def test_the_driver_of_that_engine_is_one_that_is_installed(packages: str, drivername: str) -> None:
    environment = "from alembic import context\nfrom db import get_engine\ncontext.configure(get_engine().connect())\n"
    files = {"main.py": APP, "models.py": MODELS, "db.py": db(MAKERS, "from functools import lru_cache\n")}
    after = migrate({**files, "env.py": environment, "requirements.txt": f"fastapi\nsqlalchemy\n{packages}\n"})
    assert f"drivername={drivername}" in after["env.py"]


#: two libraries that listen to what an engine sends
INSTRUMENTOR = """\
from sqlalchemy import event

COUNTED = []


def listen(engine):
    @event.listens_for(engine, "before_cursor_execute")
    def count(connection, cursor, statement, parameters, context, executemany):
        COUNTED.append(statement.split()[0])


class SQLAlchemyInstrumentor:
    def instrument(self, engine=None, engines=(), **options):
        for one in [*engines, *([engine] if engine is not None else [])]:
            listen(one)
"""
TAP = "from opentelemetry.instrumentation.sqlalchemy import listen as start\n"
OPENTELEMETRY = {
    "opentelemetry/__init__.py": "",
    "opentelemetry/instrumentation/__init__.py": "",
    "opentelemetry/instrumentation/sqlalchemy/__init__.py": INSTRUMENTOR,
    "sqltap.py": TAP,
}


@pytest.mark.parametrize(
    "text",
    [
        "SQLAlchemyInstrumentor().instrument(engine=engine)",
        "tracing = SQLAlchemyInstrumentor()\ntracing.instrument(engines=[engine], skip=True)",
        "sqltap.start(engine)",
    ],
)
def test_a_library_that_listens_to_the_engine(text: str, tmp_path: Path) -> None:
    imports = "import sqltap\nfrom opentelemetry.instrumentation.sqlalchemy import COUNTED, SQLAlchemyInstrumentor\n"
    app = APP + '\n\n@app.get("/count")\ndef count():\n    return COUNTED.count("SELECT")\n'
    app = app.replace("from db import", "from db import COUNTED,")
    files = {"main.py": app, "db.py": db(f"engine = {MADE}\n{text}", imports)}
    after = prove(tmp_path, files, [*REQUESTS, ("GET", "/count")], installed=OPENTELEMETRY)
    assert "engine.sync_engine" in after["db.py"]


ARCHIVE = """\
from sqlalchemy import create_engine
from sqlalchemy.dialects import registry

registry.register("shelf", "sqlalchemy.dialects.sqlite.pysqlite", "SQLiteDialect_pysqlite")
NAME = "other"
URL = "shelf:///./{name}.db"

"""


@pytest.mark.parametrize(
    "url", ['"shelf:///./other.db"', 'f"shelf:///./{NAME}.db"', "URL.format(name=NAME)", '"shelf:///./" + NAME + ".db"']
)
def test_an_engine_for_which_there_is_no_async_driver(url: str, tmp_path: Path) -> None:
    app = """\
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from archive import archive
from db import get_db
from models import User

app = FastAPI()


@app.get("/both")
def both(db: Session = Depends(get_db)):
    with archive.connect() as connection:
        seven = connection.execute(text("select 7")).scalar()
    return [seven, [user.name for user in db.query(User)]]


@app.get("/archived")
def archived():
    with archive.connect() as connection:
        return [list(row) for row in connection.execute(text("select 1, 2")).all()]
"""
    files = {"main.py": app, "archive.py": f"{ARCHIVE}archive = create_engine({url})  # kept\n"}
    after = prove(tmp_path, files, [("GET", "/both"), ("GET", "/archived")], codes=["engine-url"])
    assert "def archived():" in after["main.py"] and "async def archived" not in after["main.py"]


#: two libraries that keep the engine which they are given
STORE = """\
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select


class SQLAlchemyJobStore:
    def __init__(self, url=None, engine=None, tablename="jobs"):
        self.engine = engine
        self.table = Table(tablename, MetaData(), Column("id", Integer, primary_key=True))
        self.table.create(self.engine, True)

    def add(self):
        with self.engine.begin() as connection:
            connection.execute(insert(self.table))
            return connection.scalar(select(func.count()).select_from(self.table))
"""
KEEPERS = {
    "apscheduler/__init__.py": "",
    "apscheduler/jobstores/__init__.py": "",
    "apscheduler/jobstores/sqlalchemy.py": STORE,
    "casbin_sqlalchemy_adapter/__init__.py": "from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore\n\n\n"
    "class Adapter(SQLAlchemyJobStore):\n"
    '    def __init__(self, engine):\n        super().__init__(engine=engine, tablename="rules")\n',
}


def test_a_library_that_keeps_the_engine_gets_a_sync_one(tmp_path: Path) -> None:
    stores = """\
import casbin_sqlalchemy_adapter
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore

from db import engine

STORES = {"default": SQLAlchemyJobStore(engine=engine), "rules": casbin_sqlalchemy_adapter.Adapter(engine)}
"""
    app = "from stores import STORES\n" + APP
    app += '\n\n@app.get("/stored/{name}")\ndef stored(name: str):\n    return STORES[name].add()\n'
    requests = [*REQUESTS, ("GET", "/stored/default"), ("GET", "/stored/rules"), ("GET", "/stored/default")]
    prove(tmp_path, {"main.py": app, "stores.py": stores}, requests, installed=KEEPERS)
