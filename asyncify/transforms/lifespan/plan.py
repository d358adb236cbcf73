"""One lifespan for each application: what was registered for its start and end, and tables created at import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from textwrap import indent

from asyncify.analysis.bindings import free_name, names_used
from asyncify.analysis.import_order import ImportGraph
from asyncify.analysis.lifespan_facts import App, LifespanFacts, find
from asyncify.analysis.manifests import ProjectDependencies, read_dependencies
from asyncify.analysis.names import Imported
from asyncify.analysis.program import Program
from asyncify.analysis.values import Mod
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import InsertStatements, ReplaceStatement
from asyncify.transforms.base import Decisions
from asyncify.transforms.lifespan.edits import BECAUSE, Lifespan, extend, function_instead, make
from asyncify.transforms.lifespan.obstacles import NAME, anywhere, existing, finding, misplaced, never_run, obstacle
from asyncify.transforms.lifespan.table_fixtures import fixture_for, fixtures
from asyncify.transforms.lifespan.tables import Creation, find_creations

_AT_IMPORT = "Create the tables in a lifespan or a migration: nothing can be awaited while a module is imported."


#: statements for the lifespan, the imports they need, and the edits where they stood
Move = tuple[str, tuple[Import, ...], tuple[Edit, ...]]


def plan(program: Program) -> Decisions:
    """Decide on all applications of a program."""
    facts = find(program)
    if not facts.apps:
        return Decisions()
    return _Plan(program, facts).run()


class _Plan:
    def __init__(self, program: Program, facts: LifespanFacts) -> None:
        self._program = program
        self._facts = facts
        self._versions: ProjectDependencies = read_dependencies(program.workspace.files)
        self._graph = ImportGraph(program)
        self._edits: list[Edit] = []
        self._findings: list[Finding] = []

    def run(self) -> Decisions:
        self._findings += anywhere(self._facts)
        creations = list(find_creations(self._program, self._facts))
        for app in self._facts.apps:
            self._app(app, [c for c in creations if c.app is app])
        for creation in creations:
            if creation.app is None:
                self._stays(creation, creation.why_not)
        for decision in fixtures(self._program, self._graph):
            if isinstance(decision, Edit):
                self._edits.append(decision)
            else:
                self._findings.append(decision)
        return Decisions(tuple(self._edits), findings=tuple(dict.fromkeys(self._findings)))

    def _app(self, app: App, creations: list[Creation]) -> None:
        registrations = self._facts.registrations[app]
        if not registrations and not creations:
            return
        given = app.keyword("lifespan")
        problem = obstacle(self._program, self._facts, self._versions, app)
        if problem is None and given is not None and registrations:
            self._findings.append(never_run(self._program, registrations[0]))
            registrations = []
        problem = problem or misplaced(self._program, app, registrations)
        if problem is not None:
            self._findings.append(problem)
            self._first_handler(app, creations)
            return
        group = f"lifespan {app.path}:{app.call.lineno}"
        moves = list(self._moves(app, creations, group))
        lifespan = Lifespan(
            app,
            registrations,
            tuple(source for source, _, _ in moves),
            tuple(i for _, imports, _ in moves for i in imports),
            group,
        )
        own = existing(self._program, app)
        if given is None and (registrations or moves):
            several = sum(other.path == app.path for other in self._facts.apps) > 1
            name = free_name(self._program, app.path, f"{app.name}_lifespan" if several else "lifespan")
            self._edits += make(lifespan, name, self._program, self._versions)
            self._edits += [edit for _, _, edits in moves for edit in edits]
        elif own is not None and moves:
            self._edits += [extend(lifespan, self._program, own), *(edit for _, _, edits in moves for edit in edits)]
        elif moves:
            for creation in creations:
                self._stays(creation, "the lifespan of its application is not in the same module")

    def _first_handler(self, app: App, creations: list[Creation]) -> None:
        """Where the handlers stay, tables are created by one more handler, registered before all others.

        `app.router.add_event_handler` is there in every version; that of the application went with Starlette 1.0.
        """
        source = self._program.modules[app.path].source
        given = any(app.keyword(name) is not None for name in ("on_startup", "lifespan"))
        body = source.tree.body
        position = body.index(app.statement) if app.statement in body else -1
        defined = all(body.index(c.statement) < position for c in creations if c.path == app.path)
        if given or app.statement is None or position < 0 or not defined:
            for creation in creations:
                self._stays(creation, creation.why_not or "its application gets no lifespan")
            return
        group = f"lifespan {app.path}:{app.call.lineno}"
        for call, imports, edits in self._moves(app, creations, group, as_function=True):
            handler = f'{app.name}.router.add_event_handler("startup", {call.removesuffix("()")})\n'
            where, op = source.target(app.statement), InsertStatements(handler, "after")
            self._edits += [Edit(NAME, app.path, where, op, imports, group=group, because=BECAUSE), *edits]

    def _stays(self, creation: Creation, why: str) -> None:
        span = self._program.modules[creation.path].source.span(creation.statement)
        message = f"tables are created at import, and it cannot move to the lifespan: {why}"
        self._findings.append(finding(creation.path, span, "import-time-tables", message, _AT_IMPORT))

    def _moves(self, app: App, creations: list[Creation], group: str, as_function: bool = False) -> Iterator[Move]:
        """What moves, module by module; with `as_function` as the call of a function without arguments."""
        if any(c.why_not for c in creations):  # all or none: drop_all and create_all keep their order
            for creation in creations:
                self._stays(creation, creation.why_not or "another statement that must run before it stays")
            return
        tests = dict.fromkeys(test for c in creations for test, _ in c.tests)
        rely = next((why for c in creations for _, why in c.tests), "")
        if rely and len({c.path for c in creations}) > 1:
            for creation in creations:
                self._stays(creation, rely)
            return
        for path in dict.fromkeys(c.path for c in creations):
            statements = [c.statement for c in creations if c.path == path]
            sources = [self._program.modules[path].source.segment(s) for s in statements]
            if rely:
                moved = self._for_tests(app, path, statements, sources, list(tests), group)
                if isinstance(moved, str):
                    for creation in creations:
                        self._stays(creation, f"{rely}, and {moved}")
                else:
                    yield moved
                continue
            if path == app.path and not as_function:
                removed = tuple(self._edit(path, s, ReplaceStatement(), group) for s in statements)
                yield "\n".join(sources), (), removed
                continue
            module = "" if path == app.path else self._import_of(app.path, path)
            if module is not None:
                yield self._function(app, path, module, statements, sources, group)
            else:
                for creation in (c for c in creations if c.path == path):
                    self._stays(creation, "no import leads from the application to its module")

    def _function(
        self, app: App, path: str, module: str, statements: list[ast.stmt], sources: list[str], group: str
    ) -> Move:
        """A function in another module instead of its statements, and the call of it."""
        *others, last = statements
        call = last.value if isinstance(last, ast.Expr) else None
        removed = [self._edit(path, s, ReplaceStatement(), group) for s in others]
        plain = isinstance(call, ast.Call) and not call.args and not call.keywords and not others
        if plain and isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            name = call.func.id
            removed.append(self._edit(path, last, ReplaceStatement(), group))
        else:
            name = free_name(self._program, path, "create_tables")
            returns = any(f.node.returns for f in self._program.modules[path].functions.values())
            head = f"def {name}(){' -> None' if returns else ''}:"
            code = f"{head}\n{indent(chr(10).join(sources), '    ')}\n"
            for target, op in function_instead(self._program, path, last, code):
                removed.append(Edit(NAME, path, target, op, group=group, because=BECAUSE))
        edits = tuple(removed)
        if path == app.path:
            return f"{name}()", (), edits
        if name in names_used(self._program, app.path):
            alias = free_name(self._program, app.path, f"{name}_at_start")
            return f"{alias}()", (Import(module, name, alias),), edits
        return f"{name}()", (Import(module, name),), edits

    def _for_tests(
        self, app: App, path: str, statements: list[ast.stmt], sources: list[str], tests: list[str], group: str
    ) -> Move | str:
        """A function that the lifespan calls, and a fixture in each test that does not run the lifespan."""
        module = "" if path == app.path else self._import_of(app.path, path)
        if module is None:
            return "no import leads from the application to its module"
        source, imports, edits = self._function(app, path, module, statements, sources, group)
        name = source.removesuffix("()")
        if name in names_used(self._program, path):
            return f"the name `{name}` is taken"
        for test in tests:
            given = self._import_of(test, path)
            fixture = (
                fixture_for(self._program, self._graph, test, given, name, group) if given else "no import leads there"
            )
            if isinstance(fixture, str):
                return fixture
            edits = (*edits, fixture)
        return source, imports if path != app.path else (), edits

    def _import_of(self, path: str, wanted: str) -> str | None:
        """How a file can import from another one: as it does already, or by the full name that some file uses."""
        others = [p for p in sorted(self._program.modules) if p != path]
        for current in (path, *others):
            for node in self._program.modules[current].source.tree.body:
                if not isinstance(node, ast.ImportFrom) or (current != path and node.level):
                    continue
                for alias in node.names:
                    target = self._program.names.imported(current, node, alias)
                    if isinstance(target, Imported) and target.path == wanted:
                        return "." * node.level + (node.module or "")
                    if isinstance(target, Mod) and target.path == wanted:
                        dots = "." * node.level
                        return f"{dots}{node.module}.{alias.name}" if node.module else f"{dots}{alias.name}"
        return None

    def _edit(self, path: str, statement: ast.stmt, op: ReplaceStatement, group: str) -> Edit:
        return Edit(NAME, path, self._program.modules[path].source.target(statement), op, group=group, because=BECAUSE)
