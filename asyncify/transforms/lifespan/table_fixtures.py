"""Tables that test files create while pytest imports them: an autouse fixture can wait for the database.

The fixture runs before each test; `create_all` looks first what is there. It runs once instead where it also drops
tables (the rows of earlier tests stay, as before), or where fixtures of a wider scope use the database, which pytest
sets up before those of a function. Source: pytest "Autouse fixtures", "Higher-scoped fixtures are executed first".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from textwrap import indent

from asyncify.analysis.bindings import free_name, names_used
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.import_order import ImportGraph
from asyncify.analysis.names import Assigned
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.program import Program
from asyncify.analysis.table_facts import creates_tables, is_creation, touches_database
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import InsertStatements, ReplaceStatement
from asyncify.transforms.lifespan.edits import BECAUSE, function_instead
from asyncify.transforms.lifespan.handlers import is_stable
from asyncify.transforms.lifespan.obstacles import NAME, finding

#: set up for a class or module by pytest and unittest, in an order of their own
_BEFORE_FIXTURES = frozenset({"setUpClass", "setUpModule", "setup_class", "setup_module"})
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
    if why := _cannot_wait(program, graph, path, statements):
        return why
    others = [p for p in program.modules if is_test_path(p) and p != path and not p.endswith("conftest.py")]
    own = all(_on_own_engine(program, path, s) for s in statements)
    if not own and others and not path.endswith("conftest.py"):
        return f"other tests, such as {others[0]}, may use these tables"
    return ""


def _cannot_wait(program: Program, graph: ImportGraph, path: str, statements: list[ast.stmt]) -> str:
    """Why a fixture would come too late, or not at all, for what a test file does besides these statements."""
    for statement in program.modules[path].source.tree.body:
        if statement not in statements and _uses(program, own_nodes(ast.Module([statement], []))):
            return f"line {statement.lineno} uses the tables at import, too"
    for function in program.modules[path].functions.values():
        if function.name in _BEFORE_FIXTURES:
            return f"{function.name} may run before a fixture"
    for other in sorted(program.modules):
        tree = program.modules[other].source.tree
        if other != path and any(path in graph.targets(other, node) for node in ast.walk(tree)):
            return f"{other} imports this file, and pytest runs a fixture for tests only"
    if "pytest" in names_used(program, path) and "pytest" not in program.modules[path].imports:
        return "the name `pytest` means something else here"
    return ""


def _uses(program: Program, nodes: Iterable[ast.AST]) -> bool:
    """Whether nodes use the database or send a request."""
    nodes = list(nodes)
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
    decorator = f"@pytest.fixture({_scope(path)}autouse=True)"
    head = f"{decorator}\ndef {name}(){' -> None' if returns else ''}:"
    for target, op in function_instead(program, path, last, f"{head}\n{body}\n"):
        yield Edit(NAME, path, target, op, (Import("pytest"),), group=group, because=BECAUSE)


def _scope(path: str) -> str:
    """The widest scope of a fixture in a file of tests: an import creates tables once, not for each test."""
    return 'scope="session", ' if path.endswith("conftest.py") else 'scope="module", '


def fixture_for(program: Program, graph: ImportGraph, test: str, module: str, name: str, group: str) -> Edit | str:
    """A fixture on top of a test file (its `conftest.py` if it has one) that calls a function of the application.

    module, name: where the file can import the function from. Returns why this cannot be, as text.
    """
    if not is_test_path(test):
        return f"{test} is no file of tests"
    source = program.modules[test].source
    if why := _cannot_wait(program, graph, test, [s for s in source.tree.body if creates_tables(program, test, s)]):
        return f"in {test} {why}"
    imports = [s for s in source.tree.body if isinstance(s, ast.Import | ast.ImportFrom)]
    if {"tables", name} & names_used(program, test) or not imports:
        return f"the names `tables` and `{name}` are taken in {test}"
    returns = " -> None" if any(f.node.returns for f in program.modules[test].functions.values()) else ""
    decorator = f"@pytest.fixture({_scope(test)}autouse=True)"
    # imported in the body: what stands above the imports of the file must run before the application is imported
    code = f"\n\n{decorator}\ndef tables(){returns}:\n    from {module} import {name}\n\n    {name}()\n"
    op = InsertStatements(code, "after")
    return Edit(NAME, test, source.target(imports[-1]), op, (Import("pytest"),), group=group, because=BECAUSE)
