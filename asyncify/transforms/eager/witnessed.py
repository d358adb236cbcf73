"""Reads that a recorded run of the tests has shown, beside those that reasoning has found."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach, Route
from asyncify.analysis.symbols import ClassInfo
from asyncify.model.evidence import CodePlace, ImplicitLoad, LoadKind
from asyncify.transforms.eager.created import Created
from asyncify.transforms.eager.expired import Expired
from asyncify.transforms.eager.places import family, instances_in, nodes_at, readers_of, seen_in
from asyncify.transforms.eager.reading import Reader, Reading, Steps
from asyncify.transforms.eager.session_calls import is_construction

LAZY = frozenset({LoadKind.RELATIONSHIP, LoadKind.ASSIGNED})
#: what the mapping of a column can change
MAPPED = frozenset({LoadKind.DEFERRED, LoadKind.FETCHED})


@dataclass(frozen=True)
class Witnessed:
    """One implicit load of a run, found again in the program.

    sites: the loading places that it may be of; none where they were not found. readers: none where what read is not
    in the program. owner: the mapped class. known: whether reasoning has found it too. needless: why an async session
    does not send it, or can; empty where it cannot.
    """

    load: ImplicitLoad
    sites: tuple[tuple[str, ast.AST], ...] = ()
    steps: Steps = ()
    readers: tuple[Reader, ...] = ()
    owner: ClassInfo | None = None
    known: bool = False
    needless: str = ""


def witnessed(
    reading: Reading,
    routes: list[Route],
    reach: Reach,
    created: Created,
    expired: Expired,
    mapped: Mapping[tuple[ClassInfo, str], LoadKind],
) -> Iterator[Witnessed]:
    """Every implicit load of the evidence of a program, in the order of the file. mapped: the columns that reasoning
    lets their mapping load."""
    program = reading.program
    for load in program.evidence.loads:
        steps = (*load.through, load.attribute)
        readers = tuple(readers_of(program, routes, load))
        owner = _owner(program, load)
        if reason := _needless(load):
            yield Witnessed(load, (), steps, readers, owner, needless=reason)
        elif load.kind in LAZY:
            sites = tuple(_sites(program, load.loaded, load.model, steps)) if load.loaded is not None else ()
            found = [r for _, site in sites for r in reading.paths.get(site, {}).get(steps, ())]
            covering = tuple(r for r in found if _covers(program, routes, reach, r, load))
            unplaced = tuple(r for c, name, r in reading.unknown if name == load.attribute and _reads_at(r, readers))
            own = readers or tuple(_of_statements(program, created, sites, load))
            yield Witnessed(load, sites, steps, covering or unplaced or own, owner, bool(found or unplaced))
        else:
            known = owner is not None and mapped.get((owner, load.attribute)) is load.kind
            known = known or expired.outcome(load) is not None
            sites = tuple(_sites(program, load.loaded, load.model, steps)) if load.loaded is not None else ()
            known = known or any(load.attribute in reading.column_reads.get(site, {}) for _, site in sites)
            yield Witnessed(load, sites, steps, readers, owner, known)


def add_witnessed(reading: Reading, found: list[Witnessed]) -> None:
    """Let what only the evidence shows be loaded as that which reasoning finds."""
    for one in found:
        if one.needless:
            continue
        if one.load.kind in LAZY:
            for path, site in one.sites:
                reading.files[site] = path
                there = reading.paths[site].setdefault(one.steps, [])
                there.extend(reader for reader in one.readers if reader not in there)
        elif one.load.kind in MAPPED and one.owner is not None:
            reading.columns.add((one.owner, one.load.attribute))
            for path, site in one.sites if len(one.steps) == 1 and one.load.kind is LoadKind.DEFERRED else ():
                for reader in one.readers[:1]:
                    reading.files[site] = path
                    reading.column_reads[site].setdefault(one.load.attribute, reader)
            if one.load.kind is LoadKind.FETCHED:
                reading.fetched.add((one.owner, one.load.attribute))
                reading.changed.add(one.owner)


def _of_statements(
    program: Program, created: Created, sites: tuple[tuple[str, ast.AST], ...], load: ImplicitLoad
) -> Iterator[Reader]:
    """For what a template or library reads: the statements themselves, where nothing forgets what they have loaded."""
    for path, site in sites:
        made = isinstance(site, ast.Call) and is_construction(program, site)
        if not made and not created.refreshes(site):
            yield Reader(path, site, "code", seen_in(load))


def _needless(load: ImplicitLoad) -> str:
    if load.inside:
        return f"it happens inside {load.inside}(), which runs in SQLAlchemy's greenlet"
    if load.kind is LoadKind.EXPIRED and load.cause == "commit":
        return "async sessions keep what they hold after a commit (expire_on_commit=False)"
    return ""


def _owner(program: Program, load: ImplicitLoad) -> ClassInfo | None:
    """The mapped class of a load, where only one has the name."""
    found = [c for c in program.classes.all if c.name == load.model and program.orm.is_model(c)]
    return found[0] if len(found) == 1 else None


def _sites(program: Program, place: CodePlace, model: str, steps: Steps) -> Iterator[tuple[str, ast.AST]]:
    """The loading places of instances that a line gives, where the path of relationships leads to the model."""
    seen: set[ast.AST] = set()
    for node in nodes_at(program, place):
        for value in instances_in(program.values(node)):
            origin = value.origin
            if origin is None or origin.steps or origin.site in seen or not _leads(program, value.info, model, steps):
                continue
            seen.add(origin.site)
            yield origin.path, origin.site


def _leads(program: Program, info: ClassInfo, model: str, steps: Steps) -> bool:
    current = program.orm.end_of(info, steps[:-1])
    if current is None:
        return False
    known = program.orm.relationship(current, steps[-1]) is not None or steps[-1] in program.orm.columns(current)
    if not known:
        return False
    return any(c.name == model for c in family(program, current))


def _covers(program: Program, routes: list[Route], reach: Reach, reader: Reader, load: ImplicitLoad) -> bool:
    """Whether a reader that reasoning knows is, or runs, what has read."""
    if load.reader == "template":
        return reader.kind == "template"
    function = program.function_of(reader.node)
    if load.reader == "response":
        return reader.kind == "schema" and any(r.function is function and r.answers(load.route) for r in routes)
    if load.read is None:
        return False
    if load.read.path == reader.path and _lines(reader.node, load.read.line):
        return True
    if function is None:
        return False
    return any(f.path == load.read.path and _lines(f.node, load.read.line) for f in reach.of(function))


def _lines(node: ast.AST, line: int) -> bool:
    first = getattr(node, "lineno", 0)
    return first <= line <= (getattr(node, "end_lineno", None) or first)


def _reads_at(reader: Reader, readers: tuple[Reader, ...]) -> bool:
    return any(reader.node is other.node for other in readers)
