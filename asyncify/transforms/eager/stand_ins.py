"""Functions that tests put in the place of others: what they load is read by whoever reads what the others load."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.mock_stands import Kind
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.test_doubles import replacements
from asyncify.analysis.values import Fn, Obj, Origin, objects
from asyncify.transforms.eager.reading import Reading


def carry_to_stand_ins(program: Program, reading: Reading) -> None:
    """Note for what a stand-in loads all that is read of what the function in whose place it is loads."""
    for function, other in _pairs(program):
        for given in _results(program, reading, function):
            for found in _results(program, reading, other):
                if given.info is not found.info or given.origin is None or found.origin is None:
                    continue
                start = given.origin.steps
                for steps, readers in list(reading.paths.get(given.origin.site, {}).items()):
                    below = steps[len(start) :]
                    if steps[: len(start)] == start and below:
                        origin = _walked(found.origin, below)
                        for reader in readers:
                            reading.note(origin, below[-1], reader)


def _walked(origin: Origin, steps: tuple[str, ...]) -> Origin:
    return Origin(origin.path, origin.site, (*origin.steps, *steps[:-1]))


def _results(program: Program, reading: Reading, function: FunctionInfo) -> Iterator[Obj]:
    """The instances that a function returns, by themselves or in a list."""
    for node in own_nodes(function.node):
        if isinstance(node, ast.Return) and node.value is not None:
            values = program.values(node.value)
            yield from objects(values)
            yield from objects(reading.elements(values))


def _pairs(program: Program) -> Iterator[tuple[FunctionInfo, FunctionInfo]]:
    """A function, and one that a test puts in its place."""
    for function, others in replacements(program).items():
        for other in others:
            yield function, other
    mocks = program.mock_origins.mocks
    for path in mocks.files:
        for node in program.modules[path].source.nodes_of(ast.Assign):
            target = node.targets[0]
            method = target.value if isinstance(target, ast.Attribute) and target.attr == "side_effect" else None
            if not isinstance(method, ast.Attribute):
                continue
            stand = mocks.stand(program.scope_of(node), method.value)
            if stand is not None and stand.info is not None and stand.kind is Kind.INSTANCE:
                replaced = program.classes.method(stand.info, method.attr)
                for value in program.values(node.value) if replaced is not None else ():
                    if isinstance(value, Fn) and replaced is not None:
                        yield replaced, value.info
