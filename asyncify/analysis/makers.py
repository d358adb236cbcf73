"""Engines and session factories at the top of modules: where they are made, where they are used, who replaces them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from asyncify.analysis.foreign_engines import FOREIGN_ENGINE
from asyncify.analysis.names import Assigned, Imported
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, Mod, has
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical


class Made(Enum):
    """What a maker makes."""

    ENGINE = "engine"
    FACTORY = "factory"  # sessionmaker, scoped_session


MAKERS = {
    names.CREATE_ENGINE: Made.ENGINE,
    names.SESSIONMAKER: Made.FACTORY,
    names.SCOPED_SESSION: Made.FACTORY,
}


@dataclass(frozen=True)
class Maker:
    """`engine = create_engine(...)`. calls: the calls of all assignments to the name (there are several in the branches
    of an `if`), with the statements around them. scoped: it gives the session of the thread or task, not a new one."""

    path: str
    name: str
    made: Made
    calls: tuple[tuple[ast.stmt, ast.Call], ...]
    scoped: bool = False


@dataclass(frozen=True)
class Use:
    """A place that reads a maker. node: a name or attribute. scope: the module whose global name is read there.
    local: the import inside of a function that brings the name, if that is where it comes from."""

    path: str
    node: ast.Name | ast.Attribute
    maker: Maker
    scope: str
    local: ast.ImportFrom | None = None


def find_makers(program: Program) -> dict[tuple[str, str], Maker]:
    """The makers of a program by file and name. A name that anything else is assigned to is none."""
    found: dict[tuple[str, str], Maker] = {}
    for path in sorted(program.modules):
        module = program.modules[path]
        rebound = {n for node in module.source.nodes if isinstance(node, ast.Global) for n in node.names}
        for name, statements in module.top.items():
            calls = [_made_by(program, stmt) for stmt in statements]
            kinds = {made for made, _ in calls}
            made = next(iter(kinds)) if len(kinds) == 1 else None
            if made is not None and name not in rebound:
                pairs = tuple((s, c) for s, (_, c) in zip(statements, calls, strict=True) if c is not None)
                scoped = any(has(program.values(c), names.SCOPED_SESSION) for _, c in pairs)
                found[path, name] = Maker(path, name, made, pairs, scoped)
    return found


def _made_by(program: Program, stmt: ast.stmt) -> tuple[Made | None, ast.Call | None]:
    """What a statement `name = maker(...)` makes."""
    if isinstance(stmt, ast.Assign):
        simple = len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name)
    else:
        simple = isinstance(stmt, ast.AnnAssign)
    call = stmt.value if simple and isinstance(stmt, (ast.Assign, ast.AnnAssign)) else None
    if not isinstance(call, ast.Call):
        return None, None
    for value in program.values(call.func):
        if isinstance(value, Ext) and canonical(value.name) in MAKERS:
            made = MAKERS[canonical(value.name)]
            foreign = made is Made.ENGINE and has(program.values(call), FOREIGN_ENGINE)
            return (None, None) if foreign else (made, call)
    return None, None


def uses_of(program: Program, makers: dict[tuple[str, str], Maker]) -> Iterator[Use]:
    """Every place that reads one of these makers."""
    for path in sorted(program.modules):
        module = program.modules[path]
        local = _imported_in_functions(program, module, makers)
        known = {n: maker for n in (*module.bound, *module.imports) if (maker := _global(program, path, n, makers))}
        attributes = {m.name for m in makers.values()}
        for node in module.source.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                owner = _owner(program.function_of(node), node.id)
                if owner is not None and (owner, node.id) in local:
                    statement, maker, scope = local[owner, node.id]
                    yield Use(path, node, maker, scope, statement)
                elif owner is None and node.id in known:
                    yield Use(path, node, known[node.id], path)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in attributes:
                for value in program.values(node.value):
                    found = _global(program, value.path, node.attr, makers) if isinstance(value, Mod) else None
                    if found is not None and isinstance(value, Mod):
                        yield Use(path, node, found, value.path)


def _global(program: Program, path: str, name: str, makers: dict[tuple[str, str], Maker]) -> Maker | None:
    found = program.names.resolve(path, name)
    return makers.get((found.path, found.name)) if isinstance(found, Assigned) else None


def _owner(function: FunctionInfo | None, name: str) -> FunctionInfo | None:
    """The function that a name is local to; None for a global one."""
    while function is not None and name not in function.local_names:
        function = function.parent
    return function


def _imported_in_functions(
    program: Program, module: ModuleInfo, makers: dict[tuple[str, str], Maker]
) -> dict[tuple[FunctionInfo, str], tuple[ast.ImportFrom, Maker, str]]:
    found: dict[tuple[FunctionInfo, str], tuple[ast.ImportFrom, Maker, str]] = {}
    for statement in module.source.nodes:
        function = program.function_of(statement) if isinstance(statement, ast.ImportFrom) else None
        if function is None or not isinstance(statement, ast.ImportFrom):
            continue
        for alias in statement.names:
            target = program.names.imported(module.path, statement, alias)
            maker = _global(program, target.path, target.name, makers) if isinstance(target, Imported) else None
            if maker is not None and isinstance(target, Imported):
                found[function, alias.asname or alias.name] = statement, maker, target.path
    return found


def replaced_names(program: Program) -> frozenset[tuple[str, str]]:
    """Files and names of globals that something puts another object in the place of: `monkeypatch.setattr`, `patch`,
    plain assignment to an attribute of a module."""
    found: set[tuple[str, str]] = set()
    for path in sorted(program.modules):
        for node in program.modules[path].source.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found |= {(v.path, node.attr) for v in program.values(node.value) if isinstance(v, Mod)}
            elif isinstance(node, ast.Call) and last_name(node.func) in ("patch", "object", "setattr"):
                found |= set(_patched(program, path, node))
    return frozenset(found)


def _patched(program: Program, path: str, node: ast.Call) -> Iterator[tuple[str, str]]:
    first, second = (*node.args, None, None)[:2]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        module, _, name = first.value.rpartition(".")
        file = program.names.index.find(module, path) if module else None
        if file is not None:
            yield file, name
    elif first is not None and isinstance(second, ast.Constant):
        for value in program.values(first):
            if isinstance(value, Mod):
                yield value.path, str(second.value)
