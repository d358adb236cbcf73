"""`pytest.raises(Error, function, 1)` to a block, and finalizers of fixtures to code behind a `yield`.

pytest and unittest call what they are given and never await it. Sources: pytest, "Assertions about expected exceptions"
(legacy form) and "Adding finalizers directly"; unittest, `assertRaises`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType

from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.test_clients import uses_database
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, ReplaceStatement
from asyncify.model.span import Place, Target
from asyncify.transforms.base import Decisions
from asyncify.transforms.callbacks.waiting import must_wait

NAME = "callbacks"

#: callables that call what they are given -> how many arguments stand before it
_CHECKS = MappingProxyType(
    {"raises": 1, "warns": 1, "assertRaises": 1, "assertRaisesRegex": 2, "assertWarns": 1, "assertWarnsRegex": 2}
)


def plan(program: Program) -> Decisions:
    """Look at every statement that is such a call."""
    edits: list[Edit] = []
    if uses_database(program):
        for path in sorted(program.modules):
            source = program.modules[path].source
            for node in source.nodes_among(frozenset({ast.Expr, ast.Assign})):
                if isinstance(node, (ast.Expr, ast.Assign)) and isinstance(node.value, ast.Call):
                    edits += _check(program, source, node, node.value)
        for fixture in program.fixtures.decorators:
            edits += _finalizers(program, fixture)
    return Decisions(tuple(edits))


def _check(program: Program, source: SourceFile, node: ast.Expr | ast.Assign, call: ast.Call) -> Iterator[Edit]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    before = _CHECKS.get(name)
    if before is None or len(call.args) <= before or any(isinstance(a, ast.Starred) for a in call.args[: before + 1]):
        return
    function = call.args[before]
    if program.function_of(node) is None or not must_wait(program, function):
        return
    target = ""
    if isinstance(node, ast.Assign):
        if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            return
        target = f" as {node.targets[0].id}"
    holes = [Hole("check", source.span(call.func))]
    head = _arguments(source, call.args[:before], [], "e", holes)
    if isinstance(function, ast.Lambda):
        if len(call.args) > before + 1 or call.keywords or function.args.args:
            return
        holes.append(Hole("body", source.span(function.body)))
        body = "$body"
    else:
        holes.append(Hole("function", source.span(function)))
        body = f"$function({_arguments(source, call.args[before + 1 :], call.keywords, 'a', holes)})"
    op = ReplaceStatement(f"with $check({head}){target}:\n    {body}\n", tuple(holes))
    why = f"{name} does not await what it calls"
    yield Edit(NAME, source.path, Target(source.span(node), Place.STATEMENT), op, because=why)


def _arguments(
    source: SourceFile, args: list[ast.expr], keywords: list[ast.keyword], prefix: str, holes: list[Hole]
) -> str:
    """Arguments of a call as text; the values become holes."""
    parts = []
    for number, argument in enumerate((*args, *keywords)):
        value, lead = argument, ""
        if isinstance(argument, ast.keyword):
            value, lead = argument.value, f"{argument.arg}=" if argument.arg else "**"
        elif isinstance(argument, ast.Starred):
            value, lead = argument.value, "*"
        holes.append(Hole(f"{prefix}{number}", source.span(value)))
        parts.append(f"{lead}${prefix}{number}")
    return ", ".join(parts)


def _finalizers(program: Program, fixture: FunctionInfo) -> Iterator[Edit]:
    """A fixture whose finalizers are all registered on its way, and that returns once, at its end."""
    source = program.modules[fixture.path].source
    body = fixture.node.body
    calls = [n for n in fixture.nodes if isinstance(n, ast.Call) and _is_finalizer(n)]
    statements = [s for s in body if isinstance(s, ast.Expr) and s.value in calls]
    returns = [n for n in fixture.nodes if isinstance(n, (ast.Return, ast.Yield))]
    last = body[-1]
    if not calls or len(statements) != len(calls) or fixture.is_generator:
        return
    if any(r is not last for r in returns) or not any(must_wait(program, c.args[0]) for c in calls):
        return
    holes = []
    lines = ["yield"]
    if isinstance(last, ast.Return) and last.value is not None:
        holes.append(Hole("value", source.span(last.value)))
        lines = ["yield $value"]
    for call in reversed(calls):
        given = call.args[0]
        lines.append(source.segment(given.body) if isinstance(given, ast.Lambda) else f"{source.segment(given)}()")
    why = "a finalizer is not awaited; behind the `yield` of a fixture it can be"
    for statement in statements:
        if statement is not last:
            place = Target(source.span(statement), Place.STATEMENT)
            yield Edit(NAME, source.path, place, ReplaceStatement(""), because=why)
    op = ReplaceStatement("\n".join(lines) + "\n", tuple(holes))
    if last in statements or isinstance(last, ast.Return):
        yield Edit(NAME, source.path, Target(source.span(last), Place.STATEMENT), op, because=why)


def _is_finalizer(call: ast.Call) -> bool:
    """`request.addfinalizer(function)`."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "addfinalizer" and len(call.args) == 1
