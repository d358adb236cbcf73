"""`request.getfixturevalue("client")` in what becomes async: a running loop cannot set an async fixture up.

The fixture becomes a parameter, and is there before the test begins; of several that a name may mean, all are.
Source: pytest, `FixtureRequest.getfixturevalue`; pytest-asyncio, where it runs the loop.
"""

from __future__ import annotations

import ast

from asyncify.analysis.given_texts import parametrized_texts
from asyncify.analysis.symbols import FunctionInfo
from asyncify.model.ops import EditParameters, Hole, Replace
from asyncify.transforms.tests.found import Work

_WHY = "an async fixture cannot be set up by its name where a loop is running"


def plan_named_fixtures(work: Work) -> None:
    """Give tests and fixtures what they ask for by name."""
    fixtures = work.program.fixtures
    for function in sorted(work.changing, key=lambda f: (f.path, f.node.lineno)):
        if not fixtures.is_test(function) and not fixtures.is_fixture(function):
            continue
        added: dict[str, None] = {}
        for node in function.nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "getfixturevalue" and node.args:
                names = _names(work, function, node.args[0])
                found = {name: fixtures.find(function, name) for name in names}
                if any(_waits(work, fixture) for fixture in found.values() if fixture is not None):
                    _replace(work, function, node, names)
                    added |= dict.fromkeys(names)
        taken = {p.arg for p in function.parameters}
        if new := tuple(name for name in added if name not in taken):
            work.edit(function.path, function.node, EditParameters(new), _WHY)


def _waits(work: Work, fixture: FunctionInfo) -> bool:
    """Whether a fixture becomes async, or one that it needs: setting it up sets these up."""
    todo, seen = [fixture], {fixture}
    while todo:
        one = todo.pop()
        if work.waits(one):
            return True
        needed = (work.program.fixtures.find(one, p.arg) for p in one.parameters)
        new = {f for f in needed if f is not None} - seen
        seen |= new
        todo += new
    return False


def _names(work: Work, function: FunctionInfo, node: ast.expr) -> list[str]:
    """The fixtures that a name may mean; none where one of them is a name of the function for something else."""
    found: set[str] = set()
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = {node.value}
    elif isinstance(node, ast.Name):
        found = parametrized_texts(work.program.names, function, node.id)
    bound = function.local_names - {p.arg for p in function.parameters}
    return sorted(found) if not found & bound else []


def _replace(work: Work, function: FunctionInfo, call: ast.Call, names: list[str]) -> None:
    if isinstance(call.args[0], ast.Constant):
        work.edit(function.path, call, Replace(names[0]), _WHY)
        return
    items = ", ".join(f'"{name}": {name}' for name in names)
    key = Hole("name", work.source(function.path).span(call.args[0]))
    work.edit(function.path, call, Replace(f"{{{items}}}[$name]", (key,)), _WHY)
