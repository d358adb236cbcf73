"""`isinstance(dbapi_connection, sqlite3.Connection)` in listeners: the connection of an async engine is no such thing.

A listener on the class `Engine` asks so which driver it is called for, and would do nothing for an async engine:
`PRAGMA foreign_keys=ON` is not sent. Source: SQLAlchemy 2.0 `dialects/sqlite/aiosqlite.py`, whose connections listeners
get; it can be imported without aiosqlite.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from asyncify.analysis.bindings import bring
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Replace

_EVENTS = frozenset({"sqlalchemy.event.listen", "sqlalchemy.event.listens_for"})
#: connections of a sync driver -> the module and class of those that listeners get from the async one
CONNECTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"sqlite3.Connection": ("sqlalchemy.dialects.sqlite.aiosqlite", "AsyncAdapt_aiosqlite_connection")}
)
_BECAUSE = "listeners get another connection from the async driver"


def driver_connections(program: Program, transform: str, group: str) -> Iterator[Edit]:
    """The classes of both drivers, where code of a file that listens to events asks for that of the sync one.

    Sync engines that stay beside the async ones call the same listeners."""
    for path in sorted(program.modules):
        module = program.modules[path]
        if "isinstance" not in module.source.text or kept_sync(program, path) or not _listens(program, module):
            continue
        for node in module.source.nodes_of(ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "isinstance" and len(node.args) == 2:
                yield from _asked(program, module, node.args[1], transform, group)


def _listens(program: Program, module: ModuleInfo) -> bool:
    calls = module.source.nodes_of(ast.Call)
    return any(isinstance(v, Ext) and v.name in _EVENTS for call in calls for v in program.values(call.func))


def _asked(program: Program, module: ModuleInfo, given: ast.expr, transform: str, group: str) -> Iterator[Edit]:
    """`isinstance(connection, ...)` with one class or a tuple of them."""
    kinds = given.elts if isinstance(given, ast.Tuple) else [given]
    found = [program.names.resolve_expression(module.path, kind) for kind in kinds]
    asked = [one.name if isinstance(one, Ext) else "" for one in found]
    wanted = [CONNECTIONS[name] for name in asked if name in CONNECTIONS]
    missing = [(home, name) for home, name in wanted if f"{home}.{name}" not in asked]
    if not missing:
        return
    brought = [bring(program, module.path, home, name) for home, name in missing]
    holes = tuple(Hole(f"k{index}", module.source.span(kind)) for index, kind in enumerate(kinds))
    text = ", ".join([*(f"${hole.name}" for hole in holes), *(name for name, _ in brought)])
    imports = tuple(one for _, imports in brought for one in imports)
    yield Edit(
        transform, module.path, module.source.target(given), Replace(f"({text})", holes), imports, (), group, _BECAUSE
    )
