"""Where the settings of pytest are found, and what is written there."""

from __future__ import annotations

import configparser
import sys
from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

from asyncify.transforms.tests.config_files import configs, find_config, new_config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OPTIONS = {"asyncio_mode": "auto"}
FILTERS = ('error:it\'s "so":RuntimeWarning', "error:x")


@pytest.mark.parametrize(
    ("there", "folder", "path"),
    [
        ({"pytest.ini": "", "pyproject.toml": "[tool.pytest.ini_options]\n"}, "tests", "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n", "tox.ini": "[pytest]\n"}, "tests", "pyproject.toml"),
        ({"pyproject.toml": "[tool.black]\n", "tox.ini": "[pytest]\n"}, "tests/api", "tox.ini"),
        ({"setup.cfg": "[tool:pytest]\n", "tox.ini": "[tox]\n"}, "tests", "setup.cfg"),
        ({"pytest.ini": "", "backend/setup.cfg": "[tool:pytest]\n"}, "backend/tests", "backend/setup.cfg"),
        ({"pyproject.toml": "[tool.pytest]\nstrict = true\n"}, "", "pyproject.toml"),
    ],
)
def test_the_nearest_file_with_settings_is_found(there: dict[str, str], folder: str, path: str) -> None:
    found = find_config({p: t.encode() for p, t in there.items()}, folder)
    assert found is not None
    assert found.path == path


@pytest.mark.parametrize(
    ("there", "paths"),
    [
        ({"app/tests/pytest.ini": "[pytest]\n", "requirements.txt": ""}, ["app/tests/pytest.ini", "pytest.ini"]),
        ({"app/pytest.ini": "", "pyproject.toml": ""}, ["app/pytest.ini", "pyproject.toml"]),
        ({"app/tests/pytest.ini": "", "setup.cfg": "[tool:pytest]\n"}, ["app/tests/pytest.ini", "setup.cfg"]),
        ({"app/pytest.ini": "", "app/requirements.txt": "", "pyproject.toml": ""}, ["app/pytest.ini"]),
    ],
)
def test_settings_below_the_project_are_not_found_from_its_folder(there: dict[str, str], paths: list[str]) -> None:
    data = {p: t.encode() for p, t in there.items()}
    assert [c.path for c in configs(data, "app/tests")] == paths


@pytest.mark.parametrize(
    "named, paths",
    [
        ('testpaths = ["api/tests"]', ["api/pyproject.toml", "pyproject.toml"]),
        ('testpaths = ["api", "web/tests"]', ["api/pyproject.toml", "pyproject.toml"]),
        ('testpaths = ["web/tests"]', ["api/pyproject.toml"]),
        ('addopts = "-q"', ["api/pyproject.toml"]),
    ],
)
def test_settings_above_a_project_that_name_its_tests(named: str, paths: list[str]) -> None:
    files = {
        "pyproject.toml": f"[tool.pytest.ini_options]\n{named}\n",
        "api/pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    }
    data = {path: text.encode() for path, text in files.items()}
    assert [c.path for c in configs(data, "api/tests/unit")] == paths


@pytest.mark.parametrize(
    ("there", "folder", "path"),
    [
        ({"pyproject.toml": "[tool.black]\n"}, "tests", "pyproject.toml"),
        ({"backend/requirements.txt": "", "pyproject.toml": ""}, "backend/tests", "backend/pytest.ini"),
        ({"pyproject.toml": "[broken"}, "tests", "pytest.ini"),
        ({}, "a/b", "pytest.ini"),
    ],
)
def test_new_settings_go_to_the_project(there: dict[str, str], folder: str, path: str) -> None:
    data = {p: t.encode() for p, t in there.items()}
    assert find_config(data, folder) is None
    assert new_config(data, folder).path == path


INI = {
    "nothing yet": ("[pytest]\n", "[pytest]\nasyncio_mode = auto\nfilterwarnings =\n    {0}\n    {1}\n"),
    "an empty file": ("", "[pytest]\nasyncio_mode = auto\nfilterwarnings =\n    {0}\n    {1}\n"),
    "between sections": (
        "[tox]\na = 1\n\n[pytest]\naddopts = -q  \n\n[flake8]\nb = 2\n",
        (
            "[tox]\na = 1\n\n[pytest]\naddopts = -q  \nasyncio_mode = auto\n"
            "filterwarnings =\n    {0}\n    {1}\n\n[flake8]\nb = 2\n"
        ),
    ),
    "another mode and filters of its own": (
        "[pytest]\nasyncio_mode=strict\nfilterwarnings =\n  ignore::UserWarning\n  # why\n  once\naddopts = -q\n",
        (
            "[pytest]\nasyncio_mode= auto\nfilterwarnings =\n"
            "  ignore::UserWarning\n  # why\n  once\n  {0}\n  {1}\naddopts = -q\n"
        ),
    ),
    "a filter on the line of its key": (
        "[pytest]\nfilterwarnings = error\n",
        "[pytest]\nfilterwarnings =\n    error\n    {0}\n    {1}\nasyncio_mode = auto\n",
    ),
    "no line end at the end, and Windows": (
        "[pytest]\r\naddopts = -q",
        "[pytest]\r\naddopts = -q\r\nasyncio_mode = auto\r\nfilterwarnings =\r\n    {0}\r\n    {1}\r\n",
    ),
}


@pytest.mark.parametrize("name", INI)
def test_ini(name: str) -> None:
    before, after = INI[name]
    config = find_config({"pytest.ini": before.encode()}, "tests")
    assert config is not None
    text = config.with_options(OPTIONS, FILTERS)
    assert text == after.format(*FILTERS)
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    assert parser["pytest"]["asyncio_mode"] == "auto"
    again = find_config({"pytest.ini": text.encode()}, "tests")
    assert again is not None
    assert again.with_options({}, FILTERS) == text


TOML = {
    "nothing yet": "[tool.black]\nline-length = 88\n",
    "an empty table": "[tool.pytest.ini_options]\n\n[tool.black]\na = 1\n",
    "options": '[tool.pytest.ini_options]\naddopts = "-q"  # quiet\nasyncio_mode = "strict"\n[tool.x]\ny = 1',
    "filters over lines": '[tool.pytest.ini_options]\nfilterwarnings = [\n  "once",\n  "error"  # last\n]\n',
    "filters with a last comma": '[tool.pytest.ini_options]\nfilterwarnings = [\n  "once", # a\n]\naddopts = "-q"\n',
    "filters on one line": '[tool.pytest.ini_options]\nfilterwarnings = ["once", "error"]\n',
    "no filters": "[tool.pytest.ini_options]\nfilterwarnings = []\n",
    "one filter as text": "[tool.pytest.ini_options]\nfilterwarnings = 'once'\n",
    "native settings": '[tool.pytest]\nfilterwarnings = ["once"]\n',
}


@pytest.mark.parametrize("name", TOML)
def test_toml(name: str) -> None:
    before = TOML[name]
    data = {"pyproject.toml": before.encode()}
    config = find_config(data, "tests") or new_config(data, "tests")
    text = config.with_options(OPTIONS, FILTERS)
    old, new = tomllib.loads(before), tomllib.loads(text)
    settings, was = (_table(t, config.table) for t in (new, old))
    assert settings["asyncio_mode"] == "auto"
    kept = was.get("filterwarnings", [])
    assert settings["filterwarnings"] == [*([kept] if isinstance(kept, str) else kept), *FILTERS]
    assert {k: v for k, v in new["tool"].items() if k != "pytest"} == {
        k: v for k, v in old["tool"].items() if k != "pytest"
    }
    for comment in ("# quiet", "# last", "# a"):
        assert (comment in before) == (comment in text)
    again = find_config({"pyproject.toml": text.encode()}, "tests")
    assert again is not None
    assert again.with_options({}, FILTERS) == text


def _table(data: dict, path: tuple[str, ...]) -> dict:  # type: ignore[type-arg]
    for part in path:
        data = data.get(part, {})
    return data


@pytest.mark.parametrize(
    ("requirement", "writes"),
    [
        ("pytest==5.4.3", True),
        ("pytest==7.4.0", True),
        ("pytest-asyncio==0.21.1", True),
        ("pytest", False),
        ("pytest==7.4.4\npytest-asyncio", True),
        ("pytest\npytest-asyncio", False),
    ],
)
def test_a_plugin_without_loop_scopes_is_given_one_loop(requirement: str, writes: bool) -> None:
    """A person has to take a newer pytest in the place of one that no plugin is for: it may be an old one as well."""
    test = "from app import crud\nfrom app.db import SessionLocal\n\n\ndef test():\n    crud.texts(SessionLocal())\n"
    files = {"requirements.txt": f"fastapi\nsqlalchemy\n{requirement}\n", "tests/test_notes.py": test}
    migrated, _ = flip(files)
    assert ("def event_loop()" in migrated.get("tests/conftest.py", "")) is writes


WRAPPED = """\
import functools


def logged(function):
    @functools.wraps(function)
    async def wrapper(*args):
        return await function(*args)

    return wrapper


@logged
async def ping():
    return "pong"
"""


CONFTEST = """\
import pytest

from app.db import SessionLocal


@pytest.fixture
def db():
    with SessionLocal() as db:
        yield db
"""


def test_a_wrapper_drops_no_coroutine_and_a_filter_of_an_earlier_run_stays() -> None:
    files = {"app/ping.py": WRAPPED, "tests/conftest.py": CONFTEST, "pytest.ini": "[pytest]\n"}
    files["tests/test_notes.py"] = "from app import crud\n\n\ndef test_notes(db):\n    assert crud.texts(db) == []\n"
    first = flip(files)[0]["pytest.ini"]
    assert "error:coroutine (?!'AsyncMockMixin).*" in first
    earlier = first.replace("AsyncMockMixin)", "AsyncMockMixin)(?!'send')")
    assert flip({**files, "pytest.ini": earlier})[0]["pytest.ini"] == earlier


HANDED = """\
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI


@asynccontextmanager
async def lifespan(app):
    yield


async def started(app):
    return None


class Views:
    def __init__(self):
        self.router = APIRouter(on_startup=[started])
        self.router.add_api_route("/pong", self.pong)

    async def pong(self):
        return "pong"


other = FastAPI(lifespan=lifespan)
"""


def test_what_fastapi_is_given_is_awaited_there() -> None:
    files = {"app/other.py": HANDED, "tests/conftest.py": CONFTEST, "pytest.ini": "[pytest]\n"}
    files["tests/test_notes.py"] = "from app import crud\n\n\ndef test_notes(db):\n    assert crud.texts(db) == []\n"
    assert "error:coroutine (?!'AsyncMockMixin).*" in flip(files)[0]["pytest.ini"]


NEVER = """\
import unittest

from app import crud
from app.db import SessionLocal


class CaseTest(unittest.TestCase):
    async def test_texts(self):
        assert crud.texts(SessionLocal()) == ["never asked"]

    async def test_add(self):
        assert crud.add(SessionLocal(), "a").text == "never asked"


class TurnedTest(unittest.TestCase):
    async def test_one(self):
        assert 1

    def test_texts(self):
        with SessionLocal() as db:
            assert crud.texts(db) == []
"""


def test_tests_that_have_never_run_are_told_and_do_not_fail(tmp_path: Path) -> None:
    tables = "\n\n@pytest.fixture(autouse=True)\ndef tables():\n    Base.metadata.create_all(engine)\n"
    conftest = CONFTEST.replace("import SessionLocal", "import Base, SessionLocal, engine") + tables
    notes = "from app import crud\n\n\ndef test_notes(db):\n    assert crud.texts(db) == []\n"
    suite = {"tests/conftest.py": conftest, "tests/test_case.py": NEVER, "tests/test_notes.py": notes}
    code, output = pytest_run(tmp_path / "before", {**APP, **suite, "pytest.ini": "[pytest]\n"})
    assert code == 0, output
    migrated, findings = flip({**suite, "pytest.ini": "[pytest]\n"})
    assert [(f.code, f.span.line if f.span else 0) for f in findings] == [("test-never-run", 8)]
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    again, _ = flip(migrated, {})
    assert again == migrated


RUN_BY_DECORATOR = """\
import asyncio
import unittest
from functools import wraps


def run(function):
    @wraps(function)
    def inner(*args):
        return asyncio.run(function(*args))

    return inner


class DecoratedTest(unittest.TestCase):
    @run
    async def test_one(self):
        assert 1

    @staticmethod
    async def test_two():
        assert "never asked" == 1
"""


def test_tests_that_a_decorator_runs_are_not_told() -> None:
    _, findings = flip({"tests/test_case.py": RUN_BY_DECORATOR, "pytest.ini": "[pytest]\n"})
    line = RUN_BY_DECORATOR[: RUN_BY_DECORATOR.index("async def test_two")].count("\n") + 1
    told = [f.span.line for f in findings if f.code == "test-never-run" and f.span]
    assert told in ([line], [line - 1])


@pytest.mark.parametrize(("count", "written"), [(20, True), (21, False)])
def test_a_filter_names_no_crowd(count: int, written: bool) -> None:
    """One line with a hundred names is read by nobody."""
    jobs = "".join(f"async def job_{n}():\n    return {n}\n\n\n" for n in range(count))
    given = "".join(f"    start.every(1, jobs.job_{n})\n" for n in range(count))
    runs = f"from app import jobs\n\n\ndef run(start):\n{given}"
    files = {"app/jobs.py": jobs, "app/runs.py": runs, "tests/conftest.py": CONFTEST, "pytest.ini": "[pytest]\n"}
    files["tests/test_notes.py"] = "from app import crud\n\n\ndef test_notes(db):\n    assert crud.texts(db) == []\n"
    made = flip(files)[0]["pytest.ini"]
    assert ("was never awaited" in made) is written
    assert made.count("(?!'job_") == (count if written else 0)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pytest.ini", "[pytest]\naddopts = --asyncio-mode=strict -v\n", "--asyncio-mode=auto -v"),
        ("pytest.ini", "[pytest]\naddopts =\n    -v\n    --asyncio-mode strict\n", "-v\n    --asyncio-mode auto"),
        ("setup.cfg", "[tool:pytest]\naddopts = --asyncio-mode=auto\n", "--asyncio-mode=auto"),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "--asyncio-mode=strict"\n', '"--asyncio-mode=auto"'),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\naddopts = ["-v", "--asyncio-mode", "strict"]\n',
            '["-v", "--asyncio-mode", "auto"]',
        ),
    ],
)
def test_a_mode_on_the_command_line_is_the_one_that_counts(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    """pytest-asyncio takes the mode of `addopts` in the place of the option: in strict mode no test would run."""
    tables = "\n\n@pytest.fixture(autouse=True)\ndef tables():\n    Base.metadata.create_all(engine)\n"
    conftest = CONFTEST.replace("import SessionLocal", "import Base, SessionLocal, engine") + tables
    notes = "from app import crud\n\n\ndef test_notes(db):\n    assert crud.texts(db) == []\n"
    suite = {"tests/conftest.py": conftest, "tests/test_notes.py": notes, name: text}
    migrated, _ = flip(suite)
    assert f"{expected}\n" in migrated[name] and "asyncio_mode" not in migrated[name]
    code, output = pytest_run(tmp_path, migrated)
    assert (code, "1 passed" in output) == (0, True), output
    assert flip(migrated, {})[0] == migrated


MARKED = """\
import pytest

from app import crud


async def shout(text):
    return text.upper()


@pytest.mark.asyncio
async def test_one(db):
    assert crud.texts(db) == []


@pytest.mark.anyio("asyncio")
async def test_other(db):
    crud.add(db, "a")
    assert await shout(*crud.texts(db)) == "A"


@pytest.mark.anyio
async def test_alone(anyio_backend):
    assert await shout("a") == "A"
"""


def test_the_mark_of_anyio_where_another_plugin_runs_the_fixtures(tmp_path: Path) -> None:
    tables = "\n\n@pytest.fixture(autouse=True)\ndef tables():\n    Base.metadata.create_all(engine)\n    yield\n"
    conftest = CONFTEST.replace("import SessionLocal", "import Base, SessionLocal, engine") + tables
    conftest += "    Base.metadata.drop_all(engine)\n"
    suite = {"tests/conftest.py": conftest, "tests/test_notes.py": MARKED, "pytest.ini": "[pytest]\n"}
    code, output = pytest_run(tmp_path / "before", {**APP, **suite})
    assert code == 0, output
    migrated, _ = flip(suite)
    assert "@pytest.mark.asyncio\nasync def test_other" in migrated["tests/test_notes.py"]
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert flip(migrated, {})[0] == migrated
