"""Sessions of queries that have none in sight: of `Model.query`, of dynamic collections, of other modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.bindings import names_used
from asyncify.analysis.import_order import ImportGraph
from asyncify.analysis.import_paths import import_of
from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.values import Cls, Obj
from asyncify.model.edit import Import
from asyncify.model.ops import Hole
from asyncify.transforms.query.decisions import Place


@dataclass(frozen=True)
class SessionText:
    """How a session is written at a place. text: with `$s` for the hole, where there is one."""

    text: str
    holes: tuple[Hole, ...] = ()
    imports: tuple[Import, ...] = ()


def of_property(place: Place, site: ast.Attribute) -> SessionText | None:
    """The session of `Model.query`."""
    program = place.program
    owners = (v.info for v in program.values(site.value) if isinstance(v, (Cls, Obj)))
    # a class without one is a base of those that have it, and is never asked itself
    properties = {made for info in owners if (made := program.query_properties.of(info, site.attr)) is not None}
    found = {of_module(place, made.path, made.session, site) for made in properties}
    return found.pop() if len(found) == 1 else None


def of_module(place: Place, path: str, session: ast.expr, node: ast.AST) -> SessionText | None:
    """A session that is a name at the top of a module, or an attribute of one, in the words of another place.

    path: the module. node: where it is needed. Returns None where it is not such a name, or cannot be imported.
    """
    program = place.program
    root = session
    while isinstance(root, ast.Attribute):
        root = root.value
    module = program.modules[path]
    if not isinstance(root, ast.Name) or root.id not in module.bound or _is_local(program, session, root.id):
        return None
    rest = ast.unparse(session).removeprefix(root.id)
    if path == place.source.path:
        return None if _is_local(program, node, root.id) else SessionText(f"{root.id}{rest}")
    imported = _imported(place, path, root.id, node)
    if imported is None:
        return None
    local, imports = imported
    return SessionText(f"{local}{rest}", imports=imports)


def _imported(place: Place, path: str, name: str, node: ast.AST) -> tuple[str, tuple[Import, ...]] | None:
    """A top-level name of one module in another: the local name, and the import for it."""
    program, own = place.program, place.source.path
    meant = program.names.resolve(path, name)
    if meant is None:
        return None
    body = place.source.tree.body
    for local, statements in sorted(program.modules[own].imports.items()):
        there = any(s in body for s in statements) and program.names.resolve(own, local) == meant
        if there and not _is_local(program, node, local):
            return local, ()
    graph = ImportGraph(program)
    for target in dict.fromkeys([meant.path if isinstance(meant, Assigned) else path, path]):
        origin = import_of(program, own, target)
        if origin is not None and (own not in graph.order(target) or target in graph.direct(own)):
            given = meant.name if isinstance(meant, Assigned) and target == meant.path else name
            local = given if given not in names_used(program, own) else f"{given}_"
            return local, (Import(origin, given, local if local != given else ""),)
    return None


def _is_local(program: Program, node: ast.AST, name: str) -> bool:
    """Whether a name is one of a function around a node."""
    function = program.function_of(node)
    while function is not None and name not in function.local_names:
        function = function.parent
    return function is not None


def owners_sites(program: Program, site: ast.Attribute) -> Iterator[ast.AST | None]:
    """Where the objects were loaded whose collection is read; None where that is not known."""
    for value in program.values(site.value):
        if isinstance(value, Obj):
            yield value.origin.site if value.origin is not None else None
