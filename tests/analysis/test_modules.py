"""Which file a dotted name means."""

from __future__ import annotations

import pytest

from asyncify.analysis.modules import ModuleIndex

FILES = (
    "app/__init__.py",
    "app/api/__init__.py",
    "app/api/api.py",
    "app/api/deps.py",
    "app/crud/__init__.py",
    "app/crud/base.py",
    "app/crud/users.py",
    "tests/__init__.py",
    "tests/crud/__init__.py",
    "tests/crud/users/__init__.py",
    "tests/helpers.py",
)
PROVEN = (("app/api/deps.py", "crud.base"),)


@pytest.mark.parametrize(
    ("dotted", "importer", "path"),
    [
        ("api", "app/api/deps.py", "app/api/__init__.py"),
        ("crud.users", "tests/helpers.py", "app/crud/users.py"),
        ("tests.crud", "tests/helpers.py", "tests/crud/__init__.py"),
        ("app.crud.users", "tests/helpers.py", "app/crud/users.py"),
    ],
)
def test_a_folder_that_others_import_from_is_a_root(dotted: str, importer: str, path: str) -> None:
    assert ModuleIndex(FILES, PROVEN).find(dotted, importer) == path


def test_the_nearest_folder_is_one_where_nothing_is_known() -> None:
    assert ModuleIndex(FILES).find("crud.users", "tests/helpers.py") == "tests/crud/users/__init__.py"
    services = ("one/app/db.py", "one/app/main.py", "two/app/db.py", "two/app/jobs.py")
    proven = ModuleIndex(services, (("two/app/db.py", "app.jobs"),))
    assert proven.find("app.db", "one/app/main.py") == "one/app/db.py"


def test_a_folder_without_init_beside_a_package_of_tests_with_its_name() -> None:
    paths = ["src/app/__init__.py", "src/app/db.py", "src/worker/worker.py", "src/main.py"]
    tests = ["src/tests/__init__.py", "src/tests/worker/__init__.py", "src/tests/worker/test_worker.py"]
    index = ModuleIndex([*paths, *tests], [("src/main.py", "app.db")])
    assert index.find("worker", "src/tests/worker/test_worker.py") == "src/worker/"
    assert index.find("worker", "src/main.py") == "src/worker/"
    assert index.find("tests.worker", "src/tests/worker/test_worker.py") == "src/tests/worker/__init__.py"
    unproven = ModuleIndex([*paths, *tests])
    assert unproven.find("worker", "src/tests/worker/test_worker.py") == "src/tests/worker/__init__.py"
