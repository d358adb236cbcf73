"""Texts that end the transaction of psycopg2 behind its back: the same works with psycopg 3, on a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres import Postgres
from sqlalchemy_versions import VERSIONS, installed

from asyncify.model.edit import Finding
from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

PROGRAM = """\
import json
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

engine = create_engine(json.load(sys.stdin)["url"])


def count():
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM pg_database WHERE datname LIKE 'made_%'")).scalar()


def drop(name):
    with engine.connect() as connection:
        try:
            conn = connection.execution_options(autocommit=False)
            conn.execute(text("ROLLBACK"))
            conn.execute(text(f"DROP DATABASE {name}"))
        except ProgrammingError:
            return "none"
    return "gone"


def make(name):
    connection = engine.connect()
    connection.execute(text(" commit; "))
    connection.execute(text(f"CREATE DATABASE {name}"))
    connection.close()


def main():
    name = "made_" + json.dumps(engine.url.database).strip('"')[-8:]
    before = count()
    said = [drop(name)]
    make(name)
    said += [count() - before, drop(name), count() - before]
    print(json.dumps(said))


if __name__ == "__main__":
    main()
"""
LATE = """\
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://postgres@localhost/app")


def late():
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        connection.execute(text("COMMIT"))  # kept


def begun():
    with engine.begin() as connection:
        connection.execute(text("COMMIT"))  # kept
"""


def migrated(source: str) -> tuple[str, tuple[Finding, ...]]:
    files = {"main.py": source.encode(), "requirements.txt": b"sqlalchemy\npsycopg2-binary\n"}
    run = run_steps(Workspace(Path("/nowhere"), files), stages())
    assert run_steps(run.after, stages()).after.files == run.after.files
    return run.after.files["main.py"].decode(), run.findings


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "1.4"])
def test_what_runs_outside_of_a_transaction(version: str, postgres: Postgres, tmp_path: Path) -> None:
    after, findings = migrated(PROGRAM)
    assert not findings
    assert after.count('await conn.execution_options(isolation_level="AUTOCOMMIT")') == 1
    assert after.count('await connection.execution_options(isolation_level="AUTOCOMMIT")') == 1
    script = tmp_path / "main.py"
    said = []
    for source in (PROGRAM, after):
        script.write_text(source)
        said.append(installed(version).run(script, {"url": postgres.url(postgres.create())}))
    assert said[0] == ["none", 1, "gone", 0]
    assert said[1] == said[0]


def test_what_is_found_too_late() -> None:
    after, findings = migrated(LATE)
    assert after.count('connection.execute(text("COMMIT"))  # kept') == 2
    assert "isolation_level" not in after
    assert [f.code for f in findings] == ["driver-transaction"] * 2
