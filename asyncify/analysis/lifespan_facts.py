"""The applications of a program, and what was registered to run at their start and end."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, FunctionNode
from asyncify.analysis.values import Ext, Inst, Obj
from asyncify.knowledge import names
from asyncify.knowledge.lifespan import APPLICATIONS, EVENTS, HANDLER_LISTS, HARMLESS_PACKAGES, REGISTERING
from asyncify.model.span import Span


@dataclass(frozen=True, eq=False)
class App:
    """A place that makes an application.

    call: the constructor call. statement: the assignment around it, None where there is no plain one.
    name: the local name it is assigned to. function: the function around it; None at the top of a module.
    """

    path: str
    call: ast.Call
    statement: ast.Assign | ast.AnnAssign | None
    name: str
    function: FunctionInfo | None

    def keyword(self, name: str) -> ast.expr | None:
        """An argument of the constructor; None where it is not given or given as None."""
        for keyword in self.call.keywords:
            if keyword.arg == name:
                nothing = isinstance(keyword.value, ast.Constant) and keyword.value.value is None
                return None if nothing else keyword.value
        return None


@dataclass(frozen=True, eq=False)
class Registration:
    """A handler for an event.

    event: `startup`, `shutdown`, or empty where it is not a constant. node: the call that registers, or the handler
    in the constructor's list. handler: an expression, or the function under a decorator; None where it is not seen.
    """

    path: str
    event: str
    node: ast.expr
    handler: ast.expr | FunctionInfo | None

    @property
    def is_argument(self) -> bool:
        """Whether it stands in the call of the constructor."""
        return self.node is self.handler


@dataclass(frozen=True)
class Seen:
    """A place in a file."""

    path: str
    span: Span


@dataclass
class LifespanFacts:
    """What was found.

    apps: by file and place. registrations: of each app, in the order of the constructor's lists and then of the
    files. mounted: apps inside another app; nothing runs their events. handed: where a library gets an app that may
    register handlers of its own. routers: registrations on routers. unknown: registrations on what may be any app.
    """

    apps: tuple[App, ...] = ()
    registrations: dict[App, list[Registration]] = field(default_factory=dict)
    mounted: dict[App, Seen] = field(default_factory=dict)
    handed: dict[App, Seen] = field(default_factory=dict)
    routers: list[Seen] = field(default_factory=list)
    unknown: list[Seen] = field(default_factory=list)


def is_application(program: Program, node: ast.expr) -> bool:
    """Whether an expression may be an application."""
    return any(
        (isinstance(value, Inst) and value.type in APPLICATIONS)
        or (isinstance(value, Obj) and _is_application_class(program, value.info))
        for value in program.values(node)
    )


def find(program: Program) -> LifespanFacts:
    """Read the whole program."""
    return _Finder(program).run()


class _Finder:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._facts = LifespanFacts()

    def run(self) -> LifespanFacts:
        facts = self._facts
        facts.apps = tuple(self._apps())
        self._by_call = {app.call: app for app in facts.apps}
        for app in facts.apps:
            facts.registrations[app] = list(self._arguments(app))
        for path in sorted(self._program.modules) if facts.apps else ():
            source = self._program.modules[path].source
            for call in _calls(source):
                self._call(path, call)
            for node in source.nodes_of(ast.Attribute):
                if node.attr in HANDLER_LISTS:
                    self._handler_list(path, node)
        return facts

    def _apps(self) -> Iterator[App]:
        for path in sorted(self._program.modules):
            source = self._program.modules[path].source
            for node in _calls(source):
                if self._makes_app(path, node):
                    statement = source.statement(node)
                    plain = isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is node
                    targets = _targets(statement) if plain else []
                    named = len(targets) == 1 and isinstance(targets[0], ast.Name)
                    yield App(
                        path,
                        node,
                        statement if named and isinstance(statement, ast.Assign | ast.AnnAssign) else None,
                        targets[0].id if named and isinstance(targets[0], ast.Name) else "",
                        self._program.function_of(node),
                    )

    def _makes_app(self, path: str, node: ast.Call) -> bool:
        target = self._program.names.resolve_expression(path, node.func)
        return isinstance(target, ClassInfo | Ext) and _is_application_class(self._program, target)

    def _arguments(self, app: App) -> Iterator[Registration]:
        for event in EVENTS:
            given = app.keyword(f"on_{event}")
            if isinstance(given, ast.List | ast.Tuple) and not any(isinstance(e, ast.Starred) for e in given.elts):
                for element in given.elts:
                    yield Registration(app.path, event, element, element)
            elif given is not None:
                yield Registration(app.path, event, given, None)

    def _call(self, path: str, call: ast.Call) -> None:
        program, facts = self._program, self._facts
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in REGISTERING:
            owner = func.value
            if isinstance(owner, ast.Attribute) and owner.attr == "router" and is_application(program, owner.value):
                owner = owner.value
            if is_application(program, owner):
                self._register(path, call, owner)
            elif any(isinstance(v, Inst) and v.type == names.ROUTER for v in program.values(owner)):
                facts.routers.append(self._seen(path, call))
            elif not program.values(owner) and _event(call):
                facts.unknown.append(self._seen(path, call))
        elif program.names.resolve_expression(path, func) == Ext(names.ROUTER) and any(
            k.arg in ("on_startup", "on_shutdown") for k in call.keywords
        ):
            facts.routers.append(self._seen(path, call))
        elif call not in self._by_call:
            self._arguments_of(path, call)

    def _arguments_of(self, path: str, call: ast.Call) -> None:
        """Which apps a call gets: from a mount, or from a library that may register handlers."""
        for argument in (*call.args, *(k.value for k in call.keywords)):
            if not is_application(self._program, argument):
                continue
            for app in self.apps_of(path, argument) or self._facts.apps:
                func = call.func
                if (
                    isinstance(func, ast.Attribute)
                    and func.attr == "mount"
                    and is_application(self._program, func.value)
                ) or Ext("starlette.routing.Mount") in self._program.values(func):
                    self._facts.mounted.setdefault(app, self._seen(path, call))
                elif not self._harmless(path, call):
                    self._facts.handed.setdefault(app, self._seen(path, call))

    def _harmless(self, path: str, call: ast.Call) -> bool:
        values = self._program.values(call.func)
        if self._program.calls(call):
            return True  # a function of the program: its body is looked at like any other
        packages = {_package(v) for v in values} - {""}
        if not packages:
            root: ast.expr = call.func
            while isinstance(root, ast.Attribute | ast.Call):
                root = root.value if isinstance(root, ast.Attribute) else root.func
            packages = {_package(v) for v in self._program.values(root)} or {""}
        return packages <= HARMLESS_PACKAGES

    def _register(self, path: str, call: ast.Call, owner: ast.expr) -> None:
        apps = self.apps_of(path, owner)
        if not apps:
            self._facts.unknown.append(self._seen(path, call))
        for app in apps:
            self._facts.registrations[app].append(Registration(path, _event(call), call, self._handler(path, call)))

    def _handler(self, path: str, call: ast.Call) -> ast.expr | FunctionInfo | None:
        module = self._program.modules[path]
        parent = module.source.parent(call)
        if isinstance(parent, FunctionNode) and call in parent.decorator_list:
            return module.functions[parent]
        if not isinstance(parent, ast.Expr):
            return None
        return call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "func"), None)

    def apps_of(self, path: str, node: ast.expr, depth: int = 0) -> list[App]:
        """The apps that an expression means; empty where that cannot be told."""
        function = self._program.function_of(node)
        if isinstance(node, ast.Name) and function is not None and node.id in function.local_names:
            return [a for a in self._facts.apps if a.function is function and a.name == node.id]
        if isinstance(node, ast.Call):
            if node in self._by_call:
                return [self._by_call[node]]
            made_by = self._program.names.resolve_expression(path, node.func)
            return [a for a in self._facts.apps if isinstance(made_by, FunctionInfo) and a.function is made_by]
        found = self._program.names.resolve_expression(path, node)
        if isinstance(found, Assigned) and depth < 5:
            return self.apps_of(found.path, found.value, depth + 1)
        return []

    def _handler_list(self, path: str, node: ast.Attribute) -> None:
        base = node.value
        if isinstance(base, ast.Attribute) and base.attr == "router" and is_application(self._program, base.value):
            apps = self.apps_of(path, base.value)
            for app in apps:
                self._facts.registrations[app].append(Registration(path, "", node, None))
            if not apps:
                self._facts.unknown.append(self._seen(path, node))

    def _seen(self, path: str, node: ast.AST) -> Seen:
        return Seen(path, self._program.modules[path].source.span(node))


def _is_application_class(program: Program, info: ClassInfo | Ext) -> bool:
    bases = program.classes.ancestors(info) if isinstance(info, ClassInfo) else (info,)
    return any(isinstance(base, Ext) and base.name in APPLICATIONS for base in bases)


def _calls(source: SourceFile) -> list[ast.Call]:
    """All calls of a file, in the order of their starts."""
    return sorted(source.nodes_of(ast.Call), key=lambda c: (c.lineno, c.col_offset))


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign) else []


def _event(call: ast.Call) -> str:
    given = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "event_type"), None)
    text = given.value if isinstance(given, ast.Constant) else None
    return text if isinstance(text, str) and text in EVENTS else ""


def _package(value: object) -> str:
    name = value.name if isinstance(value, Ext) else ""
    base = getattr(value, "base", None)
    if isinstance(base, Inst):
        name = base.type
    elif isinstance(value, Inst):
        name = value.type
    return name.partition(".")[0]
