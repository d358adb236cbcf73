"""The recorder, in real runs of pytest on each SQLAlchemy: every kind of implicit load is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded_app import CONFTEST, TESTS
from recorded_runs import record
from sqlalchemy_versions import VERSIONS

from asyncify.model.errors import UsageError
from asyncify.model.evidence import Evidence, ImplicitLoad, Statements, joined, read_evidence

#: test -> kind, attribute and the relationships before it, and what else is noted
EXPECTED = {
    "test_relationship": "relationship User.posts",
    "test_each_of_a_loop": "relationship Post.author",
    "test_through_eager": "relationship User.posts through author",
    "test_deferred": "deferred User.bio",
    "test_commit": "expired User.name by commit",
    "test_rollback": "expired User.name by rollback",
    "test_commit_before_a_relationship": "expired Post.author by commit",
    "test_fetched": "fetched User.updated",
    "test_polymorphic": "polymorphic Engineer.language",
    "test_assigned": "assigned User.posts",
    "test_proxy": "relationship User.posts",
    "test_made": "relationship User.posts",
    "test_own_session": "relationship User.posts",
    "test_listener_that_runs_the_statement": "relationship User.posts",
    "test_in_a_listener": "relationship User.posts inside flush",
}


def told(load: ImplicitLoad) -> str:
    parts = [f"{load.kind.value} {load.model}.{load.attribute}"]
    parts += [f"through {'.'.join(load.through)}"] if load.through else []
    parts += [f"by {load.cause}"] if load.cause else []
    parts += [f"inside {load.inside}"] if load.inside else []
    return " ".join(parts)


def lines(test: str) -> list[tuple[int, str]]:
    """The numbered lines of one test."""
    numbered = list(enumerate(TESTS.splitlines(), 1))
    start = next(i for i, (_, line) in enumerate(numbered) if line.startswith(f"def {test}("))
    end = next((i for i in range(start + 1, len(numbered)) if numbered[i][1].startswith("def ")), len(numbered))
    return numbered[start:end]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_and_no_false_alarm(tmp_path: Path, version: str) -> None:
    evidence, output = record(tmp_path, version)
    found: dict[str, list[ImplicitLoad]] = {}
    for load in evidence.loads:
        found.setdefault(load.worst_test.partition("::")[2], []).append(load)
    through = {told(x) for x in found.pop("test_through")}
    assert through == {"relationship Post.author", "relationship User.posts through author"}
    assert {name: [told(x) for x in loads] for name, loads in found.items()} == {k: [v] for k, v in EXPECTED.items()}
    for name, (load,) in found.items():
        marked = {mark: n for n, line in lines(name) for mark in ("load", "read") if f"# {mark}" in line}
        assert load.read and load.loaded
        assert (load.read.line, load.loaded.line) == (marked["read"], marked["load"]), name
    assert evidence.tests["test_app.py::test_nothing_implicit"].implicit == 0
    assert evidence.tests["test_app.py::test_each_of_a_loop"].implicit == 2
    assert evidence.tests["test_app.py::test_listener_that_runs_the_statement"].implicit == 1
    assert "User.name (expired by rollback)" in output


COMPILED = """\
import asyncio
from operator import attrgetter

from models import User
from starlette.concurrency import run_in_threadpool


class ModelField(list):
    name = "Response_users_get"


ModelField.__module__ = "pydantic.fields"


def test_answer(db):
    field = ModelField(db.query(User))
    asyncio.run(run_in_threadpool(field.sort, key=attrgetter("bio")))
"""


def test_answers_of_compiled_pydantic(tmp_path: Path) -> None:
    """Nothing of it is on the stack: a method in C stands for it here."""
    conftest = CONFTEST.replace("poolclass", 'connect_args={"check_same_thread": False}, poolclass')
    evidence, _ = record(tmp_path, "2.0", tests=COMPILED, conftest=conftest)
    assert [(x.title, x.reads) for x in evidence.loads] == [("User.bio (deferred)", "response Response_users_get")]


def test_workers_are_joined(tmp_path: Path) -> None:
    alone, _ = record(tmp_path, "2.0", "-p", "no:xdist")
    shared, _ = record(tmp_path, "2.0", "-n", "2")
    assert {(told(x), x.read, x.loaded, x.count) for x in shared.loads} == {
        (told(x), x.read, x.loaded, x.count) for x in alone.loads
    }
    assert shared.tests == alone.tests


def test_counts_of_several_runs_add_up() -> None:
    evidence, other = Evidence(tests={"a": Statements(1, 0)}), Evidence(tests={"b": Statements(2, 1)})
    assert joined([evidence, other]).tests == {"a": Statements(1, 0), "b": Statements(2, 1)}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "loads": [{}], "tests": {}}', '{"version": 99}'])
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^old\.json .*(recorder|record)"):
        read_evidence(text, "old.json")
