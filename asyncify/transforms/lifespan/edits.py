"""The edits that make one lifespan out of the handlers of an application."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asyncify.analysis.bindings import bring
from asyncify.analysis.lifespan_facts import App, Registration
from asyncify.analysis.manifests import ProjectDependencies
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import EditCall, EditDecorators, InsertStatements, Op, ReplaceStatement
from asyncify.model.span import Target
from asyncify.transforms.lifespan.handlers import call_of
from asyncify.transforms.lifespan.obstacles import NAME

BECAUSE = "tables cannot be created at import in an async program"


@dataclass(frozen=True)
class Lifespan:
    """What the lifespan of an application is to run. first: statements before the handlers, with their imports."""

    app: App
    registrations: Sequence[Registration] = ()
    first: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()
    group: str = ""


def extend(lifespan: Lifespan, program: Program, function: FunctionInfo) -> Edit:
    """Put statements on top of a lifespan that is there."""
    return Edit(
        NAME,
        function.path,
        program.modules[function.path].source.target(function.node),
        InsertStatements("\n".join(lifespan.first) + "\n", "inside"),
        lifespan.imports,
        group=lifespan.group,
        because=BECAUSE,
    )


def make(lifespan: Lifespan, name: str, program: Program, versions: ProjectDependencies) -> Iterator[Edit]:
    """A new lifespan called `name` above the application, its argument, and the registrations taken away."""
    app = lifespan.app
    source = program.modules[app.path].source
    assert app.statement is not None
    top = app.function.node if app.function is not None else app.statement
    code, imports = _function(lifespan, program, versions, name)
    because = "one lifespan replaces the deprecated event handlers" if lifespan.registrations else BECAUSE
    above = source.lines[source.span(top).line - 2].lstrip() if source.span(top).line > 1 else ""
    position = source.tree.body.index(top)
    if above.startswith("#") and position:
        target, op = source.tree.body[position - 1], InsertStatements(f"\n\n{code}", "after")
        yield Edit(NAME, app.path, source.target(target), op, imports, group=lifespan.group, because=because)
    else:
        whole = ReplaceStatement(f"\n\n{code}\n\n$it")
        yield Edit(NAME, app.path, source.target(top), whole, imports, group=lifespan.group, because=because)
    given = tuple(k.arg for k in app.call.keywords if k.arg in ("on_startup", "on_shutdown", "lifespan"))
    call, drops = EditCall(remove=given, set=(("lifespan", name),)), _partials(lifespan.registrations)
    yield Edit(NAME, app.path, source.target(app.call), call, drops=drops, group=lifespan.group, because=because)
    yield from _unregister(lifespan, program, because)


def _partials(registrations: Sequence[Registration]) -> tuple[str, ...]:
    """The names under which `functools.partial` was used for handlers."""
    roots = [r.handler.func for r in registrations if isinstance(r.handler, ast.Call)]
    names = (n.id for root in roots for n in ast.walk(root) if isinstance(n, ast.Name))
    return tuple(dict.fromkeys(names))


def _unregister(lifespan: Lifespan, program: Program, because: str) -> Iterator[Edit]:
    source = program.modules[lifespan.app.path].source
    decorators: dict[FunctionInfo, list[int]] = {}
    for registration in lifespan.registrations:
        if isinstance(registration.handler, FunctionInfo):
            position = registration.handler.node.decorator_list.index(registration.node)
            decorators.setdefault(registration.handler, []).append(position)
        elif not registration.is_argument:
            target = source.target(source.statement(registration.node))
            path = lifespan.app.path
            yield Edit(NAME, path, target, ReplaceStatement(), group=lifespan.group, because=because)
    for function, positions in decorators.items():
        op = EditDecorators(remove=tuple(sorted(positions)))
        target = source.target(function.node)
        yield Edit(NAME, function.path, target, op, group=lifespan.group, because=because)


def _function(
    lifespan: Lifespan, program: Program, versions: ProjectDependencies, name: str
) -> tuple[str, tuple[Import, ...]]:
    app = lifespan.app
    path = app.path
    calls = {
        e: [c for r in lifespan.registrations if r.event == e and (c := call_of(program, app, r))]
        for e in ("startup", "shutdown")
    }
    manager, imports = bring(program, path, "contextlib", "asynccontextmanager")
    parameter, result = app.name, ""
    annotated, returning = _annotations(program, path)
    if annotated:
        parameter = f"{app.name}: {program.modules[path].source.segment(app.call.func)}"
    if returning:
        old = versions.python is not None and versions.python < (3, 9)
        iterator, more = bring(program, path, "typing" if old else "collections.abc", "AsyncIterator")
        imports, result = (*imports, *more), f" -> {iterator}[None]"
    body = [*lifespan.first, *calls["startup"]]
    if calls["shutdown"]:
        ending = textwrap.indent("\n".join(calls["shutdown"]), "    ")
        body += [f"try:\n    yield\nfinally:\n{ending}"]
    else:
        body += ["yield"]
    text = textwrap.indent("\n".join(body), "    ")
    return f"@{manager}\nasync def {name}({parameter}){result}:\n{text}\n", (*imports, *lifespan.imports)


def _annotations(program: Program, path: str) -> tuple[bool, bool]:
    """Whether a file annotates parameters, and results."""
    functions = program.modules[path].functions.values()
    returning = any(f.node.returns is not None for f in functions)
    return returning or any(a.annotation is not None for f in functions for a in f.parameters), returning


def function_instead(program: Program, path: str, statement: ast.stmt, code: str) -> Iterator[tuple[Target, Op]]:
    """What puts a function in the place of a statement at the top of a module, two blank lines around it."""
    source = program.modules[path].source
    body = source.tree.body
    following = body[body.index(statement) + 1 :]
    touching = statement.end_lineno is not None and source.lines[statement.end_lineno : statement.end_lineno + 1]
    if following and touching and touching[0].strip() and not touching[0].lstrip().startswith("#"):
        yield source.target(statement), ReplaceStatement()
        yield source.target(following[0]), ReplaceStatement(f"\n\n{code}\n\n$it")
    else:
        yield source.target(statement), ReplaceStatement(f"\n\n{code}")
