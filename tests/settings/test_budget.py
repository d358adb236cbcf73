"""How many connections a migrated program may open: told in the summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.model.plan import RunResult, Workspace
from asyncify.pipeline import run_steps, stages
from asyncify.report.budget import budget_lines

APP = """\
import os

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool, QueuePool

from settings import SIZE

engine = create_engine(os.environ["URL"]@more@)
Session = sessionmaker(engine)


def page():
    with Session() as session:
        return session.scalar("SELECT 1")
"""
TASK = """\
from celery import shared_task

from db import Session


@shared_task
def clean():
    with Session() as session:
        session.execute("DELETE FROM carts")
        session.commit()
"""


def run(more: str = "", **files: str) -> RunResult:
    texts = {
        "db.py": APP.replace("@more@", more),
        "settings.py": "SIZE = 3\n",
        "requirements.txt": "sqlalchemy\npsycopg2\n",
        **{name.replace("__", "."): text for name, text in files.items()},
    }
    return run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in texts.items()}), stages())


def told(more: str = "", **files: str) -> list[str]:
    budget = run(more, **files).budget
    return list(budget_lines(budget)) if budget else []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", "holds at most 15 (pool_size 5, max_overflow 10)"),
        (", poolclass=QueuePool, pool_size=20, max_overflow=0", "holds at most 20 (pool_size 20, max_overflow 0)"),
        (", max_overflow=-1", "has pool_size 5, max_overflow -1"),
        (", pool_size=SIZE", "has pool_size set by `SIZE`, max_overflow 10"),
        (", poolclass=NullPool", "opens connections as NullPool does"),
    ],
)
def test_an_engine(more: str, expected: str) -> None:
    assert told(more) == [f"Connections: db.py:9 {expected}."]


def test_a_sync_engine_beside_it_has_as_many() -> None:
    assert told(tasks__py=TASK, Dockerfile="CMD gunicorn -k uvicorn.workers.UvicornWorker -w 4 main:app\n") == [
        "Connections: db.py:9 holds at most 15 (pool_size 5, max_overflow 10), and sync_engine beside it as many.",
        "Connections: each of 4 workers (Dockerfile:1) has its own, 120 in all.",
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Procfile", "web: uvicorn main:app --workers 3\n", "3 workers (Procfile:1) has its own, 45 in all"),
        ("Dockerfile", 'FROM x\nCMD ["uvicorn", "main:app", "--workers", "2"]\n', "2 workers (Dockerfile:2)"),
        ("compose__yml", "environment:\n  WEB_CONCURRENCY: 6\n", "6 workers (compose.yml:2)"),
        (
            "gunicorn_conf__py",
            "bind = ':80'\nworkers = cpu_count() * 2\n",
            "cpu_count() * 2 workers (gunicorn_conf.py:2)",
        ),
        ("run__py", "import uvicorn\nuvicorn.run('main:app', workers=2)\n", "2 workers (run.py:2)"),
    ],
)
def test_workers(name: str, text: str, expected: str) -> None:
    first, second = told(**{name: text})
    assert "at most 15" in first and expected in second


@pytest.mark.parametrize("text", ["# uvicorn main:app --workers 3\n", "uvicorn main:app\n", "celery worker -w 3\n"])
def test_what_starts_no_workers(text: str) -> None:
    assert len(told(Procfile=text)) == 1


def test_a_database_in_a_file_has_no_limit() -> None:
    files = {"db.py": APP.replace('os.environ["URL"]', '"sqlite:///a.db"').replace("@more@", "").encode()}
    assert run_steps(Workspace(Path("/nowhere"), files), stages()).budget is None


def test_a_program_without_engines_has_none() -> None:
    files = {"main.py": b"def f():\n    return 1\n"}
    assert run_steps(Workspace(Path("/nowhere"), files), stages()).budget is None


@pytest.mark.parametrize(
    ("more", "version", "expected"),
    [
        (", max_overflow=0", "==2.0.20", ", max_overflow=0, poolclass=AsyncAdaptedQueuePool)"),
        (", poolclass=QueuePool, pool_size=3", "==2.0.20", ", poolclass=AsyncAdaptedQueuePool, pool_size=3)"),
        (", poolclass=QueuePool", "==2.0.20", ")"),
        (", poolclass=StaticPool, pool_size=3", "==2.0.20", ", poolclass=StaticPool, pool_size=3)"),
        (", pool_size=3", "==2.0.38", ", pool_size=3)"),
        (", pool_size=3", ">=2.0.20", ", pool_size=3)"),
        (", pool_pre_ping=True", "==2.0.20", ", pool_pre_ping=True)"),
    ],
)
def test_a_queue_is_named_where_aiosqlite_has_none_by_itself(more: str, version: str, expected: str) -> None:
    """SQLAlchemy 2.0.37 and aiosqlite: TypeError, `pool_size` is no argument of NullPool."""
    files = {"requirements__txt": f"sqlalchemy{version}\n", "__env": "URL=sqlite:///./app.db\n"}
    after = run(more, **files).after.files["db.py"].decode()
    made = after.partition("async_database_url(os.environ[")[2].partition("\nSession")[0]
    assert "".join(made.split()).replace(",)", ")") == f"\"URL\"]){expected}".replace(" ", "")
    assert ("import AsyncAdaptedQueuePool" in after) == ("AsyncAdapted" in expected)
