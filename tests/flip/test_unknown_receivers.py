"""Calls on what looks like a session and is not known are listed, each true; lookalikes and known ones are not."""

from __future__ import annotations

import pytest

from asyncify.analysis.config import Config

from .harness import BASE, Migrated, migrate
from .test_lookalikes import HEAD


def listed(done: Migrated, text: str) -> list[str]:
    """The lines of `main.py` that are listed as unknown, from the text that the step saw."""
    lines = text.splitlines()
    found = [f for f in done.findings if f.code == "unknown-receiver" and f.path == "main.py" and f.span]
    return [lines[f.span.line - 1].strip() for f in found if f.span]


def report(code: str, config: Config | None = None, **files: str) -> list[str]:
    app = f"{HEAD}\n\n{code}"
    return listed(migrate({**BASE, "main.py": app, **files}, config), app)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("def f(db):\n    db.commit()\n", ["db.commit()"]),
        (
            "def f(kwargs):\n    db = kwargs.get('db')\n    return db.get(User, 1), db.get('a', 1), db.delete(1)\n",
            ["return db.get(User, 1), db.get('a', 1), db.delete(1)"] * 3,
        ),
        ("def f(db):\n    return db.get('a', 1)\n", []),
        ("def f(self):\n    self.read_session.execute('x')\n", ["self.read_session.execute('x')"]),
        ("def f(request):\n    request.state.db.rollback()\n", ["request.state.db.rollback()"]),
        (
            "import acme\n\n\ndef f():\n    session = acme.open_session()\n    session.flush()\n    session.close()\n",
            ["session.flush()", "session.close()"],
        ),
        ("from acme.db import Session as Own\n\n\ndef f(x: Own):\n    return x.get(1)\n", ["return x.get(1)"]),
        ("from acme import SessionDep\n\n\ndef f(x: SessionDep):\n    x.commit()\n", ["x.commit()"]),
        ("from acme import db\n\n\ndef f():\n    return db.session.query(User)\n", ["return db.session.query(User)"]),
    ],
)
def test_what_looks_like_a_session(code: str, lines: list[str]) -> None:
    """By its name, by the name of its class, or as an object of a library that cannot be seen."""
    assert report(code) == lines


@pytest.mark.parametrize(
    "code",
    [
        "def f(db: dict):\n    return db.get('a')\n",
        "def f(db):\n    return db.get('a')\n",
        "def f(conn):\n    conn.close()\n",
        "def f(connection):\n    cursor = connection.cursor()\n    cursor.execute('x')\n",
        "import redis\n\n\ndef f():\n    with redis.Redis().pipeline() as db:\n        db.execute()\n",
        "import requests\n\n\ndef f():\n    session = requests.Session()\n    session.get('x')\n    session.close()\n",
        "import requests\n\n\ndef f(session: requests.Session):\n    session.get('x')\n    session.delete('x')\n",
        "import boto3\n\n\ndef f():\n    session = boto3.Session()\n    return session.client('s3').get('x')\n",
        "import sqlite3\n\n\ndef f():\n    conn = sqlite3.connect('x')\n    conn.execute('y')\n    conn.commit()\n",
        "import psycopg2\n\n\ndef f():\n    conn = psycopg2.connect('x')\n    conn.execute('y')\n    conn.commit()\n",
        "import git\n\n\ndef f():\n    db = git.Repo('.')\n    db.index.commit('x')\n",
        "import acme\n\n\ndef f():\n    http_session = acme.client()\n    return http_session.get('x')\n",
        "class Db:\n    def commit(self):\n        return 1\n\n\ndef f(db: Db):\n    db.commit()\n",
        "def f(db: Session):\n    db.commit()\n",
        "async def f(db):\n    await db.commit()\n",
        "def f(self):\n    self.dashboard.execute()\n",
    ],
)
def test_what_does_not(code: str) -> None:
    """Dicts, clients and connections of other libraries, own classes, and what is known or awaited."""
    assert report(code) == []


def test_a_file_that_has_nothing_to_do_with_the_database() -> None:
    other = "def f(db):\n    db.execute('x')\n    db.commit()\n"
    assert report("", **{"other.py": other}) == []
    done = migrate({**BASE, "main.py": HEAD, "other.py": other})
    assert not done.findings


def test_a_file_that_hands_a_session_on_without_a_word_of_it() -> None:
    users = "from sqlalchemy.orm import Session\n\n\ndef find(db: Session):\n    return db.execute('x')\n"
    tool = "from users import find\n\n\ndef f(source):\n    db = source['db']\n    find(db)\n    db.commit()\n"
    done = migrate({**BASE, "users.py": users, "tool.py": tool})
    assert [(f.path, f.span.line) for f in done.findings if f.code == "unknown-receiver" and f.span] == [("tool.py", 7)]


def test_naming_the_factory_settles_it() -> None:
    code = "import acme\n\n\ndef f():\n    session = acme.open_session()\n    session.flush()\n    session.close()\n"
    assert report(code, Config(session_factories=("acme.open_session",))) == []


def test_kept_code_is_not_listed_call_by_call() -> None:
    assert report("def f(db):  # asyncify: keep-sync\n    db.commit()\n    db.execute('x')\n") == []


CLIENT = """
from weather import connect_to, Token
from acme_orm import open_unit


def forecast(user: User):
    with connect_to("v3") as service:
        request = service.towns().list(region="n")
        while request is not None:
            found = request.execute()
            request = service.towns().list_next(request, found)
            if not found:
                request = None
    {0}


def renew(user: User):
    token = Token.read(user.name)
    token.refresh(1)
    return connect_to("v2").winds().query(body={{}}).execute()


def service():
    return connect_to("v2")


def unit_of(user: User):
    return open_unit() if user.name else connect_to("v2")


def through_helpers(user: User):
    made = service()
    unit_of(user).execute("x")
    return made.towns().get(region=1).execute(), service().towns().execute()


def store(unit, user: User):
    own = open_unit()
    own.execute("x")
    unit.execute("y")
    connect_to("v2").commit()
    connect_to("v2").session.execute("z")
"""


@pytest.mark.parametrize("last", ["return found", "request = user\n    return request.execute()"])
def test_requests_of_a_client_of_another_library(last: str) -> None:
    """Neither its name nor what is called tells of a database; what is told so, or may be anything, is listed."""
    app = HEAD + CLIENT.format(last)
    lines = app.splitlines()
    found = [f for f in migrate({**BASE, "main.py": app}).findings if f.code in ("unresolved-call", "unknown-receiver")]
    listed = [lines[f.span.line - 1].strip() for f in found if f.span]
    sure = ['own.execute("x")', 'unit.execute("y")', 'connect_to("v2").commit()', 'unit_of(user).execute("x")']
    assert {*sure, 'connect_to("v2").session.execute("z")'} <= set(listed)
    assert len(listed) == (5 if last == "return found" else 6)
