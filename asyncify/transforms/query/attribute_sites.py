"""Queries that reading an attribute makes: `Model.query`, and collections with `lazy="dynamic"`.

The `statement` of such a collection is a select with the criterion and the order of the relationship; it needs no
session and sends nothing. Source: SQLAlchemy asyncio documentation, "Preventing Implicit IO"; both forms run side by
side on 1.4.54, 2.0.58 and 2.1.9.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.names import Assigned
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Obj, objects, of_type
from asyncify.knowledge import names
from asyncify.model.ops import Replace
from asyncify.transforms.query.chains import outward
from asyncify.transforms.query.decisions import Decision, Place, Problem
from asyncify.transforms.query.uses import Uses, method_of

#: what writes pending objects, so that the database knows their keys
WRITES = frozenset({"commit", "flush", "refresh"})


def attribute_models(program: Program, site: ast.Attribute) -> frozenset[ClassInfo]:
    """The classes whose instances a query gives that an attribute made."""
    found = of_type(program.values(site), names.QUERY)
    return frozenset(v.info for query in found if query.args for v in query.args[0] if isinstance(v, Cls))


def entity(program: Program, site: ast.Attribute) -> str:
    """What `Model.query` selects, with `$model` for what stands before the dot."""
    return "type($model)" if any(objects(program.values(site.value))) else "$model"


def is_of_class(program: Program, site: ast.Attribute) -> bool:
    """Whether what stands before the dot is the class that is selected: `User.query`."""
    values = program.values(site.value)
    return bool(values) and all(isinstance(v, Cls) for v in values)


def collection_head(uses: Uses, place: Place, site: ast.Attribute) -> Iterator[Decision]:
    """What becomes of a dynamic collection that is used as a query."""
    end = outward(uses, site).end
    if end is not None and method_of(end) in ("update", "delete", "get"):
        message = f"{method_of(end)}() on a dynamic collection has no equal on its select"
        yield Problem(place.source, site, "query-dynamic", message, f"Write it as {method_of(end)}(Model) by hand.")
    elif any(_keyword(r, "query_class") is not None for r in _relationships(uses.program, site)):
        message = "the queries of this dynamic collection are of an own class"
        yield Problem(place.source, site, "query-class", message, "Write it as a select() by hand.")
    elif _is_new(uses, site):
        message = "this object may be unsaved here, and its dynamic collection a list in memory"
        advice = "Flush the session first, and select by user.posts.statement."
        yield Problem(place.source, site, "query-dynamic", message, advice)
    else:
        why = "a dynamic collection is a legacy query; its statement is the same as a select"
        yield place.edit(site, Replace("$it.statement"), why)


def _is_new(uses: Uses, site: ast.Attribute) -> bool:
    """Whether the object of a collection was made by its constructor, and nothing surely saved it since."""
    program = uses.program
    for value in objects(program.values(site.value)):
        made = value.origin.site if value.origin is not None and not value.origin.steps else None
        if not isinstance(made, ast.Call) or not any(isinstance(v, Cls) for v in program.values(made.func)):
            continue
        around = (program.function_of(made), program.function_of(site))
        nodes = (n for function in around if function is not None for n in function.nodes)
        if not any(isinstance(n, ast.Call) and method_of(n) in WRITES for n in nodes):
            return True
    return False


def is_repeating(program: Program, site: ast.Attribute) -> bool:
    """Whether a dynamic collection may give an object twice: through a table that can hold a pair twice."""
    return any(not _holds_pairs(program, r) for r in _through_tables(program, site))


def is_through_table(program: Program, site: ast.Attribute) -> bool:
    """Whether the select of a dynamic collection has a second table in it."""
    return any(True for _ in _through_tables(program, site))


def _through_tables(program: Program, site: ast.Attribute) -> Iterator[Relationship]:
    return (r for r in _relationships(program, site) if _keyword(r, "secondary") is not None)


def _relationships(program: Program, site: ast.Attribute) -> Iterator[Relationship]:
    for value in program.values(site.value):
        found = program.orm.relationship(value.info, site.attr) if isinstance(value, Obj) else None
        if found is not None:
            yield found


def _keyword(relationship: Relationship, name: str) -> ast.expr | None:
    call = getattr(relationship.node, "value", None)
    keywords = call.keywords if isinstance(call, ast.Call) else ()
    return next((k.value for k in keywords if k.arg == name), None)


def _holds_pairs(program: Program, relationship: Relationship) -> bool:
    """Whether the primary key of the table between is the pair of its foreign keys, so that no pair is there twice."""
    node = _keyword(relationship, "secondary")
    found = program.names.resolve_expression(relationship.owner.path, node) if node is not None else None
    table = found.value if isinstance(found, Assigned) else None
    if not isinstance(table, ast.Call):
        return False
    columns = [a for a in table.args if isinstance(a, ast.Call) and _called(a) == "Column"]
    keys = [c for c in columns if any(k.arg == "primary_key" for k in c.keywords)]
    foreign = [any(isinstance(a, ast.Call) and _called(a) == "ForeignKey" for a in key.args) for key in keys]
    return foreign == [True, True]


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
