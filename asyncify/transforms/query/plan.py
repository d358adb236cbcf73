"""Decide on every query of a program: groups of queries that meet are converted whole or not at all."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import replace

from asyncify.analysis.program import Program
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Replace
from asyncify.transforms.base import Decisions
from asyncify.transforms.query.annotations import annotation_edits
from asyncify.transforms.query.contexts import Contexts
from asyncify.transforms.query.decisions import Decision, Places, Problem
from asyncify.transforms.query.heads import head
from asyncify.transforms.query.mocked import mocked
from asyncify.transforms.query.reports import reports
from asyncify.transforms.query.shapes import Shapes
from asyncify.transforms.query.uses import Uses


def plan(program: Program) -> Decisions:
    """The edits that make selects of queries, and findings for those that stay."""
    uses = Uses.of(program)
    shapes = Shapes(uses)
    places = Places(program)
    contexts = Contexts(uses, shapes, places)
    found: dict[ast.Call, list[Decision]] = defaultdict(list)
    for site in uses.sites:
        found[uses.groups[site]] += head(uses, shapes, places.of(uses.sites[site]), site)
    for use in uses.holds.values():
        found[uses.groups[next(iter(use.sites))]] += contexts.decide(use)
    for sites, edit in annotation_edits(uses, places):
        found[uses.groups[next(iter(sites))]].append(edit)
    edits: list[Edit] = []
    findings: list[Finding] = []
    for group, decisions in found.items():
        problems = list(dict.fromkeys(d.finding() for d in decisions if isinstance(d, Problem)))
        findings += problems
        if not problems:
            path = uses.holds[group].source.path
            name = f"query:{path}:{group.lineno}:{group.col_offset}"
            edits += [replace(d, group=name) for d in decisions if isinstance(d, Edit)]
    findings += reports(uses)
    of_mocks, left = mocked(uses, places, edits)
    edits += of_mocks
    findings += left
    return Decisions(
        edits=tuple(sorted(edits, key=_order)),
        findings=tuple(sorted(findings, key=lambda f: (f.path, f.span.line if f.span else 0, f.code))),
    )


def _order(edit: Edit) -> tuple[object, ...]:
    """Links first: what wraps a whole expression (`$it`) comes after the edits of the expression itself."""
    wraps = isinstance(edit.op, Replace) and "$it" in edit.op.template
    return edit.path, edit.target.span, wraps
