"""Tables that test files create while pytest imports them: an autouse fixture can wait for the database.

The fixture runs before each test; `create_all` looks first what is there. It runs once instead where it also drops
tables (the rows of earlier tests stay, as before), or where fixtures of a wider scope use the database, which pytest
sets up before those of a function. Source: pytest "Autouse fixtures", "Higher-scoped fixtures are executed first".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from textwrap import indent

from asyncify.analysis.bindings import free_name, names_used
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.import_order import ImportGraph
from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import own_nodes
from asyncify.analysis.table_facts import creates_tables, is_creation, touches_database
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import ReplaceStatement
from asyncify.transforms.lifespan.edits import BECAUSE, function_instead
from asyncify.transforms.lifespan.handlers import is_stable
from asyncify.transforms.lifespan.obstacles import NAME, finding

_ADVICE = "Create the tables in a fixture: nothing can be awaited while a module is imported."


def fixtures(program: Program, graph: ImportGraph) -> Iterator[Edit | Finding]:
    """For each test file that creates tables at import: a fixture that does it, or why it must stay."""
    for path in sorted(program.modules):
        body = program.modules[path].source.tree.body
        statements = [s for s in body if creates_tables(program, path, s)] if is_test_path(path) else []
        if not statements:
            continue
        why = _why_not(program, graph, path, statements)
        if why:
            span = program.modules[path].source.span(statements[0])
            message = f"tables are created at import, and it cannot move to a fixture: {why}"
            yield finding(path, span, "import-time-tables", message, _ADVICE)
        else:
            yield from _edits(program, path, statements)


def _why_not(program: Program, graph: ImportGraph, path: str, statements: list[ast.stmt]) -> str:
    for statement in statements:
        expressions: list[ast.expr] = [n for n in ast.walk(statement) if isinstance(n, ast.expr)]
        if not is_stable(program, path, ast.Tuple(expressions, ast.Load())):
            return "it uses names that change later"
    for statement in program.modules[path].source.tree.body:
        if statement not in statements and _runs(program, statement):
            return f"line {statement.lineno} uses the tables at import, too"
    for other in sorted(program.modules):
        tree = program.modules[other].source.tree
        if other != path and any(path in graph.targets(other, node) for node in ast.walk(tree)):
            return f"{other} imports this file, and pytest runs a fixture for tests only"
    others = [p for p in program.modules if is_test_path(p) and p != path and not p.endswith("conftest.py")]
    own = all(_on_own_engine(program, path, s) for s in statements)
    if not own and others and not path.endswith("conftest.py"):
        return f"other tests, such as {others[0]}, may use these tables"
    if "pytest" in names_used(program, path) and "pytest" not in program.modules[path].imports:
        return "the name `pytest` means something else here"
    return ""


def _runs(program: Program, statement: ast.stmt) -> bool:
    """Whether a statement uses the database or sends a request."""
    nodes = list(own_nodes(ast.Module([statement], [])))
    asked = (n.func.value for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute))
    return touches_database(program, nodes) or any(has(program.values(a), names.TEST_CLIENT) for a in asked)


def _on_own_engine(program: Program, path: str, statement: ast.stmt) -> bool:
    calls = [n for n in ast.walk(statement) if isinstance(n, ast.Call) and is_creation(program, n)]
    binds = [a for c in calls for a in (*c.args, *(k.value for k in c.keywords))]
    found = [program.names.resolve_expression(path, a) for a in binds]
    return bool(found) and all(isinstance(f, Assigned) and f.path == path for f in found)


def _edits(program: Program, path: str, statements: list[ast.stmt]) -> Iterator[Edit]:
    source = program.modules[path].source
    *others, last = statements
    group = f"lifespan {path}"
    for statement in others:
        yield Edit(NAME, path, source.target(statement), ReplaceStatement(), group=group, because=BECAUSE)
    name = free_name(program, path, "create_tables")
    body = indent("\n".join(source.segment(s) for s in statements), "    ")
    returns = any(f.node.returns for f in program.modules[path].functions.values())
    decorator = f"@pytest.fixture({_scope(program, path, statements)}autouse=True)"
    head = f"{decorator}\ndef {name}(){' -> None' if returns else ''}:"
    for target, op in function_instead(program, path, last, f"{head}\n{body}\n"):
        yield Edit(NAME, path, target, op, (Import("pytest"),), group=group, because=BECAUSE)


def _scope(program: Program, path: str, statements: list[ast.stmt]) -> str:
    dropping = any(isinstance(n, ast.Attribute) and n.attr == "drop_all" for s in statements for n in ast.walk(s))
    wider = any(
        isinstance(decorator, ast.Call)
        and any(k.arg == "scope" and getattr(k.value, "value", "") != "function" for k in decorator.keywords)
        and touches_database(program, own_nodes(fixture.node))
        for fixture, decorator in program.fixtures.decorators.items()
    )
    if not dropping and not wider:
        return ""
    return 'scope="session", ' if path.endswith("conftest.py") else 'scope="module", '
