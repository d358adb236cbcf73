"""Queries as SQLAlchemy 1.4 still took them: what becomes of them gives with every version what they gave with 1.4."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from old_cases import OLD_CASES, OLD_STAY, OLD_STILL
from query_cases import source_of
from query_models import MODELS
from query_world import convert
from sqlalchemy_versions import VERSIONS, installed
from test_same_results import COMPARED, RUNNER, function_texts, question

from asyncify.model.edit import Finding

RUNS = [(n, v) for n in OLD_CASES if n not in OLD_STAY for v in VERSIONS if v == "1.4" or n not in OLD_STILL]


@cache
def migrated() -> tuple[str, tuple[Finding, ...]]:
    files = {"models.py": MODELS, "app.py": source_of(OLD_CASES), "requirements.txt": "sqlalchemy==1.4.54\n"}
    after, findings = convert(files)
    return after["app.py"], findings


@cache
def outcomes(form: str, version: str) -> dict[str, dict[str, Any]]:
    app = migrated()[0] if form == "new" else source_of(OLD_CASES)
    found: dict[str, dict[str, Any]] = installed(version).run(RUNNER, question({form: app}, OLD_CASES))[form]
    return found


@pytest.mark.parametrize("name", sorted(OLD_STAY))
def test_what_stays_is_reported(name: str) -> None:
    text, findings = migrated()
    before = source_of(OLD_CASES)
    assert function_texts(text)[name] == function_texts(before)[name]
    first = before.splitlines().index(f"def case_{name}(db: Session):") + 1
    lines = range(first + 1, first + len(function_texts(before)[name].splitlines()))
    assert [f.code for f in findings if f.span is not None and f.span.line in lines]


@pytest.mark.parametrize(("name", "version"), RUNS)
def test_what_is_converted_gives_the_same(name: str, version: str) -> None:
    own = function_texts(migrated()[0])[name]
    assert ".query(" not in own
    legacy, new = outcomes("legacy", "1.4")[name], outcomes("new", version)[name]
    assert "error" not in legacy
    assert [new.get(what) for what in COMPARED] == [legacy.get(what) for what in COMPARED], (own, new.get("message"))
    assert new["sql"] == legacy["sql"] or version != "1.4", own
