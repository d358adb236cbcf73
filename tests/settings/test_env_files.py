"""Database URLs in files of environment variables."""

from __future__ import annotations

from asyncify.knowledge.drivers import choose_drivers
from asyncify.transforms.settings.env_files import plan_env_files

ASYNCPG = choose_drivers({"asyncpg"}, (2, 0))
ENV = """\
# DATABASE_URL=postgresql://old/db
export DATABASE_URL="postgresql://u:p#1@db:5432/shop?sslmode=require"  # main
TEST_URL = sqlite:///./test.db
REDIS_URL=redis://cache:6379/0
ASYNC_URL=postgresql+asyncpg://db/shop
EMPTY=
"""


def test_only_the_named_variables_change() -> None:
    (edit,), findings = plan_env_files({".env": ENV.encode(), "app.py": ENV.encode()}, {"DATABASE_URL"}, ASYNCPG)
    changed = [(a, b) for a, b in zip(ENV.splitlines(), edit.after.splitlines(), strict=True) if a != b]
    assert edit.before == ENV
    assert changed == [
        (
            'export DATABASE_URL="postgresql://u:p#1@db:5432/shop?sslmode=require"  # main',
            'export DATABASE_URL="postgresql+asyncpg://u:p#1@db:5432/shop?ssl=require"  # main',
        )
    ]
    assert [(f.code, f.place) for f in findings] == [("settings-url-sync", ".env:3")]


def test_a_second_run_changes_nothing() -> None:
    (edit,), _ = plan_env_files({"dev.env": ENV.encode()}, {"DATABASE_URL", "TEST_URL"}, ASYNCPG)
    assert plan_env_files({"dev.env": edit.after.encode()}, {"DATABASE_URL", "TEST_URL"}, ASYNCPG) == ((), ())


def test_line_ends_and_the_last_line_stay() -> None:
    text = "A=1\r\nURL=postgres://h/db\r\nB='sqlite://'"
    (edit,), _ = plan_env_files({".env.local": text.encode()}, {"URL", "B"}, ASYNCPG)
    assert edit.after == "A=1\r\nURL=postgresql+asyncpg://h/db\r\nB='sqlite+aiosqlite://'"


def test_an_argument_with_a_meaning_is_not_dropped() -> None:
    text = "URL=postgresql://h/db?application_name=shop&keepalives=1\n"
    edits, (finding,) = plan_env_files({".env": text.encode()}, {"URL"}, ASYNCPG)
    assert edits == ()
    assert finding.code == "settings-url-arguments"
    assert "application_name" in finding.message and "server_settings" in finding.advice


def test_a_backend_without_async_driver_is_told() -> None:
    text = "URL=mssql+pymssql://h/db\n"
    edits, (finding,) = plan_env_files({".env": text.encode()}, {"URL"}, ASYNCPG)
    assert edits == () and finding.code == "settings-no-driver"


def test_where_the_finding_stands() -> None:
    _, (finding,) = plan_env_files({".env": b"A=1\nURL='sqlite:///x'\n"}, (), ASYNCPG)
    assert finding.span is not None
    assert (finding.span.line, finding.span.column, finding.span.end_column) == (2, 5, 16)


def test_bytes_that_are_no_text_are_left_alone() -> None:
    assert plan_env_files({".env": b"\xff\xfe"}, {"URL"}, ASYNCPG) == ((), ())
