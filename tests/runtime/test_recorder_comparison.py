"""A run is compared with an earlier one, statement by statement, be the app synchronous or async by now."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded_app import ASYNC_CONFTEST, ASYNC_TESTS, CONFTEST
from recorded_runs import OLD, pytest_with_recorder, record
from sqlalchemy_versions import VERSIONS

from asyncify.model.evidence import Evidence, Statements
from asyncify.runtime.recording.risen import risen, told

FEW = """\
from models import Post, User
from sqlalchemy.orm import joinedload


def test_posts(db):
    assert [len(user.posts) for user in db.query(User).options(joinedload(User.posts))] == [2]


def test_names(db):
    assert [user.name for user in db.query(User)] == ["ann"]
"""
MORE = FEW.replace(".options(joinedload(User.posts))", "")


def test_a_test_that_sends_more_fails_the_run(tmp_path: Path) -> None:
    record(tmp_path, "2.0", tests=FEW)
    written = (tmp_path / OLD).read_text()
    same = pytest_with_recorder(tmp_path, "2.0", "--compare-evidence", OLD, tests=FEW)
    assert same.returncode == 0
    assert "no test sends more statements than before" in same.stdout
    more = pytest_with_recorder(tmp_path, "2.0", "--compare-evidence", OLD, tests=MORE)
    assert more.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 test sends more statements than before:" in more.stdout
    assert more.stdout.splitlines()[more.stdout.splitlines().index("before  now  test") + 1].split()[-1] == (
        "test_app.py::test_posts"
    )
    assert (tmp_path / OLD).read_text() == written, "a comparison must not replace what it compares with"
    shared = pytest_with_recorder(tmp_path, "2.0", "--compare-evidence", OLD, "-n", "2", tests=MORE)
    assert shared.returncode == pytest.ExitCode.TESTS_FAILED


def test_what_cannot_be_compared_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}")
    for name in ("old.json", "none.json"):
        done = pytest_with_recorder(tmp_path, "2.0", "--compare-evidence", name, tests=FEW)
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        assert "ERROR: asyncify.recorder: " in done.stderr and name in done.stderr


def test_fixtures_of_many_tests_belong_to_none(tmp_path: Path) -> None:
    """Else the first test of each worker would send more than before."""
    conftest = CONFTEST.replace("@pytest.fixture", '@pytest.fixture(scope="session")')
    evidence, _ = record(tmp_path, "2.0", tests=FEW, conftest=conftest)
    assert evidence.tests["test_app.py::test_names"] == Statements(1, 0)
    assert evidence.tests[""].explicit > 5


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "1.4"])
def test_an_async_app_is_counted_too(tmp_path: Path, version: str) -> None:
    evidence, _ = record(tmp_path, version, tests=ASYNC_TESTS, conftest=ASYNC_CONFTEST)
    tests = {name.partition("::")[2]: found for name, found in evidence.tests.items()}
    assert tests["test_explicit"].implicit == 0
    # select, posts; update; refresh, posts; refresh, posts; count; stream
    assert tests["test_explicit"].explicit - tests["test_nothing"].explicit == 9
    assert tests["test_awaitable_attribute"].implicit == 0
    (load,) = evidence.loads
    marked = {line.rpartition("# ")[2]: n for n, line in enumerate(ASYNC_TESTS.splitlines(), 1) if "# " in line}
    assert load.read and load.loaded
    assert (load.title, load.read.line, load.loaded.line) == ("User.posts", marked["read"], marked["load"])
    assert load.worst_test.endswith("test_in_the_greenlet")


def test_numbers_of_two_runs() -> None:
    old = Evidence(tests={"": Statements(9), "a": Statements(2, 3), "b[1]": Statements(1), "c": Statements(1)})
    new = Evidence(tests={"": Statements(99), "a": Statements(4, 0), "b[asyncio-1]": Statements(3), "d": Statements(9)})
    found = risen(old, new)
    assert found.risen == (("b[asyncio-1]", Statements(1), Statements(3)),)
    assert (found.before, found.now, found.compared, found.missing) == (6, 7, 2, 1)
    assert list(told(found, "old.json")) == [
        "compared with old.json: 6 statements before, 7 now, in 2 tests; 1 of its tests did not run",
        "1 test sends more statements than before:",
        "before  now  test",
        "     1    3  b[asyncio-1]",
    ]
