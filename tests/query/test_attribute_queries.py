"""`Model.query` and dynamic collections: legacy and converted, with each version of SQLAlchemy, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import case_runner
import pytest
from attribute_cases import CASES, MODELS, OTHER_SQL, STAY, source
from postgres import Postgres
from query_world import convert
from sqlalchemy_versions import VERSIONS, installed

COMPARED = ("result", "error", "rows")


@cache
def converted() -> dict[str, str]:
    after, _ = convert({"models.py": MODELS, "app.py": source()})
    return after


@cache
def texts(text: str) -> dict[str, str]:
    """Each function's own text."""
    return {part.partition("(")[0]: part for part in text.split("\n\n\ndef case_")[1:]}


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> Callable[[str, str], tuple[Any, Any]]:
    """What both forms of all cases give with a version on a database."""

    @cache
    def run(version: str, backend: str) -> tuple[Any, Any]:
        found = []
        for files in ({"models.py": MODELS, "app.py": source()}, converted()):
            url = "sqlite://"
            if backend == "postgresql":
                server: Postgres = request.getfixturevalue("postgres")
                url = server.url(server.create())
            given = {"url": url, "models": files["models.py"], "apps": {"app": files["app.py"]}, "cases": list(CASES)}
            found.append(installed(version).run(Path(case_runner.__file__), given)["app"])
        return found[0], found[1]

    return run


def test_converted() -> None:
    after, findings = convert({"models.py": MODELS, "app.py": source()})
    assert not re.findall(r"\.query\b", after["models.py"] + after["app.py"])
    assert len(findings) == len(STAY), findings
    for name, part in STAY.items():
        assert part in texts(after["app.py"])[name]


@pytest.mark.parametrize("backend", ("sqlite", "postgresql"))
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", CASES)
def test_same(name: str, version: str, backend: str, runs: Callable[[str, str], tuple[Any, Any]]) -> None:
    before, after = runs(version, backend)
    legacy, new = before[name], after[name]
    own = texts(converted()["app.py"])[name]
    messages = legacy.get("message"), new.get("message")
    assert [new.get(what) for what in COMPARED] == [legacy.get(what) for what in COMPARED], (own, messages)
    if not name.startswith(OTHER_SQL):
        assert new["sql"] == legacy["sql"], own


def test_second_run_changes_nothing() -> None:
    assert convert(converted())[0] == converted()
