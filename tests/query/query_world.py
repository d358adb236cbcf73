"""Running the transform on source in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from asyncify.analysis.program import build
from asyncify.model.edit import Finding
from asyncify.model.plan import Plan, Rewritten, Workspace
from asyncify.rewrite.apply import apply_plan
from asyncify.transforms.query import QUERY


def convert(files: Mapping[str, str]) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """The files after the transform, and what it reported."""
    workspace = Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()})
    program = build(workspace)
    decisions = QUERY.plan(program)
    plan = Plan("query", decisions.edits, decisions.text_edits, decisions.findings)
    after, results = apply_plan(plan, workspace, program.reexports())
    problems = [r for r in results if not isinstance(r, Rewritten)]
    assert not problems, problems
    return {p: d.decode() for p, d in after.files.items()}, decisions.findings
