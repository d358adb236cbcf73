"""The transform `eager`."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Finding
from asyncify.transforms.base import Decisions, Transform
from asyncify.transforms.eager.code import read_code
from asyncify.transforms.eager.examples import EXAMPLES
from asyncify.transforms.eager.loads import Statements, plan_statement
from asyncify.transforms.eager.pages import Pages
from asyncify.transforms.eager.reading import Reading, Steps
from asyncify.transforms.eager.validation import Validation


def read_all(program: Program) -> Reading:
    """Everything that is read from instances."""
    reading = Reading(program)
    read_code(reading)
    Validation(reading, routes(program)).read()
    Pages(reading).read()
    reading.close()
    return reading


def plan(program: Program) -> Decisions:
    """Decide where to load what."""
    reading = read_all(program)
    statements = Statements(program)
    edits: list[Edit] = []
    findings: list[Finding] = []
    for site, paths in reading.paths.items():
        if not isinstance(site, ast.Call):
            continue
        path = reading.files[site]
        because: dict[Steps, str] = {p: f"{'.'.join(p)} is read by {r[0].what}" for p, r in sorted(paths.items())}
        if has(program.values(site), names.QUERY, names.SELECT):
            done, _ = plan_statement(program, statements, site, path, because)
            edits.extend(done)
    edits.sort(key=lambda e: (e.path, e.target))
    return Decisions(tuple(edits), (), tuple(findings))


EAGER = Transform(
    "eager",
    "eager",
    "Load relationships with the instances from which code, response models and templates read them.",
    plan,
    EXAMPLES,
)
