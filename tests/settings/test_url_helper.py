"""The generated function is run, not read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

import pytest
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from asyncify.transforms.settings.url_helper import HELPER_IMPORTS, HELPER_NAME, UNNAMED, runtime_helper

ASYNCPG = {"postgresql": "postgresql+asyncpg"}


def helper(backends: Sequence[str], choice: Mapping[str, str] | None = None) -> Callable[[str | URL], URL]:
    imports = "".join(f"from {i.module} import {i.name}\n" for i in HELPER_IMPORTS)
    namespace: dict[str, Callable[[str | URL], URL]] = {}
    exec(compile(imports + runtime_helper(backends, choice), "helper.py", "exec"), namespace)
    return namespace[HELPER_NAME]


def text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite://", "sqlite+aiosqlite://"),
        ("sqlite:///./app.db?timeout=3", "sqlite+aiosqlite:///./app.db?timeout=3"),
        ("postgres://u:p%40@h:5432/db", "postgresql+psycopg://u:p%40@h:5432/db"),
        ("postgresql://h/db?sslmode=require", "postgresql+psycopg://h/db?sslmode=require"),
        ("postgresql+psycopg2://h/db", "postgresql+psycopg://h/db"),
        ("postgresql+psycopg://h/db", "postgresql+psycopg://h/db"),
        ("postgresql+asyncpg://h/db", "postgresql+asyncpg://h/db"),
        ("mysql+pymysql://h/db", "mysql+pymysql://h/db"),
    ],
)
def test_default_drivers(url: str, expected: str) -> None:
    assert text(helper(["sqlite", "postgresql"])(url)) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:p@h/db?sslmode=require", "postgresql+asyncpg://u:p@h/db?sslmode=require"),
        ("postgresql+asyncpg://h/db?ssl=disable", "postgresql+asyncpg://h/db?ssl=disable"),
        ("postgresql://h/db?connect_timeout=5", "postgresql+asyncpg://h/db?connect_timeout=5"),
        ("postgresql+psycopg://h/db?sslmode=require", "postgresql+psycopg://h/db?sslmode=require"),
    ],
)
def test_arguments_stay_for_the_listener(url: str, expected: str) -> None:
    assert text(helper(["postgresql"], ASYNCPG)(url)) == expected


def test_the_password_survives_and_a_url_object_is_taken() -> None:
    url = make_url("postgresql://u:geheim%2F@h/db")
    assert helper(["postgresql"])(url).password == "geheim/"


def test_an_engine_takes_the_result() -> None:
    engine = create_async_engine(helper(["sqlite"])("sqlite:///:memory:"))
    assert engine.dialect.driver == "aiosqlite"


def test_twice_is_once() -> None:
    convert = helper(["sqlite", "postgresql", "mysql"], {**ASYNCPG, "sqlite": "sqlite+aiosqlite"})
    for url in ("sqlite://", "postgres://h/d?sslmode=require", "mysql://h/d"):
        assert convert(convert(url)) == convert(url)


def test_the_source_is_for_python_3_8_and_ends_with_one_newline() -> None:
    source = runtime_helper(["sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle"], ASYNCPG | {})
    ast.parse(source, feature_version=(3, 8))
    assert source.endswith("url.drivername))\n")
    assert max(map(len, source.splitlines())) <= 110


def test_only_the_backends_of_the_app_are_named() -> None:
    source = runtime_helper(["sqlite"])
    assert "postgres" not in source
    assert "query" not in source
    assert UNNAMED not in source


@pytest.mark.parametrize("backend", ["postgresql", "mysql"])
def test_sqlite_needs_no_package_so_no_file_has_to_name_it(backend: str) -> None:
    assert text(helper([backend])("sqlite:///./app.db")) == "sqlite+aiosqlite:///./app.db"
    assert runtime_helper([backend]).count(UNNAMED) == 1


def test_a_backend_without_async_driver_is_an_error() -> None:
    with pytest.raises(ValueError, match="mssql"):
        runtime_helper(["mssql"], {"sqlite": "sqlite+aiosqlite"})


def test_a_url_that_needs_more_than_another_name_is_not_touched() -> None:
    assert "pymssql" not in runtime_helper(["mssql"])
