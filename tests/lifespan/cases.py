"""A program from text, through the transform."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from asyncify.analysis.program import build
from asyncify.model.plan import Plan, Rewritten, Workspace
from asyncify.rewrite.apply import apply_plan
from asyncify.transforms.lifespan import LIFESPAN


def convert(files: dict[str, str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The files after the transform, and (code, message) of each finding."""
    workspace = Workspace(Path("/nowhere"), {path: dedent(text).encode() for path, text in files.items()})
    program = build(workspace)
    decisions = LIFESPAN.plan(program)
    plan = Plan("lifespan", decisions.edits, decisions.text_edits, decisions.findings)
    after, results = apply_plan(plan, workspace, program.reexports())
    assert all(isinstance(r, Rewritten) for r in results), results
    return {p: d.decode() for p, d in after.files.items()}, [(f.code, f.message) for f in decisions.findings]
