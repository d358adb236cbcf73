"""`session.query(User)`: what takes its place at the start of a statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.knowledge.query_methods import COUNT_LINKS, DML_LINKS
from asyncify.model.ops import Replace
from asyncify.transforms.query.attribute_sites import collection_head, entity
from asyncify.transforms.query.chains import outward
from asyncify.transforms.query.decisions import FUNC, SELECT, Decision, Place, Problem
from asyncify.transforms.query.labels import labels
from asyncify.transforms.query.shapes import Shapes
from asyncify.transforms.query.uses import Site, Uses, method_of

WHY = "Query is the legacy API; an AsyncSession has no query()"


def head(uses: Uses, shapes: Shapes, place: Place, site: Site) -> Iterator[Decision]:
    """What becomes of what makes a query."""
    if isinstance(site, ast.Attribute) and uses.is_dynamic(site):
        yield from collection_head(uses, place, site)
        return
    if isinstance(site, ast.Call) and any(k.arg is None or k.arg != "session" for k in site.keywords):
        yield Problem(
            place.source,
            site,
            "query-arguments",
            "this query has arguments that a select has not",
            "Write it as a select() by hand.",
        )
        return
    end = outward(uses, site).end
    method = method_of(end) if end is not None else ""
    if method == "get":
        return  # `session.get(Model, key)` takes the place of the whole chain
    if is_plain_count(uses, shapes, site):
        select, imports = place.name(*SELECT)
        func, more = place.name(*FUNC)
        model = entity(uses.program, site) if isinstance(site, ast.Attribute) else "$model"
        template = f"{select}({func}.count()).select_from({model})"
        op = Replace(template, (place.hole("model", uses.entities(site)[0]),))
        yield place.edit(site, op, WHY, (*imports, *more))
        return
    yield from labels(place, uses.entities(site))
    verb = (f"sqlalchemy.{method}",) if is_dml(uses, site) else SELECT
    name, imports = place.name(*verb)
    if isinstance(site, ast.Attribute):
        yield place.edit(
            site, Replace(f"{name}({entity(uses.program, site)})", (place.hole("model", site.value),)), WHY, imports
        )
    elif uses.is_constructor(site):
        entities = uses.entities(site)
        names = ", ".join(f"$e{i}" for i in range(len(entities)))
        holes = tuple(place.hole(f"e{i}", e) for i, e in enumerate(entities))
        drops = (site.func.id,) if isinstance(site.func, ast.Name) else ()
        yield place.edit(site, Replace(f"{name}({names})", holes), WHY, imports, drops)
    else:
        yield place.edit(site.func, Replace(name), WHY, imports)


def is_dml(uses: Uses, site: Site) -> bool:
    """Whether the whole chain from a site is an UPDATE or DELETE with criteria."""
    chain = outward(uses, site)
    return chain.end is not None and method_of(chain.end) in ("update", "delete") and chain.methods <= DML_LINKS


def is_plain_count(uses: Uses, shapes: Shapes, site: Site) -> bool:
    """Whether a chain counts the rows of one entity and its joins, so that `count()` needs no subquery."""
    chain = outward(uses, site)
    return (
        chain.end is not None
        and method_of(chain.end) == "count"
        and chain.methods <= COUNT_LINKS
        and shapes.of_site(site).single
        and not uses.is_dynamic(site)
    )
