"""Legacy code and what the transform makes of it, run with each version of SQLAlchemy on SQLite and PostgreSQL.

Results, errors, rows and SQL must be equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import case_runner
import pytest
from filelock import FileLock
from postgres import Postgres
from query_cases import OTHER_SQL, SINCE, source_of
from query_models import FILL, MODELS
from query_world import convert
from sqlalchemy_versions import VERSIONS, installed
from table_cases import ALL_CASES, ALL_STAY

RUNNER = Path(case_runner.__file__)
#: what is the same in every outcome
COMPARED = ("result", "error", "rows")
Outcomes = Mapping[str, Mapping[str, Mapping[str, Any]]]
RUNS = [(name, version) for name in ALL_CASES for version in VERSIONS if version >= SINCE.get(name, "")]


@cache
def converted(requirements: str = "") -> str:
    after, _ = convert({"models.py": MODELS, "app.py": source_of(ALL_CASES), "requirements.txt": requirements})
    return after["app.py"]


@cache
def function_texts(source: str) -> dict[str, str]:
    """Each function's own text."""
    parts = source.split("\n\n\ndef case_")
    return {part.partition("(")[0]: part for part in parts[1:]}


def question(apps: Mapping[str, str], cases: Iterable[str], url: str = "sqlite://") -> dict[str, Any]:
    """What the runner of cases is asked."""
    return {"url": url, "models": MODELS + FILL, "apps": dict(apps), "cases": list(cases)}


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest, shared_folder: Path) -> Callable[[str, str], Outcomes]:
    """What both forms of all cases give with a version on a database; each is run once, by whichever process asks."""

    @cache
    def run(version: str, backend: str) -> Outcomes:
        file = shared_folder / f"outcomes-{version}-{backend}.json"
        with FileLock(f"{file}.lock"):
            if not file.exists():
                url = "sqlite://"
                if backend == "postgresql":
                    server: Postgres = request.getfixturevalue("postgres")
                    url = server.url(server.create())
                apps = {"legacy": source_of(ALL_CASES), "new": converted()}
                names = [n for n, v in RUNS if v == version]
                file.write_text(json.dumps(installed(version).run(RUNNER, question(apps, names, url))))
        found: Outcomes = json.loads(file.read_text())
        return found

    return run


@pytest.mark.parametrize("name", ALL_CASES)
def test_converted(name: str) -> None:
    own = function_texts(converted())[name]
    assert (".query(" in own) == (name in ALL_STAY), own


@pytest.mark.parametrize("name", ALL_CASES)
def test_same(name: str, outcomes: Callable[[str, str], Outcomes]) -> None:
    own = function_texts(converted())[name]
    for version, backend in product((v for n, v in RUNS if n == name), ("sqlite", "postgresql")):
        found = outcomes(version, backend)
        legacy, new = found["legacy"][name], found["new"][name]
        where = version, backend, own, legacy.get("message"), new.get("message")
        assert [new.get(what) for what in COMPARED] == [legacy.get(what) for what in COMPARED], where
        if not any(name.startswith(start) for start in OTHER_SQL):
            assert new["sql"] == legacy["sql"], where


def test_sessions_without_scalars_are_not_asked_for_them() -> None:
    """`Session.scalars` came with 1.4.24."""
    names = [name for name, version in RUNS if version == "1.4"]
    early = converted("sqlalchemy==1.4.23")
    assert ".scalars(" in early
    assert re.findall(r"\.scalars\((?!\)).*", early) == []
    found = installed("1.4").run(RUNNER, question({"legacy": source_of(ALL_CASES), "new": early}, names))
    differ = [n for n in names if any(found["new"][n].get(w) != found["legacy"][n].get(w) for w in COMPARED)]
    assert differ == []


def test_second_run_changes_nothing() -> None:
    once = {"models.py": MODELS, "app.py": converted()}
    assert convert(once)[0] == once
