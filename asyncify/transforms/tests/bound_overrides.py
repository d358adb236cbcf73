"""`app.dependency_overrides[f] = partial(fake, user=user)`, where `fake` becomes async.

FastAPI asks whether the object that it was given is a coroutine function; of a partial it said no, called it in a
thread and gave the coroutine to the route, until it looked behind partials in 0.123.5. Source: release notes of
FastAPI, 0.123.5, pull request 9753.
"""

from __future__ import annotations

import ast

from asyncify.analysis.barriers import callee_name
from asyncify.analysis.bindings import free_name
from asyncify.analysis.expiry.flow import LOOPS
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.model.ops import Hole, InsertStatements, Replace
from asyncify.transforms.tests.found import Work

#: the first version that waits for what a partial gives
AWAITS_PARTIALS = (0, 123, 5)
WHY = f"FastAPI before {'.'.join(map(str, AWAITS_PARTIALS))} does not await what a partial gives"
#: what is the same whenever it is evaluated, as long as its name is not bound again
SETTLED = (ast.Name, ast.Attribute, ast.Constant)


def override_name(work: Work, source: SourceFile, key: ast.expr) -> str:
    """A name for the function that stands for the one that a key of `dependency_overrides` is."""
    wish = f"override_{source.segment(key).rpartition('.')[2]}"
    return free_name(work.program, source.path, wish if wish.isidentifier() else "override")


def bound_override(work: Work, source: SourceFile, name: str, node: ast.Call) -> None:
    """A partial of a function that becomes async to a function of that name in front of the statement, with the
    parameters that were not bound: FastAPI reads them as it read those of the partial."""
    if callee_name(work.program, node) != "functools.partial" or not node.args:
        return
    functions = {f.info for f in work.program.facts.handed.get(node.args[0], ())}
    if not any(work.waits(f) and not f.is_generator for f in functions) or _awaits_partials(work):
        return
    function = next(iter(functions)) if len(functions) == 1 else None
    parameters = None if function is None else _left_over(function, source, node)
    if parameters is None or _comes_again(source, node):
        work.report(source.path, node, "partial-override", WHY, "write an `async def` in its place")
        return
    given = [Hole(f"a{number}", source.span(value)) for number, value in enumerate(node.args)]
    named = [Hole(f"k{number}", source.span(k.value)) for number, k in enumerate(node.keywords)]
    passed = [f"${hole.name}" for hole in given[1:]]
    passed += [f"{k.arg}=${hole.name}" for k, hole in zip(node.keywords, named, strict=True)]
    passed += [f"{a.arg}={a.arg}" for a in (*parameters.args, *parameters.kwonlyargs)]
    template = f"async def {name}({ast.unparse(parameters)}):\n    return await $a0({', '.join(passed)})\n"
    statement = source.statement(node)
    work.edit(source.path, statement, InsertStatements(template, "before", (*given, *named)), WHY)
    work.edit(source.path, node, Replace(name), WHY, (), [n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)])


def _awaits_partials(work: Work) -> bool:
    """Whether the manifests say that FastAPI is new enough."""
    version = read_dependencies(work.program.workspace.files).version("fastapi")
    return version is not None and version >= AWAITS_PARTIALS


def _left_over(function: FunctionInfo, source: SourceFile, node: ast.Call) -> ast.arguments | None:
    """The parameters that a partial leaves to FastAPI; None where they cannot be written down at its place."""
    spec = function.node.args
    bound = [*node.args[1:], *(k.value for k in node.keywords)]
    if not all(isinstance(b, SETTLED) for b in bound) or any(k.arg is None for k in node.keywords):
        return None
    if function.path != source.path or function.cls is not None or function.parent is not None:
        return None  # its annotations and defaults may be of names that are others here
    if spec.vararg or spec.kwarg or spec.posonlyargs:
        return None
    names = {k.arg for k in node.keywords}
    first = len(spec.args) - len(spec.defaults)
    with_defaults = [(a, spec.defaults[i - first] if i >= first else None) for i, a in enumerate(spec.args)]
    left = [(a, d) for a, d in with_defaults[len(node.args) - 1 :] if a.arg not in names]
    only = [(a, d) for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if a.arg not in names]
    return ast.arguments(
        posonlyargs=[],
        args=[a for a, _ in left],
        defaults=[d for _, d in left if d is not None],
        kwonlyargs=[a for a, _ in only],
        kw_defaults=[d for _, d in only],
    )


def _comes_again(source: SourceFile, node: ast.Call) -> bool:
    """Whether a loop evaluates it, or what it binds has several values: a function sees the last one."""
    outer = source.parent(node)
    while outer is not None and not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
        if isinstance(outer, (*LOOPS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return True
        outer = source.parent(outer)
    roots = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    found = [] if outer is None else [n for n in ast.walk(outer) if n is not outer]
    stored = [n.id for n in found if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    stored += [n.arg for n in found if isinstance(n, ast.arg)] if not isinstance(outer, ast.Module) else []
    return any(stored.count(name) > 1 for name in roots)
