"""Legacy queries that stay: built on the sync session inside of the async one, and run in SQLAlchemy's greenlet."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.kept import in_run_sync
from asyncify.analysis.mock_origins import is_mocked
from asyncify.analysis.points import PointKind
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, Member, has, of_type
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import Hole, Op, Replace, ReplaceStatement
from asyncify.transforms.awaiting.context import Context, context_of
from asyncify.transforms.awaiting.templates import arguments, spawn
from asyncify.transforms.query.slices import is_negative
from asyncify.transforms.query.versions import SqlAlchemy
from asyncify.transforms.session.subclasses import Role, role_of

GROUP = "flip"


def query_edits(program: Program, module: ModuleInfo, waiting: set[ast.AST]) -> Iterator[Edit]:
    """Edits of the sessions that queries are made with, and of the places that send them.

    waiting: is told the nodes that will contain an await.
    """
    for node in module.source.nodes:
        if isinstance(node, ast.Call):
            session = _session_of(program, node)
            if session is None or not has(program.values(session), names.SESSION) or _is_of_query(program, session):
                pass  # the session of a query is the sync one already
            elif is_mocked(program, module.path, session):
                pass  # what a test says of it stays
            elif flips(program, module, node):
                yield inside(program, module, session)
        elif isinstance(node, ast.Attribute) and _is_of_query(program, node) and flips(program, module, node):
            if not _makes_query(program, module, node):
                yield _outside(program, module, node)
        point = program.colouring.points.get(node)
        if point is not None and point.kind is PointKind.QUERY and isinstance(node, (ast.expr, ast.Assign)):
            if context_of(program, program.colouring, module, node) is Context.AWAIT:
                waiting.add(node)
                yield _replaced(program, module, node) if isinstance(node, ast.Assign) else _sent(program, module, node)


def inside(program: Program, module: ModuleInfo, session: ast.expr) -> Edit:
    """The sync session inside the async one; a scoped session is asked for its session first."""
    found = of_type(program.values(session), names.SESSION)
    registry = not isinstance(session, ast.Call) and all(v.type == names.SCOPED_SESSION for v in found)
    op = Replace("$it().sync_session" if registry else "$it.sync_session")
    return _edit(module, session, op, "AsyncSession has no query()")


def _is_of_query(program: Program, node: ast.expr) -> bool:
    """`query.session`."""
    return isinstance(node, ast.Attribute) and node.attr == "session" and has(program.values(node.value), names.QUERY)


def _makes_query(program: Program, module: ModuleInfo, session: ast.expr) -> bool:
    parent = module.source.parent(session)
    around = parent if isinstance(parent, ast.Call) else module.source.parent(parent) if parent is not None else None
    return isinstance(around, ast.Call) and _session_of(program, around) is session


def _outside(program: Program, module: ModuleInfo, node: ast.expr) -> Edit:
    """The async session around that of a legacy query. Source: SQLAlchemy asyncio, `async_session()`."""
    name, imports = bring(program, module.path, "sqlalchemy.ext.asyncio", "async_session")
    because = "the session of a legacy query is the sync one inside"
    return _edit(module, node, Replace(f"{name}($it)"), because, imports)


def _session_of(program: Program, node: ast.Call) -> ast.expr | None:
    """The session of `db.query(...)`, `Query(entities, db)` and `query.with_session(db)`."""
    if not has(program.values(node), names.QUERY):
        return None
    named = next((k.value for k in node.keywords if k.arg == "session"), None)
    for value in program.values(node.func):
        if isinstance(value, Ext) and canonical(value.name) == names.QUERY:
            return named or (node.args[1] if len(node.args) > 1 else None)
        if isinstance(value, Member) and isinstance(node.func, ast.Attribute):
            if value.name == "query":
                return node.func.value
            if value.name == "with_session":
                return named or (node.args[0] if node.args else None)
    return None


def flips(program: Program, module: ModuleInfo, node: ast.AST) -> bool:
    """Whether the sessions around a place become async: everywhere but in functions that are kept as they are."""
    colouring = program.colouring
    if in_run_sync(module, node):
        return False
    outer: ast.AST | None = node
    while outer is not None:
        if colouring.twins.is_staying(outer):
            return False
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = module.functions[outer]
            if function in colouring.kept or (
                function.cls is not None and role_of(program, function.cls) is Role.INSIDE
            ):
                return False
        outer = module.source.parent(outer)
    return True


def _sent(program: Program, module: ModuleInfo, node: ast.expr) -> Edit:
    """A query that is run, iterated over, or of which a part is taken."""
    name, imports = bring(program, module.path, "sqlalchemy.util", "greenlet_spawn")
    because = "the legacy query stays and runs in SQLAlchemy's greenlet"
    op = Replace(f"await {name}(list, $it)")
    if isinstance(node, ast.Subscript) and has(program.values(node.value), names.QUERY):
        op = _part(module.source, node, name, from_end=SqlAlchemy.of(program).is_before_2)
    elif isinstance(node, ast.Call) and not has(program.values(node), names.QUERY):
        lazy = isinstance(node.func, ast.Attribute) and node.func.attr == "values"
        op = _values(module.source, node, name) if lazy else spawn(module.source, node, name)
    return _edit(module, node, op, because, imports)


def _replaced(program: Program, module: ModuleInfo, node: ast.Assign) -> Edit:
    """`book.authors = [...]` of a dynamic collection."""
    target = node.targets[0]
    assert isinstance(target, ast.Attribute)
    name, imports = bring(program, module.path, "sqlalchemy.util", "greenlet_spawn")
    holes = (Hole("o", module.source.span(target.value)), Hole("value", module.source.span(node.value)))
    op = ReplaceStatement(f'await {name}(setattr, $o, "{target.attr}", $value)', holes)
    return _edit(module, node, op, "setting a dynamic collection asks for what it held", imports)


def _part(source: SourceFile, node: ast.Subscript, name: str, *, from_end: bool) -> Replace:
    """`query[1:3]`.

    from_end: whether the queries of the project count from the end too: in SQLAlchemy 1.4 they make a list first, but
    not those of a session in 2.0 style, as that inside of an async one is.
    """
    index, holes = node.slice, [Hole("q", source.span(node.value))]
    bounds = [index.lower, index.upper, index.step] if isinstance(index, ast.Slice) else [index]
    if bounds[-1] is None and len(bounds) == 3:
        bounds.pop()
    texts = ["None" if bound is None else f"$b{i}" for i, bound in enumerate(bounds)]
    holes += [Hole(f"b{i}", source.span(bound)) for i, bound in enumerate(bounds) if bound is not None]
    if from_end and is_negative(index):
        part = ":".join(text if text != "None" else "" for text in texts)
        return Replace(f"(await {name}($q.all))[{part}]", tuple(holes))
    key = f"slice({', '.join(texts)})" if isinstance(index, ast.Slice) else texts[0]
    return Replace(f"await {name}($q.__getitem__, {key})", tuple(holes))


def _values(source: SourceFile, node: ast.Call, name: str) -> Replace:
    """`query.values(...)`, which sends the query when its result is iterated over, and not before."""
    assert isinstance(node.func, ast.Attribute)
    text, holes = arguments(source, node)
    rows = f"await {name}($q.with_entities({text}).all)"
    parent = source.parent(node)
    stepped = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "next"
    return Replace(f"iter({rows})" if stepped else rows, (Hole("q", source.span(node.func.value)), *holes))


def _edit(module: ModuleInfo, node: ast.AST, op: Op, because: str, imports: tuple[Import, ...] = ()) -> Edit:
    return Edit("await", module.path, module.source.target(node), op, imports, (), GROUP, because)
