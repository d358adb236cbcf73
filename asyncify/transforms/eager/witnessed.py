"""Reads that a recorded run of the tests has shown, beside those that reasoning has found."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Route
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Inst, Obj, Values
from asyncify.model.evidence import CodePlace, ImplicitLoad, LoadKind
from asyncify.transforms.eager.reading import Reader, Reading, Steps

LAZY = frozenset({LoadKind.RELATIONSHIP, LoadKind.ASSIGNED})


@dataclass(frozen=True)
class Witnessed:
    """One implicit load of a run, found again in the program.

    site: the loading places that it may be of; none where they were not found. reader: None where what read is not in
    the program. known: whether reasoning has found it too.
    """

    load: ImplicitLoad
    sites: tuple[tuple[str, ast.AST], ...]
    steps: Steps
    reader: Reader | None
    known: bool


def witnessed(reading: Reading, routes: list[Route]) -> Iterator[Witnessed]:
    """What the evidence of a program shows of relationships that load themselves where an async session cannot."""
    program = reading.program
    for load in program.evidence.loads:
        if load.kind not in LAZY or load.inside or load.loaded is None:
            continue
        steps = (*load.through, load.attribute)
        sites = tuple(_sites(program, load.loaded, load.model, steps))
        known = any(steps in reading.paths.get(site, ()) for _, site in sites)
        yield Witnessed(load, sites, steps, _reader(program, routes, load), known)


def add_witnessed(reading: Reading, found: list[Witnessed]) -> None:
    """Let reads that only the evidence shows be loaded as those that reasoning finds."""
    for one in found:
        if not one.known and one.reader is not None:
            for path, site in one.sites:
                reading.files[site] = path
                reading.paths[site].setdefault(one.steps, []).append(one.reader)


def _sites(program: Program, place: CodePlace, model: str, steps: Steps) -> Iterator[tuple[str, ast.AST]]:
    """The loading places of instances that a line gives, where the path of relationships leads to the model."""
    seen: set[ast.AST] = set()
    for node in _at(program, place):
        for value in _instances(program.values(node)):
            origin = value.origin
            if origin is None or origin.steps or origin.site in seen or not _leads(program, value.info, model, steps):
                continue
            seen.add(origin.site)
            yield origin.path, origin.site


def _instances(values: Values) -> Iterator[Obj]:
    for value in values:
        if isinstance(value, Obj):
            yield value
        elif isinstance(value, Inst):
            for part in value.args:
                yield from (v for v in part if isinstance(v, Obj))


def _leads(program: Program, info: ClassInfo, model: str, steps: Steps) -> bool:
    current: ClassInfo | None = info
    for name in steps[:-1]:
        relationship = program.orm.relationship(current, name) if current is not None else None
        current = relationship.target if relationship is not None else None
    if current is None or program.orm.relationship(current, steps[-1]) is None:
        return False
    family = (*program.classes.ancestors(current), *program.classes.descendants(current))
    return any(isinstance(c, ClassInfo) and c.name == model for c in family)


def _reader(program: Program, routes: list[Route], load: ImplicitLoad) -> Reader | None:
    what = f"{load.model}.{load.attribute} in {load.worst_test or 'the tests'}"
    if load.reader == "response":
        for route in routes:
            # FastAPI names the field after the function, the path and the method
            if f"_{load.route}".startswith(f"_Response_{route.function.name}_"):
                for node in route.function.nodes:
                    if isinstance(node, ast.Return) and node.value is not None:
                        return Reader(route.function.path, node.value, "schema", what)
        return None
    if load.read is None:
        return None
    nodes = list(_at(program, load.read))
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr == load.attribute:
            return Reader(load.read.path, node, "code", what)
    for node in nodes:
        if isinstance(node, ast.Call) and node.args and any(_instances(program.values(node.args[0]))):
            return Reader(load.read.path, node.args[0], "schema", what)
    return None


def _at(program: Program, place: CodePlace) -> Iterator[ast.expr]:
    """The expressions of the innermost statement on a line."""
    module = program.modules.get(place.path)
    if module is None:
        return
    inside = [
        node
        for node in module.source.nodes
        if isinstance(node, ast.expr) and node.lineno <= place.line <= (node.end_lineno or node.lineno)
    ]
    if inside:
        statements = {module.source.statement(node) for node in inside}
        inner = max(statements, key=lambda s: s.lineno)
        yield from (node for node in inside if module.source.statement(node) is inner)
