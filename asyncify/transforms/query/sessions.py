"""Which expression is the session of a query, at the place where the query runs."""

from __future__ import annotations

import ast

from asyncify.analysis.dotted import is_path, root_of
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.transforms.query.decisions import Place
from asyncify.transforms.query.found_sessions import SessionText, of_module, of_property, owners_sites
from asyncify.transforms.query.frames import in_callers_words
from asyncify.transforms.query.paths import alias_of, owner_of, stays
from asyncify.transforms.query.uses import Site, Uses


def session_of(uses: Uses, site: ast.AST) -> ast.expr | None:
    """The session of `session.query(...)` and `session.get(...)`, or that of `Query(entities, session)`."""
    if not isinstance(site, ast.Call):
        return None
    if isinstance(site.func, ast.Attribute) and has(uses.program.values(site.func.value), names.SESSION):
        return site.func.value
    if uses.is_constructor(site) and len(site.args) > 1:
        return site.args[1]
    return next((k.value for k in site.keywords if k.arg == "session"), None)


def session_at(uses: Uses, place: Place, node: ast.expr) -> SessionText | None:
    """The session of the queries in an expression, which were made elsewhere; None where nothing surely gives it.

    It is the expression that every one of them was made with, where that means the same thing at the place: a name
    that is bound once in the same function, an attribute of the same object, a parameter of the same name, or a name
    of a module.
    """
    sites = uses.ancestry(uses.holds[node].sites) - uses.reshaped
    found = {_of_site(uses, place, site, node) for site in sites}
    return found.pop() if len(found) == 1 else None


def _of_site(uses: Uses, place: Place, site: Site, node: ast.expr) -> SessionText | None:
    """The session of the queries that one site makes, at a place."""
    if isinstance(site, ast.Attribute):
        return of_collection(uses, place, site, node) if uses.is_dynamic(site) else of_property(place, site)
    session = session_of(uses, site)
    return _written(uses, place, session, site, node) if session is not None else None


def _written(uses: Uses, place: Place, session: ast.expr, made: ast.AST, node: ast.expr) -> SessionText | None:
    """The session that stands at `made` in the words of a place."""
    if not is_path(session) or any(n in uses.holds for n in ast.walk(session)):  # `query.session` is no more then
        return None
    text = _here(uses, session, made, node, place.source)
    if text is None and (whole := alias_of(uses.program, session, session)) is not None:
        text = _here(uses, whole, made, node, place.source)
    if text is not None:
        return SessionText(text)
    path = _path_of(uses, made)
    return of_module(place, path, session, node) if path is not None else None


def _path_of(uses: Uses, node: ast.AST) -> str | None:
    """The file of what makes queries or loads instances."""
    function = uses.program.function_of(node)
    use = uses.holds.get(node)
    return function.path if function is not None else use.source.path if use is not None else None


def of_collection(uses: Uses, place: Place, site: ast.Attribute, node: ast.expr) -> SessionText | None:
    """The session of a dynamic collection: that with which its object was loaded, else the one that the object has."""
    function_of = uses.program.function_of
    here = site.value if function_of(site) is function_of(node) else node
    found: set[SessionText | None] = set()
    for made in owners_sites(uses.program, site):
        session = session_of(uses, made) if made is not None else None
        if made is not None and session is not None:
            found.add(_written(uses, place, session, made, here))
        else:
            found.add(_of_site(uses, place, made, here) if isinstance(made, ast.Attribute) else None)
    only = found.pop() if len(found) == 1 else None
    if only is not None:
        return only
    if not is_path(site.value) or not _means_the_same(uses, site.value, site, node, place.source):
        return None
    name, imports = place.name(names.OBJECT_SESSION)
    return SessionText(f"{name}({ast.unparse(site.value)})", imports=imports)


def _here(uses: Uses, session: ast.expr, site: ast.AST, place: ast.expr, source: SourceFile) -> str | None:
    """The session of one site in the words of a place."""
    if _means_the_same(uses, session, site, place, source):
        return ast.unparse(session)
    translated = in_callers_words(uses, session, site, place)
    return ast.unparse(translated) if translated is not None else None


def _means_the_same(uses: Uses, session: ast.expr, site: ast.AST, place: ast.AST, source: SourceFile) -> bool:
    program = uses.program
    root = root_of(session)
    made, used = program.function_of(site), program.function_of(place)
    owner_made, owner_used = owner_of(made, root), owner_of(used, root)
    if owner_made is owner_used:
        if owner_made is None:  # a name of the module
            return _path_of(uses, site) == source.path
        return stays(owner_made, session)
    if owner_made is None or owner_used is None:
        return False
    if not stays(owner_used, session):
        return False
    if isinstance(session, ast.Name):  # a parameter of the same name: the same session goes along
        arg = next((a for a in owner_used.parameters if a.arg == root), None)
        return arg is not None and has(program.values(arg), names.SESSION)
    return _same_self(uses, owner_made, owner_used, root)


def _same_self(uses: Uses, made: FunctionInfo, used: FunctionInfo, root: str) -> bool:
    """`self.db` in two methods of one class, or of a class and one above it."""
    if made.cls is None or used.cls is None:
        return False
    if not all(f.parameters and f.parameters[0].arg == root for f in (made, used)):
        return False
    return uses.program.classes.are_kin(made.cls, used.cls)
