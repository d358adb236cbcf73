"""`filter_by(name=value)`: after a join it means the entity that was joined last, and says so explicitly from here on.

SQLAlchemy 2.1's `select().filter_by()` looks at all entities and refuses a name that several of them have.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls
from asyncify.model.ops import EditCall, RenameAttribute
from asyncify.transforms.query.attribute_sites import attribute_models, is_through_table
from asyncify.transforms.query.chains import Chain, chain_of
from asyncify.transforms.query.decisions import Decision, Place, Problem
from asyncify.transforms.query.entities import entity_of
from asyncify.transforms.query.joins import JOINS, last_joined
from asyncify.transforms.query.uses import Uses, method_of

ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.Subscript, ast.List, ast.Tuple, ast.Dict, ast.Set)
WHY = "filter_by() after a join means the entity that was joined last"


def filter_by(uses: Uses, place: Place, call: ast.Call) -> Iterator[Decision]:
    """Edits that write the entity out where there can be a question which it is."""
    chain = chain_of(uses, call)
    if not _ambiguous(uses, call, chain):
        return
    entity = _entity(uses, place, call, chain)
    plain = all(k.arg is not None and not any(n in uses.holds for n in ast.walk(k.value)) for k in call.keywords)
    if entity is None or not plain or call.args:
        if not _clear(uses, call, chain):
            yield Problem(
                place.source,
                call,
                "query-filter-by",
                "which entity this filter_by() means depends on what was joined before; SQLAlchemy 2.1 refuses it",
                "Write the columns out: .filter(Model.name == value).",
            )
        return
    assert isinstance(call.func, ast.Attribute)
    yield place.edit(call.func, RenameAttribute("where"), WHY)
    names = [k.arg for k in call.keywords if k.arg is not None]
    criteria = tuple(_criterion(place, entity, k) for k in call.keywords)
    yield place.edit(call, EditCall(remove=tuple(names), append=criteria), WHY)


def _ambiguous(uses: Uses, call: ast.Call, chain: Chain) -> bool:
    links = _before(call, chain)
    sites = uses.holds[call].sites
    several = any(len(uses.entities(site)) > 1 for site in sites)
    beside = any(is_through_table(uses.program, site) for site in sites if isinstance(site, ast.Attribute))
    return several or beside or any(method_of(c) in (*JOINS, "select_from") for c in links)


def _clear(uses: Uses, call: ast.Call, chain: Chain) -> bool:
    """Whether each name belongs to one entity only of those that the query can have."""
    if "with_entities" in chain.methods:
        return False  # what was joined before and what is selected now are two to SQLAlchemy 2.1
    orm = uses.program.orm
    models: set[ClassInfo] = set()
    joined = [link.args[0] for link in chain.links if method_of(link) in (*JOINS, "select_from") and link.args]
    entities = [e for site in uses.ancestry(uses.holds[call].sites) for e in uses.entities(site)]
    for node in (*joined, *entities):
        found = _models(uses, node)
        if not found:
            return False
        models |= found
    for site in uses.holds[call].sites:
        if isinstance(site, ast.Attribute):
            models.update(attribute_models(uses.program, site))
    names = [k.arg for k in call.keywords]
    return not call.args and all(
        name is not None and sum(name in orm.columns(m) or name in orm.relationships(m) for m in models) == 1
        for name in names
    )


def _models(uses: Uses, node: ast.expr) -> set[ClassInfo]:
    """The mapped class that an entity, a column or a relationship leads to."""
    found = {v.info for v in uses.program.values(node) if isinstance(v, Cls)}
    if isinstance(node, ast.Attribute) and not found:
        for value in uses.program.values(node.value):
            if isinstance(value, Cls):
                relationship = uses.program.orm.relationship(value.info, node.attr)
                target = relationship.target if relationship is not None else value.info
                found |= {target} if target is not None else set()
    return found


def _before(call: ast.Call, chain: Chain) -> list[ast.Call]:
    return list(chain.links[: chain.links.index(call)] if call in chain.links else chain.links)


def _entity(uses: Uses, place: Place, call: ast.Call, chain: Chain) -> str | None:
    """Source of the entity that the names belong to."""
    if chain.site is None:
        return None
    first = next((entity_of(uses, e) for e in uses.entities(chain.site)), None)
    target = first
    for link in _before(call, chain):
        name = method_of(link)
        if name in JOINS:
            target = last_joined(uses, place, link, first)
        elif name == "reset_joinpoint":
            target = first
        elif name in ("select_from", "with_entities"):
            first = target = entity_of(uses, link.args[0]) if link.args else None
    return target.text if target is not None and target.text else None


def _criterion(place: Place, entity: str, keyword: ast.keyword) -> str:
    value = keyword.value
    if isinstance(value, ast.Constant) and value.value is None:
        return f"{entity}.{keyword.arg}.is_(None)"
    text = place.source.segment(value)
    return f"{entity}.{keyword.arg} == {text if isinstance(value, ATOMS) else f'({text})'}"
