"""Decide on every query of a program: groups of queries that meet are converted whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from asyncify.analysis.program import Program
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Replace
from asyncify.model.tally import Fate, Subject
from asyncify.transforms.base import Decisions
from asyncify.transforms.query.annotations import annotation_edits
from asyncify.transforms.query.contexts import Contexts
from asyncify.transforms.query.decisions import NAME, Decision, Places, Problem
from asyncify.transforms.query.either import helper_edits
from asyncify.transforms.query.handing import handing_edits, keeping_edit
from asyncify.transforms.query.heads import head
from asyncify.transforms.query.listeners import query_listeners
from asyncify.transforms.query.mocked import asked_of_mocks, mocked
from asyncify.transforms.query.properties import makers, removals, unread_properties
from asyncify.transforms.query.reports import reports
from asyncify.transforms.query.shapes import Shapes
from asyncify.transforms.query.uses import Site, Uses

KIND = "legacy query"


def plan(program: Program) -> Decisions:
    """The edits that make selects of queries, and findings for those that stay."""
    uses = Uses.of(program)
    places = Places(program)
    if uses.sites and (listened := tuple(query_listeners(uses))):
        told, helpers = asked_of_mocks(uses, places)
        return Decisions(tuple(sorted(told, key=_order)), tuple(helpers), listened, tuple(_recognised(uses)))
    shapes = Shapes(uses)
    contexts = Contexts(uses, shapes, places)
    found: dict[Site, list[Decision]] = defaultdict(list)
    for site in uses.sites:
        found[uses.groups[site]] += head(uses, shapes, places.of(uses.sites[site]), site)
    for use in uses.holds.values():
        found[uses.groups[next(iter(use.sites))]] += contexts.decide(use)
    for handed in contexts.trails.handed.values():
        found[uses.groups[next(iter(handed.sites))]] += handing_edits(uses, places, handed)
    for kept in contexts.trails.kept.values():
        found[uses.groups[next(iter(kept.sites))]].append(keeping_edit(places, kept))
    for sites, edit in annotation_edits(uses, places):
        found[uses.groups[next(iter(sites))]].append(edit)
    edits: list[Edit] = []
    findings: list[Finding] = []
    converted: set[Site] = set()
    staying: dict[Site, list[Problem]] = {}
    for group, decisions in found.items():
        if problems := [d for d in decisions if isinstance(d, Problem)]:
            staying[group] = problems
            continue
        name = uses.group_name(group)
        edits += [replace(d, group=name) for d in decisions if isinstance(d, Edit)]
        converted |= {s for s in uses.sites if uses.groups[s] is group}
    unread = unread_properties(program, frozenset(converted))
    edits += removals(program, places, unread)
    gone = makers(program, unread) - makers(program, set(program.query_properties.all).difference(unread))
    for group, problems in staying.items():
        if program.function_of(group) not in gone:
            findings += dict.fromkeys(p.finding() for p in problems)
    needed = {place: sites & converted for place, sites in contexts.runs.either.items() if sites & converted}
    names = {place: min(map(uses.group_name, sites)) for place, sites in needed.items()}
    edits += helper_edits(uses, names)
    unfollowed = tuple(reports(uses))
    findings += unfollowed
    of_mocks, files, left = mocked(uses, places, edits, all_converted=converted >= uses.sites.keys())
    if not edits and uses.sites:
        of_mocks, files = asked_of_mocks(uses, places)
    edits += of_mocks
    findings += left
    if edits and not uses.library.has_selects_of_entities:
        findings.append(_too_old(uses))
    return Decisions(
        edits=tuple(sorted(edits, key=_order)),
        text_edits=tuple(files),
        findings=tuple(sorted(findings, key=lambda f: (f.path, f.span.line if f.span else 0, f.code))),
        subjects=(*_recognised(uses), *_subjects(unfollowed)),
    )


def _too_old(uses: Uses) -> Finding:
    """The one finding for a project whose sessions cannot yet execute what takes the place of its queries: whoever goes
    to async leaves that version in any case."""
    version = ".".join(map(str, uses.library.version or ()))
    message = f"sessions of SQLAlchemy {version} do not execute select(Model), which its queries become"
    path = min(source.path for source in uses.sites.values())
    return Finding(NAME, path, None, "query-version", message, "Go to SQLAlchemy 1.4.24 or later before you run it.")


def _recognised(uses: Uses) -> Iterator[Subject]:
    """Every call that makes a query, with the edits that convert it: there are none where one of its group stays."""
    for site, source in uses.sites.items():
        yield Subject(KIND, source.path, source.span(site), uses.group_name(site))


def _subjects(findings: Iterable[Finding]) -> Iterator[Subject]:
    """What makes queries as well, but of no session that could be told."""
    for finding in findings:
        if finding.span is not None:
            yield Subject(KIND, finding.path, finding.span, otherwise=Fate.REPORTED)


def _order(edit: Edit) -> tuple[object, ...]:
    """Links first: what wraps a whole expression (`$it`) comes after the edits of the expression itself."""
    wraps = isinstance(edit.op, Replace) and "$it" in edit.op.template
    return edit.path, edit.target.span, wraps
