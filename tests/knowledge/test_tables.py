"""The tables of knowledge: no key twice, and each row of barriers, handovers and engine arguments has an effect."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

import asyncify.knowledge
from asyncify.analysis.colouring import Colouring
from asyncify.analysis.program import Program, build
from asyncify.knowledge import api, barriers, engine_arguments, query_methods
from asyncify.knowledge.barriers import ASYNC_METHODS, Barrier, Handing, Handover
from asyncify.knowledge.engine_arguments import EngineArgument
from asyncify.model.plan import Workspace
from asyncify.transforms.engine import ENGINE

FILES = sorted(Path(asyncify.knowledge.__file__).parent.glob("*.py"))


def program_of(source: str) -> Program:
    return build(Workspace(Path("/nowhere"), {"app.py": source.encode()}))


def colouring_of(source: str) -> Colouring:
    return program_of(source).colouring


def repeated(keys: Iterable[object]) -> list[object]:
    return [key for key, count in Counter(keys).items() if count > 1]


@pytest.mark.parametrize(
    "keys",
    [
        [(b.kind, b.name) for b in barriers.BARRIERS],
        [h.name for h in barriers.HANDOVERS],
        [(m.owner, m.name) for m in api.MEMBERS],
        [(a.name, a.value) for a in engine_arguments.ARGUMENTS],
        [m.name for m in query_methods._TABLE],
    ],
    ids=["barriers", "handovers", "api", "engine_arguments", "query_methods"],
)
def test_no_row_is_there_twice(keys: list[object]) -> None:
    assert repeated(keys) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_literal_says_a_key_twice(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Dict | ast.Set):
            keys = node.keys if isinstance(node, ast.Dict) else node.elts
            assert repeated(ast.unparse(key) for key in keys if key is not None) == [], f"{file.name}:{node.lineno}"


def reach(name: str) -> tuple[str, str]:
    """The lines that bring a library function or the method of a library object, and what it is called then."""
    owner, _, last = name.rpartition(".")
    module, _, parent = owner.rpartition(".")
    if owner == "builtins":
        return "", last
    if owner == "list":
        return "", f"[1].{last}"
    if parent[:1].isupper():
        return f"from {module} import {parent}\nthing = {parent}()\n", f"thing.{last}"
    return f"from {owner} import {last}\n", last


def handover_source(name: str) -> str:
    lines, called = reach(name)
    return (
        f"{lines}from sqlalchemy.orm import Session\n"
        "def work(db: Session):\n    return db.get(object, 1)\n"
        f"def outer():\n    return {called}(work)\n"
    )


def barrier_source(barrier: Barrier) -> str:
    """A function that waits and of which the row speaks."""
    head = "from sqlalchemy.orm import Session\n"
    body = "(self, db: Session):\n        return db.get(object, 1)\n"
    plain = "(db: Session):\n    return db.get(object, 1)\n"
    owner, _, last = barrier.name.rpartition(".")
    if barrier.kind == "hook":
        return f"{head}def {barrier.name}{plain}"
    if barrier.kind == "override":
        module, _, parent = owner.rpartition(".")
        return f"from {module} import {parent}\n{head}class A({parent}):\n    def {last}{body}"
    if barrier.kind == "store":
        cls, _, inner = owner.removesuffix(".env").rpartition(".")
        env = "thing.env" if owner.endswith(".env") else "thing"
        lines = f"from {cls} import {inner}\nthing = {inner}()\n{head}"
        return f"{lines}def work{plain}{env}.{last}['x'] = work\n"
    lines, decorator = ("", "") if barrier.kind == "method" else reach(barrier.name)
    name = barrier.name if barrier.kind == "method" else "work"
    source = f"{lines}{head}class A:\n"
    source += f"    @{decorator}\n" if decorator else ""
    source += f"    def {name}{body}"
    if name in ASYNC_METHODS:  # without the async form in the class, the method becomes that
        source += f"    async def {ASYNC_METHODS[name]}(self):\n        pass\n"
    return source


@pytest.mark.parametrize("barrier", barriers.BARRIERS, ids=lambda b: b.name)
def test_each_barrier_is_seen(barrier: Barrier) -> None:
    path = "conftest.py" if barrier.kind == "hook" else "app.py"
    program = build(Workspace(Path("/nowhere"), {path: barrier_source(barrier).encode()}))
    assert [b.name for b in program.colouring.barriers.values()] == [barrier.name]


@pytest.mark.parametrize("handover", barriers.HANDOVERS, ids=lambda h: h.name)
def test_each_handover_is_seen(handover: Handover) -> None:
    colouring = colouring_of(handover_source(handover.name))
    codes = {finding.code for finding in colouring.findings}
    outer_waits = any(f.name == "outer" for f in colouring.becomes_async)
    assert ("handed-to-thread" in codes) == (handover.handing is Handing.THREAD)
    assert "handed-to-unknown" not in codes
    assert outer_waits == (handover.handing in (Handing.CALLS, Handing.UNWRAP))


@pytest.mark.parametrize("argument", engine_arguments.ARGUMENTS, ids=lambda a: f"{a.name}-{a.value}")
def test_each_engine_argument_is_seen(argument: EngineArgument) -> None:
    value = f"pool.{argument.value}" if argument.value else "x"
    source = (
        "from sqlalchemy import create_engine, pool\nx = object()\n"
        f'engine = create_engine("sqlite:///a.db", {argument.name}={value})\n'
    )
    decisions = ENGINE.plan(program_of(source))
    dropped = [edit for edit in decisions.edits if argument.name in repr(edit.op)]
    assert dropped
    assert bool(decisions.findings) != argument.harmless
