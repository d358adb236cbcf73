"""Why the handlers of an application must stay where they are.

Once an application gets a lifespan, every other handler of it is silently ignored. So all of its handlers move, in
the order in which they were registered, or none does.
"""

from __future__ import annotations

import ast

from asyncify.analysis.lifespan_facts import App, LifespanFacts, Registration
from asyncify.analysis.manifests import ProjectDependencies
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext, Fn, Rec
from asyncify.knowledge.lifespan import APPLICATIONS, FIRST_FASTAPI
from asyncify.model.edit import Finding
from asyncify.model.span import Span
from asyncify.transforms.lifespan.handlers import call_of, stable_names

NAME = "lifespan"
_KEEP = "The handlers of this application stay as they are; they also run, and are awaited, in an async program."


def finding(path: str, span: Span | None, code: str, message: str, advice: str = _KEEP) -> Finding:
    """A finding of this transform."""
    return Finding(NAME, path, span, code, message, advice)


def anywhere(facts: LifespanFacts) -> list[Finding]:
    """What forbids a lifespan to every application: handlers that may be of any of them."""
    unknown = "this registers a handler on what may be any application"
    twice = "handlers of a router run twice in an application without lifespan and once in one with it"
    advice = "Move them to the application, then run this step again."
    return [
        *(finding(s.path, s.span, "lifespan-unknown-app", unknown) for s in facts.unknown),
        *(finding(s.path, s.span, "lifespan-router", twice, advice) for s in facts.routers),
    ]


def never_run(program: Program, registration: Registration) -> Finding:
    """A handler of an application that has a lifespan."""
    span = program.modules[registration.path].source.span(registration.node)
    message = "this handler never runs: an application with a lifespan ignores all others"
    return finding(registration.path, span, "lifespan-ignored", message, "Call it in the lifespan, or remove it.")


def obstacle(program: Program, facts: LifespanFacts, versions: ProjectDependencies, app: App) -> Finding | None:
    """What forbids to give an application a lifespan made of its handlers, or nothing."""
    span = program.modules[app.path].source.span(app.call)
    bound = versions.exact("fastapi") or versions.ceiling("fastapi")
    if bound is not None and bound < FIRST_FASTAPI:
        said = ".".join(map(str, bound))
        return finding(
            app.path,
            span,
            "lifespan-version",
            f"FastAPI {said} has no `lifespan` parameter",
            "It came with FastAPI 0.93. Raise the version and run this step again.",
        )
    if app in facts.mounted:
        seen = facts.mounted[app]
        return finding(
            seen.path,
            seen.span,
            "lifespan-mounted",
            "this application is mounted in another one: nothing ever runs its startup and shutdown handlers",
            "Register them on the outer application if they should run.",
        )
    everywhere = anywhere(facts)
    if everywhere:
        return everywhere[0]
    if app in facts.handed:
        seen = facts.handed[app]
        message = "this library gets the application and may register handlers, which a lifespan would switch off"
        return finding(seen.path, seen.span, "lifespan-handed-over", message)
    return _unplaceable(program, app, span)


def _unplaceable(program: Program, app: App, span: Span) -> Finding | None:
    """An application made in a place where no function of the module can be named before it."""
    target = program.names.resolve_expression(app.path, app.call.func)
    if not isinstance(target, Ext) or target.name not in APPLICATIONS:
        return finding(
            app.path, span, "lifespan-app", "what the constructor of this class does with a lifespan is unknown"
        )
    for keyword in app.call.keywords:
        if keyword.arg is None and not _harmless_arguments(program, keyword.value):
            return finding(
                app.path, span, "lifespan-app", "the arguments of this application may hold handlers already"
            )
    tree = program.modules[app.path].source.tree
    if app.statement is None:
        return finding(app.path, span, "lifespan-app", "the application is not assigned to a name")
    if app.function is not None:
        return (
            None
            if _made_once(program, app, app.function)
            else finding(
                app.path, span, "lifespan-app", "this function may make several applications, each with other handlers"
            )
        )
    if app.statement not in tree.body:
        return finding(app.path, span, "lifespan-app", "the application is made under a condition")
    if app.name not in stable_names(program, app.path):
        return finding(app.path, span, "lifespan-app", f"the name `{app.name}` means something else later")
    return None


def _harmless_arguments(program: Program, node: ast.expr) -> bool:
    records = [v for v in program.values(node) if isinstance(v, Rec)]
    keys = {key for record in records for key, _ in record.items}
    return len(records) == 1 and len(program.values(node)) == 1 and not keys & {"lifespan", "on_startup", "on_shutdown"}


def _made_once(program: Program, app: App, maker: FunctionInfo) -> bool:
    """Whether a function that makes an application runs once, for a name at the top of its own module."""
    source = program.modules[app.path].source
    if maker not in program.modules[app.path].functions.values() or maker.node not in source.tree.body:
        return False
    if app.statement not in maker.node.body or maker.node.decorator_list:
        return False
    uses = [
        (path, node)
        for path, module in program.modules.items()
        for node in module.source.nodes
        if isinstance(node, ast.Name | ast.Attribute) and Fn(maker) in program.values(node)
    ]
    named = f":{maker.name}".encode()
    if len(uses) != 1 or any(named in data for data in program.workspace.files.values()):
        return False
    path, use = uses[0]
    call = source.parent(use) if path == app.path else None
    line = source.parent(call) if isinstance(call, ast.Call) and call.func is use else None
    return isinstance(line, ast.Assign) and line in source.tree.body


def misplaced(program: Program, app: App, registrations: list[Registration]) -> Finding | None:
    """A handler that a lifespan beside the application cannot call, or not in the same order."""
    source = program.modules[app.path].source
    for registration in registrations:
        path = registration.path
        span = program.modules[path].source.span(registration.node)
        if not registration.is_argument:
            statement = source.statement(registration.node) if path == app.path else None
            if statement is None or statement not in source.tree.body:
                where = "another module" if statement is None else "a function, loop or condition"
                return finding(path, span, "lifespan-elsewhere", f"a handler is registered in {where}")
        if not registration.event or registration.handler is None:
            return finding(path, span, "lifespan-elsewhere", "these handlers are not listed one by one")
        if call_of(program, app, registration) is None:
            return finding(
                path, span, "lifespan-handler", "whether this handler is awaited, or what it is later, is unknown"
            )
    return None


def existing(program: Program, app: App) -> FunctionInfo | None:
    """The generator function behind the `lifespan` argument of an application, if it is one of its own module."""
    given = app.keyword("lifespan")
    found = program.names.resolve_expression(app.path, given) if given is not None else None
    own = isinstance(found, FunctionInfo) and found.path == app.path and found.is_generator and found.is_async
    return found if own and isinstance(found, FunctionInfo) else None
