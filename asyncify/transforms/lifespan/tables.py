"""Tables that are created while modules are imported, where nothing can be awaited.

Moving `Base.metadata.create_all(engine)` from the top of a module to the lifespan is right only when nobody uses the
tables between the import and the start of the application. Who could: other code at the top of modules, scripts
that import the application without running it, and tests whose clients do not run the lifespan (`TestClient(app)`
without `with`, `httpx.AsyncClient`). Such programs keep the statement, and a finding says who needs it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.import_order import ImportGraph
from asyncify.analysis.lifespan_facts import App, LifespanFacts
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.program import Program
from asyncify.analysis.script_blocks import is_main_guard
from asyncify.analysis.table_facts import creates_tables, touches_database
from asyncify.transforms.lifespan.handlers import is_stable
from asyncify.transforms.lifespan.reliance import tests_that_rely


@dataclass(frozen=True, eq=False)
class Creation:
    """A statement at the top of a module that only creates or drops tables.

    app: the application that imports the module; None where there are several. why_not: why the statement must stay;
    empty where it can move. tests: those that need the tables although they do not run the lifespan, with the reason.
    """

    path: str
    statement: ast.stmt
    app: App | None
    why_not: str
    tests: tuple[tuple[str, str], ...] = ()


def find_creations(program: Program, facts: LifespanFacts) -> Iterator[Creation]:
    """Every import-time creation that some application triggers, in the order in which they run."""
    hosts = [a for a in facts.apps if not is_test(a.path) and a not in facts.mounted]
    graph = ImportGraph(program)
    orders = {a: graph.order(a.path) for a in hosts}
    seen: set[ast.stmt] = set()
    for order in orders.values():
        for path in order:
            for statement in program.modules[path].source.tree.body:
                if statement not in seen and creates_tables(program, path, statement):
                    seen.add(statement)
                    users = [a for a in hosts if path in orders[a]]
                    app = users[0] if len(users) == 1 else None
                    why = _why_not(program, facts, graph, path, statement, app)
                    rely = tests_that_rely(program, facts, graph, app, path) if app is not None and not why else ()
                    yield Creation(path, statement, app, why, tuple(rely))


def _why_not(
    program: Program,
    facts: LifespanFacts,
    graph: ImportGraph,
    path: str,
    statement: ast.stmt,
    app: App | None,
) -> str:
    if app is None:
        return "several applications import it"
    if not is_stable(program, path, _expressions(statement)):
        return "it uses names that change later"
    if any(isinstance(n, ast.Constant) and n.end_lineno != n.lineno for n in ast.walk(statement)):
        return "it holds a string over several lines"
    order = graph.order(app.path)
    for other in order:
        for line in program.modules[other].source.tree.body:
            if is_main_guard(line) or creates_tables(program, other, line):
                continue
            if touches_database(program, own_nodes(ast.Module([line], []))):
                return f"{other}:{line.lineno} uses the database at import, too"
    if path != app.path and app.path in graph.order(path):
        return "its module imports the module of the application"
    for other in sorted(program.modules):
        if other in order or is_test(other) or path not in graph.order(other):
            continue
        if touches_database(program, program.modules[other].source.nodes):
            return f"{other} uses the tables without running the application"
    if (call := _without_lifespan(program)) is not None:
        return f"{call} runs the application without its lifespan"
    return ""


def _expressions(statement: ast.stmt) -> ast.expr:
    """All expressions of a statement as one."""
    return ast.Tuple([n for n in ast.walk(statement) if isinstance(n, ast.expr)], ast.Load())


def _without_lifespan(program: Program) -> str | None:
    """A call that switches the lifespan off (`Mangum(app, lifespan="off")`, `uvicorn.run(..., lifespan="off")`)."""
    for path, module in sorted(program.modules.items()):
        for node in module.source.nodes:
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                value = keyword.value
                if keyword.arg == "lifespan" and isinstance(value, ast.Constant) and value.value == "off":
                    return f"{path}:{value.lineno}"
    return None
