"""Generated queries give the same in their legacy, converted and async form, under each SQLAlchemy on each database."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy_versions import VERSIONS, installed

from .comparison import differences, refused
from .conversion import Fate, Forms, convert
from .generation import drawn, module
from .journeys import Case

RUNNER = Path(__file__).with_name("runner.py")
NUMBER = 200


@cache
def cases() -> list[Case]:
    return drawn(NUMBER)


@cache
def forms(version: str) -> Forms:
    """What the tool makes of the cases in a project on a version; those of 2.x are the same."""
    return convert(module(cases()), version)


@pytest.fixture
def urls(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], dict[str, str]]:
    """An empty database: how a sync and an async engine are told of it."""

    def make(backend: str) -> dict[str, str]:
        if backend == "sqlite":
            path = tmp_path / "app.db"
            return {"sync": f"sqlite:///{path}", "async": f"sqlite+aiosqlite:///{path}"}
        server = request.getfixturevalue("postgres")
        name = server.create()
        return {"sync": server.url(name), "async": server.url(name, "asyncpg")}

    return make


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
@pytest.mark.parametrize("version", VERSIONS)
def test_same(version: str, backend: str, urls: Callable[[str], dict[str, str]]) -> None:
    made = forms("1.4" if version == "1.4" else "2.0")
    given = {**urls(backend), "names": list(made.fates), "forms": made.files}
    found: dict[str, dict[str, Any]] = installed(version).run(RUNNER, given)
    told = []
    compared = 0
    for number, (name, fate) in enumerate(made.fates.items()):
        outcomes = {form: found[form][name] for form in found}
        compared += not refused(outcomes["legacy"])
        for difference in differences(cases()[number].source(number), fate, outcomes):
            told.append(f"{made.texts[name]}\n{difference}")
    assert not told, "\n\n".join(told)
    assert compared > NUMBER * 0.6, "too few of the legacy queries run"


@pytest.mark.parametrize("version", ["1.4", "2.0"])
def test_most_are_converted(version: str) -> None:
    fates = list(forms(version).fates.values())
    assert fates.count(Fate.CONVERTED) > NUMBER * 0.75
    assert fates.count(Fate.REPORTED) < NUMBER * 0.02


@pytest.mark.parametrize("version", ["1.4", "2.0"])
def test_what_stays_is_reported(version: str) -> None:
    made = forms(version)
    assert [n for n, fate in made.fates.items() if fate is not Fate.CONVERTED and n not in made.findings] == []
