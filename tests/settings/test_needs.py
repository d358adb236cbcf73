"""What the code of a repository needs."""

from __future__ import annotations

from asyncify.analysis.manifests import read_dependencies
from asyncify.transforms.settings.choice import project_choice
from asyncify.transforms.settings.needs import Needs, is_env_file, is_test_path, needs_of
from asyncify.transforms.settings.url_helper import runtime_helper

ENGINE = "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine({})\n"


def needs(**files: str) -> Needs:
    data = {path: text.encode() for path, text in files.items()}
    project = read_dependencies(data)
    return needs_of(data, project.listed, project_choice(project))


def test_a_sync_program_needs_nothing() -> None:
    assert needs(**{"app.py": 'create_engine("postgresql://h/db")\n'}) == Needs()


def test_the_driver_of_a_literal() -> None:
    assert needs(**{"app.py": ENGINE.format('"sqlite+aiosqlite://"')}).drivers == ("sqlite+aiosqlite",)


def test_a_driver_that_only_tests_name() -> None:
    found = needs(
        **{
            "app/db.py": ENGINE.format('"postgresql+asyncpg://h/db"'),
            "tests/conftest.py": 'create_async_engine("sqlite+aiosqlite://")\n',
            "app/__init__.py": "",
        }
    )
    assert found.drivers == ("postgresql+asyncpg",)
    assert found.test_drivers == ("sqlite+aiosqlite",)


def test_a_url_in_an_environment_file_is_meant_in_its_async_form() -> None:
    found = needs(**{"app.py": ENGINE.format("URL"), ".env": "URL=postgresql://h/db\n"})
    assert found.drivers == ("postgresql+psycopg",)


def test_the_project_s_driver_is_kept() -> None:
    files = {"app.py": ENGINE.format("URL"), ".env": "URL=postgresql://h/db\n", "requirements.txt": "asyncpg\n"}
    assert needs(**files).drivers == ("postgresql+asyncpg",)


def test_the_sync_url_of_alembic_asks_for_no_second_driver() -> None:
    found = needs(
        **{
            "app.py": ENGINE.format('"postgresql+asyncpg://h/db"'),
            "alembic.ini": "sqlalchemy.url = postgresql://h/db\n# driver://user:pass@localhost/dbname\n",
        }
    )
    assert found.drivers == ("postgresql+asyncpg",)


def test_the_drivers_of_the_generated_function() -> None:
    source = runtime_helper(
        ["sqlite", "postgresql"], {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
    )
    found = needs(**{"app.py": source + ENGINE.format("async_database_url(URL)")})
    assert found.drivers == ("postgresql+asyncpg", "sqlite+aiosqlite")


def test_a_row_for_what_no_file_names_is_no_need() -> None:
    found = needs(**{"app.py": runtime_helper(["postgresql"]) + ENGINE.format("async_database_url(URL)")})
    assert found.drivers == ("postgresql+psycopg",)


def test_a_backend_without_async_driver() -> None:
    files = {
        "app.py": ENGINE.format("URL"),
        ".env": "URL=mssql+pyodbc://h/db\n",
        "requirements.txt": "sqlalchemy==1.4.46\npyodbc\n",
    }
    assert needs(**files).missing == ("mssql",)


def test_a_url_of_a_driver_that_is_not_listed_or_in_a_comment_is_no_need() -> None:
    files = {
        "app.py": ENGINE.format('"sqlite+aiosqlite://"'),
        ".env": "URL=postgresql://h/db\n# mysql+aiomysql://h\n",
        "requirements.txt": "sqlalchemy\n",
    }
    assert needs(**files).drivers == ("sqlite+aiosqlite",)


def test_the_plugin_of_the_tests() -> None:
    app = {"app.py": ENGINE.format("URL")}
    assert needs(**app, **{"tests/test_a.py": "import pytest_asyncio\n"}).pytest_asyncio
    assert needs(**app, **{"test_a.py": "@pytest.mark.asyncio\nasync def test(): ...\n"}).pytest_asyncio
    assert needs(**app, **{"pytest.ini": "[pytest]\nasyncio_mode = auto\n"}).pytest_asyncio
    assert not needs(**app, **{"tests/test_a.py": "pytestmark = pytest.mark.anyio\n"}).pytest_asyncio
    assert not needs(**app, **{"app/util.py": "import pytest_asyncio\n"}).pytest_asyncio


def test_the_client_of_the_tests() -> None:
    app = {"app.py": ENGINE.format("URL")}
    assert needs(**app, **{"tests/a.py": "from httpx import ASGITransport, AsyncClient\n"}).http_client == "httpx"
    assert needs(**app, **{"tests/a.py": "import httpx2\nhttpx2.AsyncClient()\n"}).http_client == "httpx2"
    assert needs(**app, **{"app/a.py": "from httpx import AsyncClient\n"}).http_client == ""
    assert needs(**app, **{"tests/a.py": "from httpx import Client\n"}).http_client == ""


def test_paths() -> None:
    assert all(map(is_test_path, ["conftest.py", "a/test_x.py", "a/x_test.py", "tests/helpers.py"]))
    assert not any(map(is_test_path, ["contest.py", "app/testing.py", "latest/x.py"]))
    assert all(map(is_env_file, [".env", ".env.example", "deploy/prod.env"]))
    assert not any(map(is_env_file, ["env.py", ".envrc", "environment.yml"]))


def test_names_that_came_with_sqlalchemy_2() -> None:
    assert needs(**{"db.py": "create_async_engine(url)\nasync_sessionmaker(engine)\n"}).sqlalchemy == "2.0"
    text = "create_async_engine(url)\nasync_sessionmaker(engine)\nclass Base(AsyncAttrs, Declarative):\n    pass\n"
    assert needs(**{"db.py": text}).sqlalchemy == "2.0.13"
    assert not needs(**{"db.py": "create_async_engine(url)\nsessionmaker(engine, class_=AsyncSession)\n"}).sqlalchemy


def test_cases_and_calls_that_run_loops_of_their_own() -> None:
    app = {"app.py": ENGINE.format('"sqlite+aiosqlite://"')}
    case = "from unittest import IsolatedAsyncioTestCase\n\n\nclass CaseTest(IsolatedAsyncioTestCase):\n    pass\n"
    assert needs(**app, **{"test_case.py": case}).own_loops
    assert needs(**app, **{"test_run.py": "import asyncio\n\nasyncio.run(main())\n"}).own_loops
    assert not needs(**app, **{"case.py": case, "test_app.py": "async def test_it():\n    pass\n"}).own_loops
