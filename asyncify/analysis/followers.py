"""What becomes async with a function that does: what tests put in its place, and what runs its coroutines."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.mock_calls import results
from asyncify.analysis.own_loops import runs_parameter
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.test_doubles import find_replacements, replacements
from asyncify.analysis.values import Fn, Inst, Obj, Values, is_session, objects
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of

#: what holds what a function gives in turn
HOLDING = frozenset({"generator", "asyncgenerator", "iterator", "list", "tuple", "contextmanager"})


def followers(program: Program) -> Mapping[FunctionInfo, list[FunctionInfo]]:
    """For each function what becomes async with it: its replacements, the methods of sessions that these give in the
    place of its own, and helpers of tests that run the coroutines which it hands them."""
    found: dict[FunctionInfo, list[FunctionInfo]] = defaultdict(list, replacements(program))
    for one in find_replacements(program):
        if one.value is not None and _gives_sessions(program, one.target):
            for fake in _fakes(program, one.value):
                for name, method in fake.info.methods.items():
                    if form_of(names.SESSION, name) is Form.AWAIT and method not in found[one.target]:
                        found[one.target].append(method)
    tests = [function for function in program.functions if is_test(function.path)]
    runners = {function for function in tests if runs_parameter(program, function)}
    for function in tests if runners else ():
        for node in function.nodes:
            called = program.calls(node) if isinstance(node, ast.Call) else ()
            found[function].extend(one.info for one in called if one.info in runners)
    return found


def _gives_sessions(program: Program, function: FunctionInfo) -> bool:
    return any(is_session(_inside(program.values(given))) for given in results(function.node))


def _fakes(program: Program, value: ast.expr) -> Iterator[Obj]:
    """The instances of classes of the tests that a replacement gives."""
    given = [value.body] if isinstance(value, ast.Lambda) else []
    for function in program.values(value):
        given += results(function.info.node) if isinstance(function, Fn) else ()
    for expression in given:
        yield from (fake for fake in objects(_inside(program.values(expression))) if is_test(fake.info.path))


def _inside(values: Values) -> Values:
    """Values, and what they hold."""
    held = (inner for v in values if isinstance(v, Inst) and v.type in HOLDING and v.args for inner in v.args[0])
    return values | frozenset(held)
