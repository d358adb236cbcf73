"""What reads relationships for which no place to load them was found; the step `flip` runs these in the greenlet.

As long as the session is a synchronous one they load themselves, as they always did.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Route
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.unloaded import Reads, Unloaded
from asyncify.transforms.eager.planner import Planner
from asyncify.transforms.eager.reading import Reader, Steps
from asyncify.transforms.eager.repeated import first_reads, spawns


def unplaced_reads(program: Program) -> tuple[Unloaded, ...]:
    """The places of a program that read what no edit of `eager` loads, in the order of files and lines."""
    planner = Planner(program)
    planner.run()
    routes = {route.function: route for route in planner.routes}
    found: dict[ast.AST, Unloaded] = {}
    for reader, paths in planner.unplaced.items():
        for place in places(program, routes, reader, paths):
            if not _is_loaded_before(program, place):
                found.setdefault(place.node, place)
    for place in planner.expired.unloaded():
        found.setdefault(place.node, place)
    ordered = sorted(found.values(), key=lambda u: (u.path, program.modules[u.path].source.span(u.node)))
    return tuple(first_reads(program, ordered))


def places(
    program: Program, routes: dict[FunctionInfo, Route], reader: Reader, paths: set[Steps]
) -> Iterator[Unloaded]:
    """The place of a reader; none where what reads is no expression."""
    node = reader.node
    if not isinstance(node, ast.expr):
        return
    names = ", ".join(sorted(".".join(steps) for steps in paths))
    what = f"{names if len(names) < 100 else f'{len(paths)} paths'} read by {reader.what}"
    source = program.modules[reader.path].source
    if reader.kind == "schema":
        holder, outer = source.holder(node), source.parent(node)
        function = program.function_of(node)
        route = routes.get(function) if function is not None else None
        if isinstance(holder, ast.Call):
            yield Unloaded(reader.path, holder, Reads.CALL, what)
        elif isinstance(outer, ast.Return) and route is not None and route.response is not None:
            yield Unloaded(reader.path, node, Reads.ANSWER, what, route.response)
        else:
            yield Unloaded(reader.path, node, Reads.OTHER, what)
    elif isinstance(node, ast.Call):
        yield Unloaded(reader.path, node, Reads.CALL, what)
    elif isinstance(node, ast.Attribute):
        writes = not isinstance(node.ctx, ast.Load)
        yield Unloaded(reader.path, node, Reads.WRITE if writes else Reads.ATTRIBUTE, what)
    else:
        yield Unloaded(reader.path, node, Reads.OTHER, what)


def _is_loaded_before(program: Program, place: Unloaded) -> bool:
    """Whether the statement before an answer validates the same in the greenlet: the work of an earlier run."""
    if place.reads is not Reads.ANSWER:
        return False
    source = program.modules[place.path].source
    statement = source.statement(place.node)
    block = source.parent(statement)
    bodies = [b for name in ("body", "orelse", "finalbody") if isinstance(b := getattr(block, name, None), list)]
    before = next((b[b.index(statement) - 1] for b in bodies if statement in b[1:]), None)
    if not isinstance(before, ast.Expr) or not isinstance(before.value, ast.Await):
        return False
    call = before.value.value
    same = ast.dump(place.node)
    return isinstance(call, ast.Call) and spawns(program, call) and any(ast.dump(a) == same for a in call.args)
