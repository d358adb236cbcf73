"""What stays synchronous on purpose is listed once, with its reason."""

from __future__ import annotations

from pathlib import Path

from asyncify.analysis.config import Config
from asyncify.model.plan import KeptSync, Workspace
from asyncify.pipeline import run_steps, stages

FILES = {
    "alembic/env.py": """\
from alembic import context
from sqlalchemy import engine_from_config

with engine_from_config({}).connect() as connection:
    context.configure(connection=connection)
    context.run_migrations()
""",
    "alembic/versions/one.py": "from alembic import op\n\n\ndef upgrade():\n    op.drop_table('x')\n",
    "jobs/a.py": "x = 1\n",
    "app.py": """\
from sqlalchemy.orm import Session


def one(db: Session):  # asyncify: keep-sync (until May)
    return db.get(object, 1)


def two(db: Session):
    return db.get(object, 1)
""",
}


def test_alembic_configuration_and_comments() -> None:
    before = Workspace(Path("/nowhere"), {p: t.encode() for p, t in FILES.items()})
    result = run_steps(before, stages(), Config(keep_sync=("jobs",)))
    assert result.kept == (
        KeptSync("alembic/env.py", 4, "", "Alembic runs it synchronously"),
        KeptSync("app.py", 4, "one", "until May"),
        KeptSync("jobs/a.py", 1, "", "keep-sync of [tool.asyncify] names it"),
    )
    assert result.changed == ("app.py",)
