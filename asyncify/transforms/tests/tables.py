"""`Base.metadata.create_all(engine)` at the top of a test file: nothing can be awaited while a file is imported.

A fixture of the whole session that every test gets by itself runs before all tests and all fixtures that are asked
for, as the import did.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.points import PointKind, bind_of
from asyncify.analysis.source import SourceFile
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Import
from asyncify.model.ops import ReplaceStatement
from asyncify.transforms.tests.found import Work

_WHY = "tables are created in a fixture, because nothing can be awaited while a file is imported"


def plan_tables(work: Work) -> None:
    """One fixture for each test file that creates or drops tables at its top."""
    for path in sorted(work.program.modules):
        source = work.source(path)
        if not _is_collected(work, path):
            continue
        statements = [s for s in source.tree.body if isinstance(s, ast.Expr) and _creates(work, s.value)]
        if not statements:
            continue
        name = _free_fixture_name(work, path)
        lines = "\n".join(f"    {line}" for s in statements for line in _lines(work, source, s.value))
        template = f'@pytest.fixture(scope="session", autouse=True)\nasync def {name}():\n{lines}\n'
        work.edit(path, statements[0], ReplaceStatement(template), _WHY, (Import("pytest"),))
        for statement in statements[1:]:
            work.edit(path, statement, ReplaceStatement(""), _WHY)


def _is_collected(work: Work, path: str) -> bool:
    """Whether pytest finds fixtures in a file."""
    functions = work.program.modules[path].functions.values()
    return path.endswith("conftest.py") or any(work.program.fixtures.is_test(f) for f in functions)


def _creates(work: Work, node: ast.expr) -> bool:
    point = work.program.colouring.points.get(node)
    return point is not None and point.kind is PointKind.DDL


def _free_fixture_name(work: Work, path: str) -> str:
    """A name that no fixture has: one of the same name nearer to a test would take its place."""
    name = free_name(work.program, path, "create_tables")
    taken = {f.name for f in work.program.fixtures.decorators}
    while name in taken:
        name += "_here"
    return name


def _lines(work: Work, source: SourceFile, call: ast.expr) -> Iterator[str]:
    bind = bind_of(work.program, call) if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or bind is None:
        return
    others = [a for a in call.args if a is not bind]
    rest = [source.segment(a) for a in others]
    rest += [f"{k.arg}={source.segment(k.value)}" for k in call.keywords if k.value is not bind]
    run = f".run_sync({', '.join([source.segment(call.func), *rest])})"
    if has(work.program.values(bind), names.CONNECTION):
        yield f"await {source.segment(bind)}{run}"
    else:
        yield f"async with {source.segment(bind)}.begin() as conn:"
        yield f"    await conn{run}"
