"""The transform `eager`."""

from __future__ import annotations

from asyncify.analysis.program import Program
from asyncify.transforms.base import Decisions, Transform
from asyncify.transforms.eager.examples import EXAMPLES
from asyncify.transforms.eager.planner import Planner


def plan(program: Program) -> Decisions:
    """Decide where to load what."""
    return Planner(program).run()


EAGER = Transform(
    "eager",
    "eager",
    "Load relationships with the instances from which code, response models and templates read them.",
    plan,
    EXAMPLES,
)
