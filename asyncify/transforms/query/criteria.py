"""The statement of `query.update()` and `query.delete()`: an UPDATE or DELETE with the criteria of the query."""

from __future__ import annotations

import ast

from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.knowledge.query_methods import DML_LINKS
from asyncify.model.edit import Import
from asyncify.model.ops import Hole
from asyncify.transforms.query.attribute_sites import is_of_class
from asyncify.transforms.query.chains import chain_of, outward
from asyncify.transforms.query.decisions import Place
from asyncify.transforms.query.heads import is_dml
from asyncify.transforms.query.naming import is_global
from asyncify.transforms.query.shapes import Shapes
from asyncify.transforms.query.uses import Site, Uses, method_of

CRITERIA = frozenset({"filter", "where", "filter_by"})


def statement(
    uses: Uses, shapes: Shapes, place: Place, base: ast.expr, verb: str
) -> tuple[str, tuple[Import, ...], tuple[Hole, ...]] | None:
    """Source of it, with its imports and holes; on a query in a variable it takes over the criteria.

    Returns None for a query that has, or may have, more than criteria.
    """
    chain = chain_of(uses, base)
    hole = (place.hole("q", base),)
    if chain.site is not None:
        return ("$q", (), hole) if _is_target(uses, shapes, chain.site) and is_dml(uses, chain.site) else None
    sites = uses.holds[base].sites
    if not isinstance(base, ast.Name) or any(site in uses.reshaped for site in sites):
        return None
    entities = set()
    for site in sites:
        if uses.sites[site] is not place.source or not shapes.of_site(site).single:
            return None
        if not _has_criteria(outward(uses, site).links) and not (len(sites) == 1 and _is_filtered(uses, base, site)):
            return None
        if isinstance(site, ast.Attribute) and not is_of_class(uses.program, site):
            return None
        entities.add(ast.unparse(uses.entities(site)[0]))
    if len(entities) != 1 or not chain.methods <= DML_LINKS or not is_global(uses, base, next(iter(entities))):
        return None
    name, imports = place.name(f"sqlalchemy.{verb}")
    return f"{name}({entities.pop()}).where($q.whereclause)", imports, hole


def _is_target(uses: Uses, shapes: Shapes, site: Site) -> bool:
    """Whether a site selects one entity, or a table."""
    entities = uses.entities(site)
    return shapes.of_site(site).single or (len(entities) == 1 and has(uses.program.values(entities[0]), names.TABLE))


def _has_criteria(links: tuple[ast.Call, ...]) -> bool:
    return any(method_of(call) in CRITERIA and (call.args or call.keywords) for call in links)


def _is_filtered(uses: Uses, base: ast.Name, site: Site) -> bool:
    """Whether a statement that always comes before has put criteria on the query: `query = query.filter(...)`.

    Without any, there is no `whereclause` to take over.
    """
    source = uses.holds[base].source
    passed = source.statement(base)
    around = source.parent(passed)
    made = source.statement(site)
    while around is not None:
        for block in (getattr(around, name, None) for name in ("body", "orelse", "finalbody")):
            before = block[: block.index(passed)] if isinstance(block, list) and passed in block else []
            for stmt in before:
                value = stmt.value if isinstance(stmt, ast.Assign) else None
                again = any(isinstance(t, ast.Name) and t.id == base.id for t in getattr(stmt, "targets", ()))
                if again and value is not None and stmt is not made and value in uses.holds:
                    if _has_criteria(_links_of(uses, value)):
                        return True
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        passed, around = around, source.parent(around)  # type: ignore[assignment]
    return False


def _links_of(uses: Uses, node: ast.expr) -> tuple[ast.Call, ...]:
    found: list[ast.Call] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.value in uses.holds:
        found.append(node)
        node = node.func.value
    return tuple(found)
