"""One lifespan for each application: what was registered for its start and end, and tables created at import."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import free_name, names_used
from asyncify.analysis.lifespan_facts import App, LifespanFacts, find
from asyncify.analysis.manifests import ProjectDependencies, read_dependencies
from asyncify.analysis.names import Imported
from asyncify.analysis.program import Program
from asyncify.analysis.values import Mod
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import ReplaceStatement
from asyncify.transforms.base import Decisions
from asyncify.transforms.lifespan.edits import Lifespan, extend, make
from asyncify.transforms.lifespan.obstacles import NAME, existing, finding, misplaced, obstacle
from asyncify.transforms.lifespan.tables import Creation, find_creations

_AT_IMPORT = "Create the tables in a lifespan or a migration: nothing can be awaited while a module is imported."


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
        self._edits: list[Edit] = []
        self._findings: list[Finding] = []

    def run(self) -> Decisions:
        creations = list(find_creations(self._program, self._facts))
        for app in self._facts.apps:
            self._app(app, [c for c in creations if c.app is app])
        for creation in creations:
            if creation.app is None:
                self._stays(creation, creation.why_not)
        return Decisions(tuple(self._edits), findings=tuple(dict.fromkeys(self._findings)))

    def _app(self, app: App, creations: list[Creation]) -> None:
        registrations = self._facts.registrations[app]
        if not registrations and not creations:
            return
        given = app.keyword("lifespan")
        problem = obstacle(self._program, self._facts, self._versions, app)
        if problem is None and given is not None and registrations:
            first = registrations[0]
            problem = finding(
                first.path,
                self._program.modules[first.path].source.span(first.node),
                "lifespan-ignored",
                "this handler never runs: an application with a lifespan ignores all others",
                "Call it in the lifespan, or remove it.",
            )
            registrations = []
            self._findings.append(problem)
            problem = None
        problem = problem or misplaced(self._program, app, registrations)
        if problem is not None:
            self._findings.append(problem)
            for creation in creations:
                self._stays(creation, creation.why_not or "its application gets no lifespan")
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
            self._edits += make(lifespan, self._program, self._versions)
            self._edits += [edit for _, _, edit in moves]
        elif own is not None and moves:
            self._edits += [extend(lifespan, self._program, own), *(edit for _, _, edit in moves)]
        elif moves:
            for creation in creations:
                self._stays(creation, "the lifespan of its application is not in the same module")

    def _stays(self, creation: Creation, why: str) -> None:
        span = self._program.modules[creation.path].source.span(creation.statement)
        message = f"tables are created at import, and it cannot move to the lifespan: {why}"
        self._findings.append(finding(creation.path, span, "import-time-tables", message, _AT_IMPORT))

    def _moves(self, app: App, creations: list[Creation], group: str) -> Iterator[tuple[str, tuple[Import, ...], Edit]]:
        """For each creation that moves: the statement for the lifespan, its imports, the edit where it stood."""
        if any(c.why_not for c in creations):  # all or none: drop_all and create_all keep their order
            for creation in creations:
                self._stays(creation, creation.why_not or "another statement that must run before it stays")
            return
        for path in dict.fromkeys(c.path for c in creations):
            statements = [c.statement for c in creations if c.path == path]
            if path == app.path:
                for statement in statements:
                    source = self._program.modules[path].source.segment(statement)
                    yield source, (), self._edit(path, statement, ReplaceStatement(), group)
                continue
            for creation in (c for c in creations if c.path == path):
                moved = self._from_other(app, creation, group)
                if moved is None:
                    self._stays(creation, "no import leads from the application to its module")
                else:
                    yield moved

    def _from_other(self, app: App, creation: Creation, group: str) -> tuple[str, tuple[Import, ...], Edit] | None:
        """A function in the other module instead of the statement, and its call."""
        module = self._import_of(app.path, creation.path)
        if module is None:
            return None
        source = self._program.modules[creation.path].source
        call = creation.statement.value if isinstance(creation.statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args and not call.keywords:
            name, edit = call.func.id, self._edit(creation.path, creation.statement, ReplaceStatement(), group)
        else:
            name = free_name(self._program, creation.path, "create_tables")
            returns = any(f.node.returns for f in self._program.modules[creation.path].functions.values())
            body = source.segment(creation.statement).replace("\n", "\n    ")
            head = f"def {name}(){' -> None' if returns else ''}:"
            edit = self._edit(creation.path, creation.statement, ReplaceStatement(f"\n\n{head}\n    {body}\n"), group)
        if name in names_used(self._program, app.path):
            alias = free_name(self._program, app.path, f"{name}_at_start")
            return f"{alias}()", (Import(module, name, alias),), edit
        return f"{name}()", (Import(module, name),), edit

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
        because = "tables cannot be created at import in an async program"
        return Edit(NAME, path, self._program.modules[path].source.target(statement), op, group=group, because=because)
