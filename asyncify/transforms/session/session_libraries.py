"""`db.session` of a library that keeps the session of a request: its async form has the same interface."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import names_used
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.knowledge.session_libraries import ASYNC_MODULE, ASYNC_PACKAGE, RENAMED, SYNC_MODULE
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Replace, ReplaceStatement

BECAUSE = f"{ASYNC_PACKAGE} has the same interface with async sessions"


def session_library_edits(program: Program, module: ModuleInfo) -> Iterator[Edit | Finding]:
    """The imports of a module, and the names that are another in the async library."""
    source = module.source
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and _is_sync(node.module) and not node.level:
            yield _edit(module, node, ReplaceStatement(_as_async(program, module, node)))
            new = {a.name: _local(program, module, a) for a in node.names if a.name in RENAMED and not a.asname}
            for name in source.nodes:
                if isinstance(name, ast.Name) and name.id in new and new[name.id] != name.id:
                    yield _edit(module, name, Replace(new[name.id]))
        elif isinstance(node, ast.Import) and any(_is_sync(alias.name) for alias in node.names):
            message = f"{SYNC_MODULE} makes sync sessions, and this module uses it by its own name"
            advice = f"import what is used of it by `from {SYNC_MODULE} import ...`, and run again"
            yield Finding("session", module.path, source.span(node), "library-session", message, advice)


def _is_sync(name: str | None) -> bool:
    return (name or "").partition(".")[0] == SYNC_MODULE


def _local(program: Program, module: ModuleInfo, alias: ast.alias) -> str:
    """The name of an import in the file: the old one stays where the new one means something else there."""
    if alias.asname:
        return alias.asname
    new = RENAMED.get(alias.name, alias.name)
    return alias.name if new != alias.name and new in names_used(program, module.path) else new


def _as_async(program: Program, module: ModuleInfo, node: ast.ImportFrom) -> str:
    parts = []
    for alias in node.names:
        name, local = RENAMED.get(alias.name, alias.name), _local(program, module, alias)
        parts.append(name if name == local or alias.name == "*" else f"{name} as {local}")
    home = (node.module or "").replace(SYNC_MODULE, ASYNC_MODULE, 1)
    return f"from {home} import {', '.join(sorted(parts))}"


def _edit(module: ModuleInfo, node: ast.AST, op: Replace | ReplaceStatement) -> Edit:
    return Edit("session", module.path, module.source.target(node), op, group="flip", because=BECAUSE)
