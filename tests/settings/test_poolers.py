"""Connections through a pooler."""

from __future__ import annotations

import pytest

from asyncify.transforms.settings.needs import Needs
from asyncify.transforms.settings.poolers import pooled

PSYCOPG = Needs(True, ("postgresql+psycopg",))


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("docker-compose.yml", "services:\n  pgbouncer:\n    image: edoburu/pgbouncer\n", 2),
        (".env", "# pgbouncer\nURL=postgresql://u:p@aws-0-eu.pooler.supabase.com:6543/postgres\n", 2),
        (".env.prod", "A=1\nDATABASE_URL=postgresql://u:p@ep-a-pooler.eu.aws.neon.tech/db\n", 2),
        ("app/config.py", 'URL = "postgresql://u:p@db:6432/shop"\n', 1),
    ],
)
def test_what_names_one(path: str, text: str, line: int) -> None:
    (finding,) = pooled({path: text.encode(), "z.yml": text.encode()}, PSYCOPG)
    assert (finding.code, finding.place) == ("settings-pooler", f"{path}:{line}")
    assert "prepare_threshold" in finding.advice


def test_each_driver_has_its_own_words() -> None:
    (finding,) = pooled({".env": b"HOST=pgbouncer\n"}, Needs(True, ("postgresql+asyncpg", "sqlite+aiosqlite")))
    assert "statement_cache_size" in finding.advice
    assert '"prepared_statement_name_func": str' in finding.advice  # two processes share names before asyncpg 0.31


@pytest.mark.parametrize(
    ("files", "needs"),
    [
        ({"compose.yml": b"HOST: pgbouncer\n", "db.py": b'{"prepare_threshold": None}\n'}, PSYCOPG),
        ({"compose.yml": b"HOST: pgbouncer\n", "db.py": b"cursor_factory = AsyncClientCursor\n"}, PSYCOPG),
        ({"compose.yml": b"HOST: pgbouncer\n"}, Needs(True, ("sqlite+aiosqlite",))),
        ({"compose.yml": b"HOST: db  # not pgbouncer\n", "notes.txt": b"pgbouncer\n"}, PSYCOPG),
        ({".env": b"URL=postgresql://u@db:5432/carpooler\n"}, PSYCOPG),
    ],
)
def test_nothing_to_tell(files: dict[str, bytes], needs: Needs) -> None:
    assert not list(pooled(files, needs))
