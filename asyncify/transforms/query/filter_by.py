"""`filter_by(name=value)`: after a join it means the entity that was joined last, and says so explicitly from here on.

SQLAlchemy 2.1's `select().filter_by()` looks at all entities and refuses a name that several of them have.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.symbols import ClassInfo
from asyncify.model.ops import EditCall, RenameAttribute
from asyncify.transforms.query.attribute_sites import attribute_models, is_through_table
from asyncify.transforms.query.chains import Chain, chain_of
from asyncify.transforms.query.decisions import Decision, Place, Problem
from asyncify.transforms.query.entities import Entity, entity_of, first_mention, joined_entity, step_of
from asyncify.transforms.query.joins import JOINS, last_joined
from asyncify.transforms.query.uses import Uses, method_of

#: links that select more
SELECTING = ("add_columns", "add_column", "add_entity")
ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.Subscript, ast.List, ast.Tuple, ast.Dict, ast.Set)
WHY = "filter_by() after a join means the entity that was joined last"


def filter_by(uses: Uses, place: Place, call: ast.Call) -> Iterator[Decision]:
    """Edits that write the entity out where there can be a question which it is."""
    chain = chain_of(uses, call)
    if not _ambiguous(uses, place, call, chain):
        return
    entity = _entity(uses, place, call, chain)
    plain = all(k.arg is not None and not any(n in uses.holds for n in ast.walk(k.value)) for k in call.keywords)
    if entity is None or not plain or call.args:
        if not _clear(uses, place, call, chain):
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


def _ambiguous(uses: Uses, place: Place, call: ast.Call, chain: Chain) -> bool:
    links = _before(uses, call, chain)
    sites = uses.holds[call].sites
    several = any(len(uses.entities(site)) > 1 for site in sites)
    beside = any(is_through_table(uses.program, site) for site in sites if isinstance(site, ast.Attribute))
    if several or beside or any(method_of(c) in (*JOINS, *SELECTING, "select_from") for c in links):
        return True
    return any(not _is_plain(uses, place, e, call) for site in sites for e in uses.entities(site))


def _is_plain(uses: Uses, place: Place, node: ast.expr, call: ast.Call) -> bool:
    """Whether a select of one thing finds the names. What is computed brings the tables of its columns, which have but
    columns, and of a class that inherits not all."""
    if isinstance(node, (ast.Name, ast.Starred)):
        return True
    orm, found = uses.program.orm, first_mention(uses, node)
    if found is None or found.model is None:
        return isinstance(node, ast.Attribute)
    columns = orm.columns(found.model)
    if isinstance(node, ast.Attribute) and (found.text == ast.unparse(node) or node.attr in columns):
        return True
    parents = [c for c in uses.program.classes.program_ancestors(found.model) if c is not found.model]
    inherits = any(orm.is_model(c) for c in parents)
    read = [n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == found.text]
    return not inherits and all(name is None or name in columns for name in (*read, *(k.arg for k in call.keywords)))


def _clear(uses: Uses, place: Place, call: ast.Call, chain: Chain) -> bool:
    """Whether each name belongs to one entity only of those that the query can have."""
    if "with_entities" in chain.methods:
        return False  # what was joined before and what is selected now are two to SQLAlchemy 2.1
    orm = uses.program.orm
    known: set[tuple[str, ClassInfo]] = set()
    joined = [link.args[0] for link in chain.links if method_of(link) in (*JOINS, "select_from") and link.args]
    more = [a for link in chain.links if method_of(link) in SELECTING for a in link.args]
    entities = [e for site in uses.ancestry(uses.holds[call].sites) for e in uses.entities(site)]
    for node in (*joined, *more, *entities):
        step = step_of(node)
        found = joined_entity(uses, place, step) or entity_of(uses, step)
        if found is None or found.model is None:
            return False
        table = isinstance(step, ast.Attribute) and step.attr == "__table__"  # beside its class it is one more
        known.add((ast.unparse(step) if table else found.text or found.model.name, found.model))
    for site in uses.holds[call].sites:
        if isinstance(site, ast.Attribute):
            known |= {(m.name, m) for m in attribute_models(uses.program, site)}
    names = [k.arg for k in call.keywords]
    return not call.args and all(
        name is not None and sum(name in orm.columns(m) or name in orm.relationships(m) for _, m in known) == 1
        for name in names
    )


def _before(uses: Uses, call: ast.Call, chain: Chain) -> list[ast.Call]:
    """The links that may come before a call: of a query that has a name, those that stand above it."""
    if chain.exact:
        return list(chain.links[: chain.links.index(call)] if call in chain.links else chain.links)
    return [link for link in chain.links if link is not call and not _stands_after(uses, link, call)]


def _stands_after(uses: Uses, link: ast.Call, call: ast.Call) -> bool:
    """Whether a link surely comes later than a call: below it in the same function, and no loop leads back."""
    source, function = uses.holds[call].source, uses.program.function_of(call)
    if function is None or uses.program.function_of(link) is not function:
        return False
    outer = source.parent(call)
    while outer is not None and outer is not function.node:
        if isinstance(outer, (ast.For, ast.AsyncFor, ast.While)):
            return False
        outer = source.parent(outer)
    return (link.end_lineno or 0, link.end_col_offset or 0) > (call.end_lineno or 0, call.end_col_offset or 0)


def _entity(uses: Uses, place: Place, call: ast.Call, chain: Chain) -> str | None:
    """Source of the entity that the names belong to: what was joined last, or what is selected from, or first.

    Source: `Query._filter_by_zero` of SQLAlchemy 1.4 to 2.1.
    """
    if chain.site is None:
        return None
    selected = next(iter(uses.entities(chain.site)), None)
    first = first_mention(uses, selected) if selected is not None else None
    chosen: Entity | None = None
    joined: Entity | None = None
    for link in _before(uses, call, chain):
        name = method_of(link)
        if name in JOINS:
            joined = last_joined(uses, place, link, chosen or first)
            if joined is None:
                return None
        elif name == "reset_joinpoint":
            joined = None
        elif name == "select_from" and chosen is None:
            chosen = entity_of(uses, link.args[0]) if len(link.args) == 1 else None
            if chosen is None:
                return None
        elif name == "with_entities":
            first, joined = first_mention(uses, link.args[0]) if link.args else None, None
    found = joined or chosen or first
    return found.text if found is not None and found.text else None


def _criterion(place: Place, entity: str, keyword: ast.keyword) -> str:
    value = keyword.value
    if isinstance(value, ast.Constant) and value.value is None:
        return f"{entity}.{keyword.arg}.is_(None)"
    text = place.source.segment(value)
    return f"{entity}.{keyword.arg} == {text if isinstance(value, ATOMS) else f'({text})'}"
