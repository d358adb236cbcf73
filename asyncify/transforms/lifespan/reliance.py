"""Which tests rely on the tables that an import creates."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.import_order import ImportGraph
from asyncify.analysis.lifespan_facts import App, LifespanFacts
from asyncify.analysis.names import Assigned
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.table_facts import called, is_creation, opens
from asyncify.analysis.values import Ext, Fn, Mod, has
from asyncify.knowledge import names


def tests_that_rely(
    program: Program, facts: LifespanFacts, graph: ImportGraph, app: App, path: str
) -> Iterator[tuple[str, str]]:
    """The tests that need the tables that the import of a module creates, each with the reason.

    A test provably does not where its clients run the lifespan and it opens no session of the application by itself,
    or where the tests create the tables: on the engine of the application, or on their own while everything in
    the application that opens a session is overridden.
    """
    tests = {
        p: program.modules[p].source
        for p in sorted(program.modules)
        if is_test(p) and {path, app.path} & {*graph.order(p), *_late_imports(program, graph, p)}
    }
    creating = {p for p, source in tests.items() if any(is_creation(program, n) for n in source.nodes)}
    shared = {p for p in creating if p.endswith("conftest.py")}
    sessions = _AppSessions(program)
    opened = _opened_elsewhere(program, facts, graph.order(app.path), tests)
    for test, source in tests.items():
        own = [p for p in (test, *sorted(shared)) if p in creating]
        if any(_creates_on_app(program, p) for p in own):
            continue
        for node in source.nodes_of(ast.Call):
            if sessions.opened_by(test, node):
                yield test, f"{test}:{node.lineno} uses the tables of the application without running it"
                break
            if is_bare_client(program, test, node) and (opened or not own):
                bare = f"the client at {test}:{node.lineno} does not run the lifespan"
                yield test, f"{opened} opens a session that {test} does not replace" if own else bare
                break


def _opened_elsewhere(
    program: Program, facts: LifespanFacts, inside: tuple[str, ...], tests: dict[str, SourceFile]
) -> str:
    """A place in the application that opens a session whatever the tests override; empty if there is none."""
    for path in inside:
        for node in own_nodes(program.modules[path].source.tree):
            if isinstance(node, ast.Call) and opens(program, node):
                return f"{path}:{node.lineno}"
    overridden = {f for source in tests.values() for f in _overridden(program, source)}
    openers = _openers(program, facts, inside) - overridden
    first = min(openers, key=lambda f: (f.path, f.node.lineno), default=None)
    return f"{first.path}:{first.node.lineno} ({first.qualname})" if first is not None else ""


def _late_imports(program: Program, graph: ImportGraph, path: str) -> Iterator[str]:
    """Modules that run when functions of a file import something."""
    for node in program.modules[path].source.nodes:
        for target in graph.targets(path, node):
            yield from graph.order(target)


def _openers(program: Program, facts: LifespanFacts, inside: tuple[str, ...]) -> set[FunctionInfo]:
    """Functions that open a session while the application serves requests: event handlers only run with it."""
    handlers = {
        v.info
        for registrations in facts.registrations.values()
        for r in registrations
        for v in ([Fn(r.handler)] if isinstance(r.handler, FunctionInfo) else program.values(r.handler or r.node))
        if isinstance(v, Fn)
    }
    todo = list(handlers)
    while todo:
        for node in todo.pop().nodes:
            new = {f.info for f in called(program, node)} - handlers
            handlers |= new
            todo += new
    return {
        f
        for f in program.functions
        if f.path in inside and f not in handlers
        if any(isinstance(n, ast.Call) and opens(program, n) for n in f.nodes)
    }


def _overridden(program: Program, source: SourceFile) -> Iterator[FunctionInfo]:
    """Keys of `app.dependency_overrides[...] = ...`."""
    for key, _ in override_entries(source):
        yield from (v.info for v in program.values(key) if isinstance(v, Fn))


def _creates_on_app(program: Program, path: str) -> bool:
    """Whether a test file creates tables on an engine that the application made."""
    for node in program.modules[path].source.nodes:
        if isinstance(node, ast.Call) and is_creation(program, node):
            for argument in (*node.args, *(k.value for k in node.keywords)):
                found = program.names.resolve_expression(path, argument)
                if isinstance(found, Assigned) and not is_test(found.path):
                    return True
    return False


class _AppSessions:
    """Which calls of tests open a session or connection of the application. Each function is looked at once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._patched: dict[FunctionInfo, frozenset[tuple[str, str]]] = {}
        self._opened: dict[FunctionInfo, frozenset[tuple[str, str]]] = {}

    def opened_by(self, path: str, call: ast.Call) -> bool:
        """Whether a call of a test opens one, itself or through functions of the application."""
        program = self._program
        if opens(program, call):
            for part in (call.func, *call.args, *(k.value for k in call.keywords)):
                root = part.value if isinstance(part, ast.Attribute) else part
                for expression in (part, root):
                    found = program.names.resolve_expression(path, expression)
                    if isinstance(found, Assigned) and not is_test(found.path) and _is_source(program, expression):
                        return True
            return False
        opened = {source for f in called(program, call) for source in self._sources(f.info)}
        return bool(opened) and not opened <= self._replaced(path, program.function_of(call))

    def _sources(self, info: FunctionInfo) -> frozenset[tuple[str, str]]:
        if info not in self._opened:
            self._opened[info] = frozenset(_opened(self._program, info, set()))
        return self._opened[info]

    def _replaced(self, path: str, test: FunctionInfo | None) -> frozenset[tuple[str, str]]:
        if test is None:
            return frozenset()
        if test not in self._patched:
            self._patched[test] = frozenset(_patched(self._program, path, test))
        return self._patched[test]


def _patched(program: Program, path: str, test: FunctionInfo) -> Iterator[tuple[str, str]]:
    """The module and name of everything that a test replaces: `monkeypatch.setattr(module, "name", ...)`."""
    for node in test.nodes:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 2):
            continue
        owner, name = node.args[:2]
        module = program.names.resolve_expression(path, owner)
        if node.func.attr in ("setattr", "object") and isinstance(module, Mod) and isinstance(name, ast.Constant):
            yield module.path, str(name.value)


def _is_source(program: Program, node: ast.expr) -> bool:
    return has(program.values(node), names.ENGINE, names.SESSIONMAKER, names.SCOPED_SESSION)


def _opened(program: Program, info: FunctionInfo, seen: set[FunctionInfo]) -> Iterator[tuple[str, str]]:
    """The module and the name of what a function of the application opens sessions from, itself or further on."""
    seen.add(info)
    for node in info.nodes if not is_test(info.path) else ():
        if isinstance(node, ast.Call) and opens(program, node):
            yield info.path, node.func.id if isinstance(node.func, ast.Name) else ""
        for fn in called(program, node):
            if fn.info not in seen:
                yield from _opened(program, fn.info, seen)


def is_bare_client(program: Program, path: str, call: ast.Call) -> bool:
    """Whether a call makes a test client that does not run the lifespan of its application."""
    target = program.names.resolve_expression(path, call.func)
    if target not in (Ext(names.TEST_CLIENT), Ext(names.ASYNC_CLIENT)):
        return False
    source = program.modules[path].source
    if target == Ext(names.ASYNC_CLIENT):
        return not ("LifespanManager" in source.text or "lifespan_context" in source.text)
    parent = source.parent(call)
    if isinstance(parent, ast.withitem):
        return False
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == "enter_context":
        return False
    names_given = [t.id for t in parent.targets if isinstance(t, ast.Name)] if isinstance(parent, ast.Assign) else []
    entered = {
        n.context_expr.id for n in source.nodes if isinstance(n, ast.withitem) and isinstance(n.context_expr, ast.Name)
    }
    return not (set(names_given) & entered)
