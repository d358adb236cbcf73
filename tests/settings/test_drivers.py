"""The table of drivers, and URLs as text."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy.engine import make_url

from asyncify.knowledge.drivers import (
    ASYNC_DRIVERS,
    SYNC_DRIVERS,
    async_driver,
    async_drivername,
    backend_of,
    choose_drivers,
    preference,
    sync_packages,
)
from asyncify.knowledge.urls import async_url_text, is_sync_url, url_change

ASYNCPG = {"postgresql": "postgresql+asyncpg"}


def test_no_drivername_stands_twice() -> None:
    names = [row.drivername for row in (*ASYNC_DRIVERS, *SYNC_DRIVERS)]
    assert len(names) == len(set(names))


def test_arguments_of_a_driver_do_not_overlap() -> None:
    for row in ASYNC_DRIVERS:
        for argument in row.arguments:
            key = argument.name.rstrip("*")
            assert [a for a in row.arguments if a.matches(key)] == [argument]


@pytest.mark.parametrize("row", SYNC_DRIVERS, ids=lambda row: row.drivername)
def test_every_sync_driver_has_an_async_form_of_its_backend(row) -> None:  # type: ignore[no-untyped-def]
    target = async_drivername(row.drivername)
    assert target is not None
    assert backend_of(target) == row.backend
    assert target.partition("+")[0] == row.backend


@pytest.mark.parametrize(
    "row",
    [r for r in ASYNC_DRIVERS if r.package in {"aiosqlite", "asyncpg", "psycopg"}],
    ids=lambda row: row.drivername,
)
def test_sqlalchemy_agrees_that_the_driver_is_async(row) -> None:  # type: ignore[no-untyped-def]
    dialect = make_url(f"{row.drivername}://").get_dialect(_is_async=True)
    assert dialect.is_async
    assert dialect.driver in row.drivername


@pytest.mark.parametrize(
    ("listed", "version", "backend", "expected"),
    [
        ({"psycopg2-binary"}, (2, 0), "postgresql", "postgresql+psycopg"),
        ({"psycopg2-binary"}, None, "postgresql", "postgresql+psycopg"),
        ({"psycopg2"}, (1, 4), "postgresql", "postgresql+asyncpg"),
        ({"psycopg"}, (1, 4), "postgresql", "postgresql+asyncpg"),
        ({"asyncpg"}, (2, 0), "postgresql", "postgresql+asyncpg"),
        ({"psycopg"}, (2, 1), "postgresql", "postgresql+psycopg"),
        ({"psycopg", "asyncpg"}, (2, 0), "postgresql", "postgresql+asyncpg"),
        ({"pymysql"}, (2, 0), "mysql", "mysql+asyncmy"),
        ({"asyncmy"}, (2, 0), "mysql", "mysql+asyncmy"),
        ({"asyncmy"}, (2, 0), "mariadb", "mariadb+asyncmy"),
        (set(), (1, 4), "sqlite", "sqlite+aiosqlite"),
        (set(), (1, 4), "mssql", None),
        (set(), (2, 0, 20), "oracle", None),
        (set(), (2, 0), "oracle", "oracle+oracledb"),
        (set(), (2, 1), "oracle", "oracle+oracledb"),
    ],
)
def test_choice(listed: set[str], version: tuple[int, ...] | None, backend: str, expected: str | None) -> None:
    assert choose_drivers(listed, version).get(backend) == expected


def test_the_users_wish_wins_over_what_is_listed() -> None:
    psycopg = {"postgresql": "postgresql+psycopg"}
    assert choose_drivers({"asyncpg"}, (2, 0), psycopg)["postgresql"] == "postgresql+psycopg"


def test_a_driver_may_be_named_by_its_package() -> None:
    assert preference("asyncpg") == preference("postgresql+asyncpg") == {"postgresql": "postgresql+asyncpg"}
    assert preference("asyncmy") == {"mysql": "mysql+asyncmy", "mariadb": "mariadb+asyncmy"}
    assert preference("") == preference("psycopg2") == {}


def test_only_psycopg_and_oracledb_serve_both() -> None:
    assert {row.package for row in ASYNC_DRIVERS if row.serves_sync} == {"psycopg", "oracledb"}


def test_packages_of_a_backend() -> None:
    assert sync_packages("sqlite") == ()
    assert sync_packages("postgresql") == ("psycopg2", "psycopg2-binary", "psycopg2cffi", "pg8000")


def test_async_and_unknown_names() -> None:
    psycopg = {"postgresql": "postgresql+psycopg"}
    assert async_drivername("postgresql+asyncpg", psycopg) == "postgresql+asyncpg"
    assert async_drivername("redis") is None
    assert async_drivername("sqlite+pysqlcipher") is None
    assert async_drivername("mssql", {"sqlite": "sqlite+aiosqlite"}) is None
    assert async_driver("sqlite") is None


@pytest.mark.parametrize(
    ("url", "preferred", "expected"),
    [
        ("sqlite://", None, "sqlite+aiosqlite://"),
        ("sqlite:///./app.db", None, "sqlite+aiosqlite:///./app.db"),
        ("sqlite+pysqlite:///:memory:", None, "sqlite+aiosqlite:///:memory:"),
        (
            "sqlite:///file:mem?mode=memory&cache=shared&uri=true&check_same_thread=false",
            None,
            "sqlite+aiosqlite:///file:mem?mode=memory&cache=shared&uri=true&check_same_thread=false",
        ),
        ("postgres://u:p@h/db", None, "postgresql+psycopg://u:p@h/db"),
        (
            "postgresql://u:p@h:5432/db?sslmode=require&connect_timeout=5",
            None,
            "postgresql+psycopg://u:p@h:5432/db?sslmode=require&connect_timeout=5",
        ),
        ("postgresql://u:p@h/db?sslmode=require", ASYNCPG, "postgresql+asyncpg://u:p@h/db?ssl=require"),
        (
            "postgresql://u:p%40x?/y@h/db?keepalives=1&sslmode=verify-full&keepalives_idle=30",
            ASYNCPG,
            "postgresql+asyncpg://u:p%40x?/y@h/db?ssl=verify-full",
        ),
        ("postgresql://h/db?keepalives=1", ASYNCPG, "postgresql+asyncpg://h/db"),
        ("postgresql://", ASYNCPG, "postgresql+asyncpg://"),
        (
            "postgresql://{user}:{password}@{host}/db",
            ASYNCPG,
            "postgresql+asyncpg://{user}:{password}@{host}/db",
        ),
        ("mysql+pymysql://r@h/d?charset=utf8mb4", None, "mysql+asyncmy://r@h/d?charset=utf8mb4"),
        ("mariadb://r@h/d", None, "mariadb+asyncmy://r@h/d"),
        (
            "mssql+pyodbc://u:p@h/d?driver=ODBC+Driver+18+for+SQL+Server",
            None,
            "mssql+aioodbc://u:p@h/d?driver=ODBC+Driver+18+for+SQL+Server",
        ),
        ("oracle+cx_oracle://u:p@h/?service_name=x", None, "oracle+oracledb://u:p@h/?service_name=x"),
        # already async, both at once, no database, no driver name that can be known, more than text can tell
        ("postgresql+asyncpg://h/db?ssl=require", None, None),
        ("postgresql+psycopg://h/db?sslmode=require", ASYNCPG, None),
        ("oracle+oracledb://h/db", None, None),
        ("https://example.org/?sslmode=1", None, None),
        ("redis://localhost", None, None),
        ("sqlite", None, None),
        ("{scheme}://h/db", None, None),
        ("", None, None),
        ("mssql+pymssql://u:p@h/d", None, None),
        ("SQLite:///x.db", None, None),
    ],
)
def test_url_text(url: str, preferred: Mapping[str, str] | None, expected: str | None) -> None:
    assert async_url_text(url, preferred) == expected


def test_an_async_url_with_arguments_of_libpq_is_repaired() -> None:
    assert async_url_text("postgresql+asyncpg://h/db?sslmode=require") == "postgresql+asyncpg://h/db?ssl=require"


def test_rewritten_urls_are_stable() -> None:
    for row in SYNC_DRIVERS:
        once = async_url_text(f"{row.drivername}://u:p@h/d?sslmode=x", ASYNCPG)
        if once is not None:
            assert async_url_text(once, ASYNCPG) is None


def test_what_leaves_the_url_is_told_with_what_to_write_instead() -> None:
    change = url_change("postgresql://h/db?connect_timeout=5&application_name=shop&keepalives=1", ASYNCPG)
    assert change is not None
    assert change.text == "postgresql+asyncpg://h/db"
    assert [(a.key, a.value, bool(a.advice)) for a in change.lost] == [
        ("connect_timeout", "5", True),
        ("application_name", "shop", True),
        ("keepalives", "1", False),
    ]
    assert not change.faithful


def test_tuning_of_a_socket_may_go_in_silence() -> None:
    change = url_change("postgresql://h/db?keepalives=1", ASYNCPG)
    assert change is not None and change.faithful


def test_sync_urls_are_told_from_others() -> None:
    assert is_sync_url("postgresql://h/db")
    assert is_sync_url("mssql+pymssql://h/db")
    assert not is_sync_url("postgresql+psycopg://h/db")
    assert not is_sync_url("amqp://h")


@pytest.mark.parametrize("key", ["options", "channel_binding", "sslrootcert", "fallback_application_name"])
def test_asyncpg_arguments_that_carry_a_meaning_come_with_advice(key: str) -> None:
    change = url_change(f"postgresql://h/db?{key}=x", ASYNCPG)
    assert change is not None and [a.key for a in change.lost if a.advice] == [key]


@pytest.mark.parametrize("key", ["target_session_attrs", "command_timeout", "host", "ssl", "passfile"])
def test_asyncpg_arguments_that_it_knows_stay(key: str) -> None:
    assert async_url_text(f"postgresql://h/db?{key}=x", ASYNCPG) == f"postgresql+asyncpg://h/db?{key}=x"


@pytest.mark.parametrize("row", ASYNC_DRIVERS, ids=lambda row: row.drivername)
def test_every_row_of_arguments_has_an_effect(row) -> None:  # type: ignore[no-untyped-def]
    for argument in row.arguments:
        key = argument.name.replace("*", "x")
        change = url_change(f"{row.backend}://h/db?{key}=v&a=b", {row.backend: row.drivername})
        assert change is not None and f"{key}=" not in change.text and "a=b" in change.text
