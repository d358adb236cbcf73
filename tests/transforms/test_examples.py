"""The examples that every transform carries are its first tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from asyncify.analysis.program import build
from asyncify.model.plan import Plan, Rewritten, Workspace
from asyncify.rewrite.apply import apply_plan
from asyncify.transforms.base import Example, Transform
from asyncify.transforms.registry import TRANSFORMS

CASES = [pytest.param(t, e, id=f"{t.name}: {e.name}") for t in TRANSFORMS for e in t.examples]


def files_of(text: object) -> dict[str, str]:
    return dict(text) if not isinstance(text, str) else {"app.py": text}  # type: ignore[call-overload]


def run(transform: Transform, files: dict[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    workspace = Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()})
    program = build(workspace)
    decisions = transform.plan(program)
    plan = Plan(transform.step, decisions.edits, decisions.text_edits, decisions.findings)
    after, results = apply_plan(plan, workspace, program.reexports())
    problems = [r for r in results if not isinstance(r, Rewritten)]
    assert not problems, problems
    return {p: d.decode() for p, d in after.files.items()}, tuple(f.code for f in decisions.findings)


@pytest.mark.parametrize(("transform", "example"), CASES)
def test_example(transform: Transform, example: Example) -> None:
    before = files_of(example.before)
    for text in (before[p] for p in before if p.endswith(".py")):
        ast.parse(text)
    after, findings = run(transform, before)
    assert after == (before if example.after is None else {**before, **files_of(example.after)})
    assert findings == example.findings
    again, _ = run(transform, after)
    assert again == after, "a second run changes something"
