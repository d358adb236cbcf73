"""The lines of recorded evidence as nodes of the program."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Route
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Inst, Obj, Values, objects
from asyncify.model.evidence import CodePlace, ImplicitLoad
from asyncify.transforms.eager.reading import Reader


def nodes_at(program: Program, place: CodePlace) -> Iterator[ast.expr]:
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


def instances_in(values: Values) -> Iterator[Obj]:
    """The instances among values, and in what holds some."""
    for value in values:
        if isinstance(value, Obj):
            yield value
        elif isinstance(value, Inst):
            for part in value.args:
                yield from (v for v in part if isinstance(v, Obj))


def family(program: Program, info: ClassInfo) -> Iterator[ClassInfo]:
    """A class, those that it inherits from and those that inherit from it."""
    above = (c for c in program.classes.ancestors(info) if isinstance(c, ClassInfo))
    yield from (*above, *program.classes.descendants(info))


def seen_in(load: ImplicitLoad) -> str:
    """A load in words."""
    return f"{load.model}.{load.attribute} in {load.worst_test or 'the tests'}"


def readers_of(program: Program, routes: list[Route], load: ImplicitLoad) -> Iterator[Reader]:
    """What may have read, found again in the program: what stands on the line, or what a route returns."""
    what = seen_in(load)
    if load.reader == "response":
        for route in routes:
            if route.answers(load.route):
                for node in route.function.nodes:
                    if isinstance(node, ast.Return) and node.value is not None:
                        yield Reader(route.function.path, node.value, "schema", what)
                return
    elif load.read is not None:
        nodes = list(nodes_at(program, load.read))
        named = [n for n in nodes if isinstance(n, ast.Attribute) and n.attr == load.attribute]
        sure = [n for n in named if any(o.info.name == load.model for o in objects(program.values(n.value)))]
        for attribute in sure or named:
            yield Reader(load.read.path, attribute, "code", what)
        for call in [] if named else nodes:
            for given in (*call.args, *(k.value for k in call.keywords)) if isinstance(call, ast.Call) else ():
                if any(instances_in(program.values(given))):
                    yield Reader(load.read.path, given, "schema", what)
                    return
