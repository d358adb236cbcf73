"""Tables created at import move only when nobody needs them before the application starts."""

from __future__ import annotations

import pytest

from tests.lifespan.cases import convert

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(bind=engine)

class Base(DeclarativeBase):
    pass

def get_db():
    with SessionLocal() as db:
        yield db
"""

MAIN = """
from fastapi import Depends, FastAPI
from sqlalchemy import text
from database import Base, SessionLocal, engine, get_db

Base.metadata.create_all(bind=engine)

app = FastAPI()

@app.get("/")
def root(db=Depends(get_db)):
    db.execute(text("select 1"))
"""

OWN_TABLES = """
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from database import Base, get_db
from main import app

engine = create_engine("sqlite://")
TestingSession = sessionmaker(bind=engine)
Base.metadata.create_all(bind=engine)

def override():
    with TestingSession() as db:
        yield db

app.dependency_overrides[get_db] = override
client = TestClient(app)
"""


def moved(extra: dict[str, str], main: str = MAIN) -> tuple[bool, str]:
    """Whether the tables moved to the lifespan; and what was reported."""
    files, findings = convert({"main.py": main, "database.py": DATABASE, **extra})
    tree = files["main.py"]
    inside = "    Base.metadata.create_all(bind=engine)\n" in tree
    at_import = "\nBase.metadata.create_all(bind=engine)\n" in tree
    assert inside != at_import
    return inside, " ".join(message for _, message in findings)


CREATING = """
from main import Base, engine

def test_connection():
    Base.metadata.create_all(engine)
    engine.connect()
"""

BARE = "from fastapi.testclient import TestClient\nfrom main import app\nclient = TestClient(app)\n"


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"test_main.py": OWN_TABLES},
        {"test_main.py": CREATING},
        {"serve.py": "import uvicorn\nfrom main import app\nuvicorn.run(app)\n"},
        {"test_main.py": BARE.replace("client = TestClient(app)", "with TestClient(app) as client:\n    pass")},
    ],
    ids=["alone", "own tables", "created by tests", "server", "client with lifespan"],
)
def test_nobody_needs_the_tables_before(extra: dict[str, str]) -> None:
    inside, said = moved(extra)
    assert inside
    assert not said


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (
            {"fill.py": "from main import SessionLocal, text\nSessionLocal().execute(text('x'))\n"},
            "fill.py uses the tables without running the application",
        ),
        (
            {"aws.py": "from mangum import Mangum\nfrom main import app\nhandler = Mangum(app, lifespan='off')\n"},
            "aws.py:3 runs the application without its lifespan",
        ),
        ({"test_main.py": BARE + "client.get('/')\n"}, "line 4 uses the tables at import, too"),
        ({"test_main.py": BARE, "tests/more.py": "import test_main\n"}, "tests/more.py imports this file"),
        ({"test_main.py": BARE + "def setup_module():\n    client.get('/')\n"}, "setup_module may run before"),
    ],
    ids=["script", "lifespan off", "request at import", "imported test", "module setup"],
)
def test_who_needs_the_tables_at_import(extra: dict[str, str], why: str) -> None:
    inside, said = moved(extra)
    assert not inside
    assert why in said


@pytest.mark.parametrize(
    ("path", "scope"), [("test_main.py", "module"), ("conftest.py", "session")], ids=["file", "conftest"]
)
def test_clients_without_lifespan_get_a_fixture_that_runs_once(path: str, scope: str) -> None:
    more = {} if path == "test_main.py" else {"test_main.py": "def test_docs():\n    assert True\n"}
    files, findings = convert({"main.py": MAIN, "database.py": DATABASE, path: BARE, **more})
    assert not findings
    assert "def create_tables():\n    Base.metadata.create_all(bind=engine)\n" in files["main.py"]
    assert "    create_tables()\n    yield\n" in files["main.py"]
    call = "    from main import create_tables\n\n    create_tables()\n"
    assert f'@pytest.fixture(scope="{scope}", autouse=True)\ndef tables():\n{call}' in files[path]


@pytest.mark.parametrize(
    "use",
    [
        "\n@app.post('/')\ndef add():\n    with SessionLocal() as db:\n        db.execute(text('x'))\n",
        "\nshared = SessionLocal()\n",
    ],
    ids=["in a route", "for all routes"],
)
def test_session_that_the_tests_do_not_replace(use: str) -> None:
    files, _ = convert({"main.py": MAIN + use, "database.py": DATABASE, "test_main.py": OWN_TABLES})
    assert "    create_tables()\n    yield\n" in files["main.py"]
    assert '@pytest.fixture(scope="module", autouse=True)\ndef tables()' in files["test_main.py"]


def test_sessions_of_startup_handlers_come_after_the_tables() -> None:
    seed = "\n@app.on_event('startup')\ndef seed():\n    with SessionLocal() as db:\n        db.execute(text('x'))\n"
    files, findings = convert({"main.py": MAIN + seed, "database.py": DATABASE, "test_main.py": OWN_TABLES})
    assert not findings
    assert "    Base.metadata.create_all(bind=engine)\n    seed()\n    yield\n" in files["main.py"]


def test_rows_added_at_import_keep_the_tables_there() -> None:
    seed = "\nwith SessionLocal() as db:\n    db.execute(text('x'))\n"
    inside, said = moved({}, MAIN + seed)
    assert not inside and "main.py:14 uses the database at import, too" in said


def test_beside_handlers_that_stay_the_tables_get_the_first_handler() -> None:
    loop = "\nfor handler in (print,):\n    app.router.add_event_handler('startup', handler)\n"
    files, findings = convert({"main.py": MAIN + loop, "database.py": DATABASE})
    assert [code for code, _ in findings] == ["lifespan-elsewhere"]
    assert "def create_tables():\n    Base.metadata.create_all(bind=engine)\n" in files["main.py"]
    added = 'app = FastAPI()\napp.router.add_event_handler("startup", create_tables)\n'
    assert added in files["main.py"]


@pytest.mark.parametrize(
    "main",
    [
        MAIN.replace("FastAPI()", "FastAPI(on_startup=list((print,)))"),
        MAIN.replace("Base.metadata.create_all(bind=engine)\n", "")
        + "\nfor handler in (print,):\n    app.router.add_event_handler('startup', handler)\n"
        + "\nBase.metadata.create_all(bind=engine)\n",
    ],
    ids=["of the constructor", "before the statement"],
)
def test_handlers_that_would_run_before_the_tables(main: str) -> None:
    files, findings = convert({"main.py": main, "database.py": DATABASE})
    assert files["main.py"] == main
    assert "its application gets no lifespan" in findings[-1][1]


def test_function_that_only_creates_tables_is_called_later() -> None:
    main = MAIN.replace(
        "Base.metadata.create_all(bind=engine)", "def init_db():\n    Base.metadata.create_all(engine)\n\ninit_db()"
    )
    files, findings = convert({"main.py": main, "database.py": DATABASE})
    assert not findings
    assert "    init_db()\n    yield\n" in files["main.py"] and "\ninit_db()" not in files["main.py"]


def test_function_that_does_more_stays() -> None:
    more = "def init_db():\n    Base.metadata.create_all(engine)\n    print('ready')\n\ninit_db()"
    main = MAIN.replace("Base.metadata.create_all(bind=engine)", more)
    files, _ = convert({"main.py": main, "database.py": DATABASE})
    assert files["main.py"] == main


def test_what_is_imported_twice_is_still_the_same() -> None:
    again = "from database import get_db, engine\n"
    assert moved({}, again + MAIN + again)[0]
    assert not moved({}, MAIN + "from sqlalchemy import text as engine\n")[0]


def test_conditional_creation_moves_whole() -> None:
    main = MAIN.replace(
        "Base.metadata.create_all(bind=engine)",
        "if engine.url.drivername == 'sqlite':\n    # once\n    Base.metadata.create_all(engine)",
    )
    files, _ = convert({"main.py": main, "database.py": DATABASE})
    assert "    if engine.url.drivername == 'sqlite':\n        # once\n        Base.metadata" in files["main.py"]


def test_two_applications_share_no_lifespan() -> None:
    other = "from fastapi import FastAPI\nimport main\nadmin = FastAPI()\n"
    inside, said = moved({"admin.py": other})
    assert not inside and "several applications import it" in said


def test_dropping_and_creating_keep_their_order() -> None:
    both = "Base.metadata.drop_all(bind=engine)\nBase.metadata.create_all(bind=engine)"
    main = MAIN.replace("Base.metadata.create_all(bind=engine)", both)
    files, _ = convert({"main.py": main, "database.py": DATABASE})
    lines = "    Base.metadata.drop_all(bind=engine)\n    Base.metadata.create_all(bind=engine)\n    yield\n"
    assert lines in files["main.py"]


def test_several_statements_of_another_module_become_one_function() -> None:
    lines = "\nBase.metadata.drop_all(engine)\nready = False\nBase.metadata.create_all(engine)\n"
    main = "from fastapi import FastAPI\nfrom database import engine\napp = FastAPI()\n"
    files, findings = convert({"main.py": main, "database.py": DATABASE + lines})
    assert not findings
    function = "def create_tables():\n    Base.metadata.drop_all(engine)\n    Base.metadata.create_all(engine)\n"
    assert files["database.py"].endswith(f"ready = False\n\n\n{function}")
    assert "from database import create_tables, engine\n" in files["main.py"]
    assert "    create_tables()\n    yield\n" in files["main.py"]
