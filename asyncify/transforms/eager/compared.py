"""What the tests have shown beside what reasoning knows, once a plan is made; what nothing helps is a finding."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.unloaded import Reads
from asyncify.model.comparison import Comparison, Outcome, Reasoned, Seen
from asyncify.model.edit import Finding
from asyncify.model.evidence import CodePlace, LoadKind
from asyncify.model.span import Span
from asyncify.transforms.eager.loads import Site, entities, loaded_classes
from asyncify.transforms.eager.options import EAGER_SETTINGS
from asyncify.transforms.eager.planner import Planner
from asyncify.transforms.eager.reading import Reader, Steps
from asyncify.transforms.eager.unplaced import places
from asyncify.transforms.eager.witnessed import LAZY, Witnessed

CODE = "evidence-load"
ADVICE = {
    LoadKind.RELATIONSHIP: "load it with the statement that loads the instance, or read it inside run_sync",
    LoadKind.DEFERRED: "load it with undefer() or load_only() in the statement that loads the instance",
    LoadKind.EXPIRED: "refresh the instance before it is read, or load it again",
    LoadKind.FETCHED: "set eager_defaults in the mapping, or refresh the instance after the flush",
    LoadKind.POLYMORPHIC: "load the subclasses with selectin_polymorphic() or with_polymorphic()",
    LoadKind.ASSIGNED: "load it with the statement that loads the instance before it is assigned",
}
#: from the least to the most that is done: what one reader lacks, the load lacks
ORDER = (Outcome.LEFT, Outcome.GREENLET, Outcome.BESIDE, Outcome.REFRESH, Outcome.STATEMENT, Outcome.MAPPING)


def compare(planner: Planner) -> tuple[Comparison, tuple[Finding, ...]]:
    """Evidence beside the plan that was made, and what is left of it. The planner has run."""
    seen, findings = [], []
    for one in planner.witnessed:
        outcome = _outcome(planner, one)
        seen.append(Seen(one.load, one.known, outcome, one.needless))
        if outcome is Outcome.LEFT:
            findings.append(_finding(planner.program, one))
    return Comparison(tuple(seen), tuple(_reasoned(planner))), tuple(findings)


def _outcome(planner: Planner, one: Witnessed) -> Outcome:
    if one.needless:
        return Outcome.NOTHING
    if (whole := planner.loaded_whole(one)) is not None:
        return whole
    found = [_of_reader(planner, reader, one) for reader in one.readers]
    return min(found, key=ORDER.index, default=Outcome.LEFT)


def _of_reader(planner: Planner, reader: Reader, one: Witnessed) -> Outcome:
    outcome = planner.outcomes.get((reader, one.steps), Outcome.GREENLET)
    if outcome is Outcome.GREENLET:
        routes = {route.function: route for route in planner.routes}
        found = list(places(planner.program, routes, reader, {one.steps}))
        if not found or any(place.reads is Reads.OTHER for place in found):
            return Outcome.LEFT
    return outcome


def _finding(program: Program, one: Witnessed) -> Finding:
    load = one.load
    place = load.read if load.read is not None else load.loaded
    path = place.path if place is not None else load.worst_test.partition("::")[0]
    by = f"{load.reads} reads it" if load.read is not None or load.reader == "response" else "it is read"
    given = f", from what {load.loaded} gives" if load.loaded is not None else ""
    message = f"{load.title} loads itself when {by}{given}; seen in {load.worst_test or 'the tests'}"
    return Finding("eager", path, _span(program, place), CODE, message, ADVICE[load.kind])


def _span(program: Program, place: CodePlace | None) -> Span | None:
    if place is None:
        return None
    module = program.modules.get(place.path)
    length = len(module.source.lines[place.line - 1]) if module and place.line <= len(module.source.lines) else 0
    return Span(place.line, 0, place.line, length)


# -- what only reasoning knows ---------------------------------------------------------------------------


def _reasoned(planner: Planner) -> Iterator[Reasoned]:
    shown = {(site, one.steps) for one in planner.witnessed for _, site in one.sites}
    named = {(one.load.model, one.load.attribute) for one in planner.witnessed if one.load.kind in LAZY}
    found: set[Reasoned] = set()
    for site, readers in planner.reading.paths.items():
        if isinstance(site, (ast.Call, ast.Attribute)):
            for steps, by in readers.items():
                if (site, steps) not in shown:
                    found.update(_of_site(planner, site, steps, by))
    for info, name, reader in planner.reading.unknown:
        if (info.name, name) not in named:
            place = _place(planner.program, reader.path, reader.node)
            found.add(Reasoned(LoadKind.RELATIONSHIP, info.name, name, place, None, Outcome.GREENLET))
    seen = {(one.owner, one.load.attribute) for one in planner.witnessed}
    for key, kind in planner.mapped.items():
        if key not in seen:
            found.add(Reasoned(kind, key[0].name, key[1], None, None, Outcome.MAPPING))
    yield from sorted(found, key=lambda r: (r.kind.value, str(r.loaded), r.model, r.attribute, str(r.read)))


def _of_site(planner: Planner, site: Site, steps: Steps, readers: Iterable[Reader]) -> Iterator[Reasoned]:
    """One row for what a site lacks: what it or its mapping loads already, no test can show."""
    path = planner.reading.files[site]
    outcomes = {r: o for r in readers if (o := planner.outcomes.get((r, steps))) is not None}
    models = loaded_classes(planner.program, path, site)
    if not outcomes or not models or _is_there(planner, path, site, steps):
        return
    reader = min(outcomes, key=lambda r: (r.path, getattr(r.node, "lineno", 0)))
    outcome = min(outcomes.values(), key=ORDER.index)
    model = next((m for m in models if planner.program.orm.end_of(m, steps[:1]) is not None), models[0])
    read, loaded = _place(planner.program, reader.path, reader.node), _place(planner.program, path, site)
    yield Reasoned(LoadKind.RELATIONSHIP, model.name, ".".join(steps), read, loaded, outcome)


def _is_there(planner: Planner, path: str, site: Site, steps: Steps) -> bool:
    if steps in {e.steps for e in planner.statements.existing.of_statement(site) if e.loads}:
        return True
    for entity in entities(planner.program, path, site):
        above = planner.program.orm.end_of(entity.info, steps[:-1])
        relationship = planner.program.orm.relationship(above, steps[-1]) if above is not None else None
        if relationship is not None and relationship.lazy in EAGER_SETTINGS:
            return True
    return False


def _place(program: Program, path: str, node: ast.AST) -> CodePlace:
    function = program.function_of(node)
    return CodePlace(path, getattr(node, "lineno", 0), function.name if function is not None else "")
