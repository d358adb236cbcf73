"""What several tests look at and takes long to make."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from postgres import Postgres, running

from asyncify import api
from asyncify.cli.demo import bundled
from asyncify.model.plan import RunResult

LEFT_BY_RUNS = shutil.ignore_patterns("*.db", "__pycache__", ".*_cache")


def pytest_configure() -> None:
    """The trees of files are many objects and few circles: the usual thresholds look through them again and again."""
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def bundled_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RunResult]:
    """The whole migration of a bundled app, in memory, made once. Its root is a copy that a test may write to."""

    @cache
    def run(app: str) -> RunResult:
        folder = tmp_path_factory.mktemp("bundled") / app
        shutil.copytree(bundled(app), folder, ignore=LEFT_BY_RUNS)
        return api.migrate(folder)

    return run


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of a test run see."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[Postgres]:
    """A PostgreSQL server, one for all processes of a test run."""
    with running(testrun_uid) as server:
        yield server
