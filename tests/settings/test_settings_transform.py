"""The whole decision on the files of a repository."""

from __future__ import annotations

import pytest

from asyncify.transforms.base import Decisions, Example
from asyncify.transforms.settings.transform import EXAMPLES, SETTINGS, decide

ENGINE = 'from sqlalchemy.ext.asyncio import create_async_engine\ncreate_async_engine(os.environ["URL"])\n'


def files_of(example: Example, what: str) -> dict[str, str]:
    side = getattr(example, what)
    return dict(side) if not isinstance(side, str) else {"app.py": side}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_examples(example: Example) -> None:
    before = files_of(example, "before")
    after = files_of(example, "after") if example.after is not None else before
    made = decide({path: text.encode() for path, text in before.items()})
    assert {**before, **{e.path: e.after for e in made.text_edits}} == after
    assert tuple(f.code for f in made.findings) == example.findings
    again = decide({path: text.encode() for path, text in after.items()})
    assert again.text_edits == ()


def test_a_realistic_repository() -> None:
    files = {
        "app/db.py": ENGINE,
        ".env.example": "URL=postgresql://u:p@localhost/shop\n",
        "requirements.txt": "fastapi==0.95.0\npsycopg2-binary==2.9.6\nSQLAlchemy==1.4.48\nalembic==1.10\n",
        "requirements-dev.txt": "-r requirements.txt\npytest==7.3.1\nhttpx==0.24\n",
        "tests/conftest.py": 'import pytest_asyncio\ncreate_async_engine("sqlite+aiosqlite://")\n',
        "tests/test_api.py": "from httpx import AsyncClient\n",
    }
    made = decide({path: text.encode() for path, text in files.items()})
    assert {e.path: e.after for e in made.text_edits} == {
        "requirements.txt": "fastapi==0.95.0\npsycopg2-binary==2.9.6\nasyncpg\n"
        "SQLAlchemy[asyncio]==1.4.48\nalembic==1.10\n",
        "requirements-dev.txt": "-r requirements.txt\npytest==7.3.1\naiosqlite>=0.17,<0.22\n"
        "pytest-asyncio>=0.21,<0.22\nhttpx==0.24\n",
    }
    assert [(f.code, f.place) for f in made.findings] == [
        ("settings-version", "requirements-dev.txt"),
        ("settings-url-sync", ".env.example:1"),
    ]


def test_the_configured_driver_wins() -> None:
    files = {"app.py": ENGINE.encode(), ".env": b"URL=postgres://h/d\n", "requirements.txt": b"sqlalchemy\npg8000\n"}
    (edit,) = decide(files, "asyncpg").text_edits
    assert edit.after == "sqlalchemy[asyncio]\npg8000\nasyncpg\n"


def test_sync_urls_are_right_where_the_app_converts_them() -> None:
    engine = ENGINE.replace("os.environ", "async_database_url(os.environ")
    files = {"app.py": engine.encode(), ".env": b"URL=sqlite://\n"}
    assert "settings-url-sync" not in {f.code for f in decide(files).findings}


def test_a_sync_program_is_left_alone() -> None:
    files = {"app.py": b"create_engine('sqlite://')\n", ".env": b"URL=sqlite://\n", "requirements.txt": b"sqlalchemy\n"}
    assert decide(files) == Decisions()


def test_projects_in_one_repository_do_not_mix() -> None:
    files = {
        "shop/app.py": ENGINE.replace('os.environ["URL"]', '"sqlite+aiosqlite://"'),
        "shop/requirements/base.txt": "sqlalchemy\n",
        "shop/tests/test_a.py": "import pytest_asyncio\n",
        "mail/app.py": ENGINE.replace('os.environ["URL"]', '"mysql+asyncmy://h"'),
        "mail/pyproject.toml": '[project]\ndependencies = ["sqlmodel"]\n',
        "sync/requirements.txt": "sqlalchemy\npytest\n",
        "sync/app.py": "create_engine('sqlite://')\n",
        "other/requirements.txt": "pytest\n",
        "requirements-dev.txt": "pytest\n",
    }
    made = decide({path: text.encode() for path, text in files.items()})
    assert {e.path: e.after for e in made.text_edits} == {
        "shop/requirements/base.txt": "sqlalchemy[asyncio]\naiosqlite\n",
        "mail/pyproject.toml": '[project]\ndependencies = ["sqlalchemy[asyncio]", "asyncmy", "sqlmodel"]\n',
        "requirements-dev.txt": "pytest\npytest-asyncio>=0.26\n",
    }
    assert made.findings == ()


def test_two_projects_may_share_a_manifest_above_them() -> None:
    files = {
        "a/app.py": ENGINE,
        "a/requirements.txt": "sqlalchemy\n",
        "a/tests/test_a.py": "import pytest_asyncio\n",
        "b/app.py": ENGINE,
        "b/requirements.txt": "sqlalchemy\n",
        "b/tests/test_b.py": "from httpx import AsyncClient\n",
        "requirements-dev.txt": "pytest\n",
    }
    made = decide({path: text.encode() for path, text in files.items()})
    after = {e.path: e.after for e in made.text_edits}
    assert after["requirements-dev.txt"] == "pytest\nhttpx\npytest-asyncio>=0.26\n"
    assert decide({path: text.encode() for path, text in {**files, **after}.items()}).text_edits == ()


def test_a_manifest_that_cannot_be_read_is_told_once() -> None:
    files = {"app.py": ENGINE.encode(), "requirements.txt": b"\xff\xff", "a/requirements.txt": b"sqlalchemy\n"}
    assert [f.code for f in decide(files).findings] == ["settings-unread"]


def test_the_transform() -> None:
    assert (SETTINGS.name, SETTINGS.step) == ("settings", "settings")


@pytest.mark.parametrize(
    ("packages", "told"),
    [
        ("aiomysql\n", True),
        ("aiomysql\npymysql>=1.0\n", True),
        ("aiomysql\npymysql==1.2.4\n", True),
        ("aiomysql\npymysql<1.2\n", False),
        ("aiomysql\npymysql==1.1.1\n", False),
        ("asyncmy\npymysql\n", False),
    ],
)
def test_aiomysql_needs_an_older_pymysql(packages: str, told: bool) -> None:
    driver = packages.split()[0]
    app = f'from sqlalchemy.ext.asyncio import create_async_engine\ncreate_async_engine("mysql+{driver}://h/d")\n'
    files = {"app.py": app.encode(), "requirements.txt": f"sqlalchemy[asyncio]\n{packages}".encode()}
    assert [f.code for f in decide(files).findings] == ["settings-version"] * told


def test_a_document_that_makes_a_sync_engine_is_told_and_names_no_database() -> None:
    files = {
        "app.py": ENGINE,
        "requirements.txt": "sqlalchemy\npsycopg2\n",
        "README.md": 'Once:\n\n```python\nengine = create_engine("mysql://h/d")\n```\n',
        "docs/a.rst": "Now: create_async_engine(url)\n",
    }
    found = decide({path: text.encode() for path, text in files.items()}).findings
    assert [(f.path, f.code, f.span.line) for f in found if f.span and f.path.endswith((".md", ".rst"))] == [
        ("README.md", "settings-document", 4)
    ]


def test_a_folder_with_code_that_has_nothing_to_do_with_it_keeps_its_packages() -> None:
    files = {
        "pyproject.toml": "[project]\ndependencies = ['sqlalchemy', 'pytest']\n",
        "app.py": "from sqlalchemy.ext.asyncio import create_async_engine\ne = create_async_engine('sqlite+aiosqlite://')\n",
        "tests/test_app.py": "import pytest_asyncio\n\n\nasync def test():\n    pass\n",
        "charm/pyproject.toml": "[project]\ndependencies = ['ops', 'pytest']\n",
        "charm/uv.lock": "version = 1\n[[package]]\nname = 'pytest'\nversion = '8.3.4'\n",
        "charm/tests/test_charm.py": "import charm\n\n\ndef test():\n    charm.start()\n",
    }
    made = decide({path: text.encode() for path, text in files.items()})
    assert [edit.path for edit in made.text_edits] == ["pyproject.toml"] and not made.findings
    files["charm/tests/test_charm.py"] += "\n\nasync def test_more():\n    pass\n"
    made = decide({path: text.encode() for path, text in files.items()})
    assert [edit.path for edit in made.text_edits] == ["charm/pyproject.toml", "pyproject.toml"]
