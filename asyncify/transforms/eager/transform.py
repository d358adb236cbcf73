"""The transform `eager`."""

from __future__ import annotations

from dataclasses import replace

from asyncify.analysis.program import Program
from asyncify.model.evidence import NO_EVIDENCE
from asyncify.transforms.base import Decisions, Transform
from asyncify.transforms.eager.compared import compare
from asyncify.transforms.eager.examples import EXAMPLES
from asyncify.transforms.eager.planner import Planner


def plan(program: Program) -> Decisions:
    """Decide where to load what."""
    planner = Planner(program)
    decisions = planner.run()
    if program.evidence is NO_EVIDENCE:
        return decisions
    comparison, left = compare(planner)
    return replace(decisions, findings=(*decisions.findings, *left), comparison=comparison)


EAGER = Transform(
    "eager",
    "eager",
    "Load relationships with the instances from which code, response models and templates read them.",
    plan,
    EXAMPLES,
)
