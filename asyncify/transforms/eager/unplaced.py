"""What reads relationships for which no place to load them was found; the step `flip` runs these in the greenlet.

As long as the session is a synchronous one they load themselves, as they always did.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from asyncify.analysis.expiry.events import spawns
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Route
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.unloaded import Reads, Unloaded
from asyncify.analysis.values import Ext
from asyncify.knowledge.library import is_lazy
from asyncify.transforms.eager.planner import Planner
from asyncify.transforms.eager.reading import SOMEWHERE, Reader, Steps
from asyncify.transforms.eager.recursive import run_whole, unknown_calls
from asyncify.transforms.eager.repeated import first_reads, is_loaded_before, is_validated_before


def unplaced_reads(program: Program) -> tuple[Unloaded, ...]:
    """The places of a program that read what no edit of `eager` loads, in the order of files and lines."""
    planner = Planner(program)
    planner.run()
    _add_properties(program, planner)
    _leave_plain(program, planner)
    found: dict[tuple[ast.AST, Reads | None], Unloaded] = {}
    for place in (*_read(program, planner), *planner.expired.unloaded()):
        key = (place.node, place.reads if place.reads in (Reads.OTHER, Reads.ANSWER) else None)
        found[key] = _both(found[key], place) if key in found else place
    left = [some for one in found.values() if (some := _left(program, one)) is not None]
    ordered = sorted(left, key=lambda u: (u.path, program.modules[u.path].source.span(u.node)))
    return tuple(first_reads(program, ordered))


def _read(program: Program, planner: Planner) -> Iterator[Unloaded]:
    """The places of all readers. An answer reads nothing more than the call that makes it where that reads the same."""
    routes = {route.function: route for route in planner.routes}
    found: list[tuple[Unloaded, set[Steps]]] = []
    every: dict[tuple[ast.AST, Reads], set[Steps]] = defaultdict(set)
    for reader, paths in sorted(planner.unplaced.items(), key=lambda item: not item[0].apart):
        for place in places(program, routes, reader, paths):
            found.append((replace(place, unsure=reader.unsure), paths))
            every[place.node, place.reads] |= paths
    for place, paths in found:
        made = every.get((place.node, Reads.CALL)) if place.reads is Reads.ANSWER else None
        if (made is None or not paths <= made) and not _is_validated(program, place):
            yield place


def _left(program: Program, place: Unloaded) -> Unloaded | None:
    """A place without the attributes that an earlier run has let wait before; None where that is all."""
    reader = Reader(place.path, place.node, "schema", place.what)
    left = tuple(name for name in place.attributes if not is_loaded_before(program, reader, (name,)))
    return replace(place, attributes=left) if left or not place.attributes else None


def _both(first: Unloaded, second: Unloaded) -> Unloaded:
    """One place for two that are the same: the first, which reads the attributes of both, or everything."""
    every = first.attributes and second.attributes
    attributes = tuple(sorted({*first.attributes, *second.attributes})) if every else ()
    return replace(first, attributes=attributes, unsure=first.unsure and second.unsure)


def _add_properties(program: Program, planner: Planner) -> None:
    """Who reads a property reads what that does."""
    loading = {program.function_of(reader.node) for reader in planner.unplaced}
    known = sorted(planner.reading.properties, key=lambda p: (p[1].path, p[1].what, p[0].path, p[0].qualname))
    for method, reader in known:
        if method in loading:
            planner.unplaced[reader].add((method.name,))


def _leave_plain(program: Program, planner: Planner) -> None:
    """What code calls that pydantic or SQLAlchemy calls cannot wait, nor what calls itself on something unknown:
    whoever else calls it reads what it does."""
    readers = {reader: program.function_of(reader.node) for reader in planner.unplaced}
    whole = run_whole(program, filter(None, readers.values()))
    moved = planner.reading.followed | whole
    plain = moved | planner.reading.called
    if moved.isdisjoint(filter(None, readers.values())):
        return
    calls: dict[FunctionInfo, list[tuple[str, ast.Call]]] = defaultdict(list)
    for function in program.functions:
        for node in function.nodes if function not in plain else ():
            for called in program.calls(node) if isinstance(node, ast.Call) else ():
                if called.info in plain and isinstance(node, ast.Call):
                    calls[called.info].append((function.path, node))
    for reader, within in readers.items():
        if within in moved and within is not None:
            paths = planner.unplaced.pop(reader)
            for path, call in calls[within]:
                planner.unplaced[replace(reader, path=path, node=call)] |= paths
            for path, call in unknown_calls(program, within) if within in whole else ():
                planner.unplaced[replace(reader, path=path, node=call, unsure=True)] |= paths


def places(
    program: Program, routes: dict[FunctionInfo, Route], reader: Reader, paths: set[Steps]
) -> Iterator[Unloaded]:
    """The place of a reader; none where what reads is no expression."""
    node: ast.AST = reader.node
    source = program.modules[reader.path].source
    if isinstance(node, ast.pattern):
        node = next(m.subject for m in source.nodes_of(ast.Match) if node in set(ast.walk(m)))
        reader = replace(reader, apart=True)
    if not isinstance(node, ast.expr) or _runs_in_greenlet(program, source, node):
        return
    names = ", ".join(sorted(".".join(steps) for steps in paths if steps[-1:] != (SOMEWHERE,)))
    what = f"{names if len(names) < 100 else f'{len(paths)} paths'} read by {reader.what}"
    if reader.kind == "schema":
        holder, outer = source.holder(node), source.parent(node)
        function = program.function_of(node)
        route = routes.get(function) if function is not None else None
        if isinstance(holder, ast.Call) and not reader.apart:
            taker = _taker(program, source, holder)
            yield Unloaded(reader.path, taker or holder, Reads.CALL if taker is not None else Reads.OTHER, what)
        elif isinstance(outer, ast.Return) and route is not None and route.response is not None:
            own = tuple(sorted({steps[0] for steps in paths})) if all(len(steps) == 1 for steps in paths) else ()
            own = () if reader.apart else own
            yield Unloaded(reader.path, node, Reads.ANSWER, what, route.response, "", reader.apart, own)
        else:
            yield Unloaded(reader.path, node, Reads.OTHER, what)
    elif reader.looked_into and (found := _looking(program, source, node)) is not None:
        yield from (Unloaded(reader.path, inner, reads, what) for inner, reads in found)
    elif reader.apart:
        yield Unloaded(reader.path, node, Reads.OTHER, what)
    elif isinstance(node, ast.Call):
        taker = _taker(program, source, node)
        yield Unloaded(reader.path, taker or node, Reads.CALL if taker is not None else Reads.OTHER, what)
    elif isinstance(node, ast.Attribute):
        writes = not isinstance(node.ctx, ast.Load)
        yield Unloaded(reader.path, node, Reads.WRITE if writes else Reads.ATTRIBUTE, what)
    else:
        yield Unloaded(reader.path, node, Reads.OTHER, what)


def _taker(program: Program, source: SourceFile, call: ast.Call) -> ast.Call | None:
    """The call that reads: of `list(map(f, items))` it is `list`. None where that is no call."""
    while any(isinstance(v, Ext) and is_lazy(v.name) for v in program.values(call.func)):
        outer = source.holder(call)
        if not isinstance(outer, ast.Call) or call is outer.func:
            return None
        call = outer
    return call


def _looking(program: Program, source: SourceFile, node: ast.expr) -> list[tuple[ast.expr, Reads]] | None:
    """A proxy of a collection loads that when it is read, and what stands behind the elements when something looks into
    it: a call that it is given to, one of its methods, a loop. None where it goes elsewhere."""
    outer = source.parent(node)
    beyond = source.parent(outer) if outer is not None else None
    if isinstance(outer, ast.Attribute) and isinstance(beyond, ast.Call) and beyond.func is outer:
        return [(node, Reads.ATTRIBUTE), (beyond, Reads.CALL)]
    if isinstance(outer, ast.Call) and node in outer.args:
        return None if program.calls(outer) else [(node, Reads.ATTRIBUTE), (outer, Reads.CALL)]
    looped = isinstance(outer, (ast.For, ast.comprehension)) and outer.iter is node
    compared = isinstance(outer, ast.Compare) and node in outer.comparators
    return [(node, Reads.ITEMS)] if looped or compared else None


def _runs_in_greenlet(program: Program, source: SourceFile, node: ast.expr) -> bool:
    """Whether a node is handed to `greenlet_spawn` already: the work of an earlier run."""
    outer = source.holder(node)
    return isinstance(outer, ast.Call) and outer.func is not node and spawns(program, outer)


def _is_validated(program: Program, place: Unloaded) -> bool:
    return place.reads is Reads.ANSWER and is_validated_before(program, place.path, place.node)
