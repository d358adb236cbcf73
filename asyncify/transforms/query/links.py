"""One link of a chain: the same, another name, or something else on a select."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.symbols import ClassInfo
from asyncify.knowledge.query_methods import METHODS, Becomes, Method
from asyncify.model.ops import AppendCall, EditCall, RenameAttribute, Replace
from asyncify.transforms.query.chains import chain_of, outward
from asyncify.transforms.query.decisions import LABELS, Decision, Place, Problem
from asyncify.transforms.query.entities import entity_of, first_mention
from asyncify.transforms.query.filter_by import filter_by
from asyncify.transforms.query.heads import is_plain_count
from asyncify.transforms.query.joins import JOINS, join
from asyncify.transforms.query.labels import labels
from asyncify.transforms.query.link_arguments import arguments
from asyncify.transforms.query.parents import with_parent
from asyncify.transforms.query.set_operations import SetOperations
from asyncify.transforms.query.shapes import Shapes
from asyncify.transforms.query.uses import Site, Uses, method_of

BY_HAND = "Write this query as a select() by hand."
#: settings of relationships that load nothing with the instances
LAZY = frozenset({"select", "True", "raise", "raise_on_sql", "noload", "None", "dynamic", "write_only"})
#: links that neither load something nor add entities
WITHOUT_LOADS = frozenset(
    "filter where filter_by join outerjoin order_by group_by having distinct limit offset slice yield_per "
    "populate_existing execution_options with_for_update enable_eagerloads".split()
)
SUBQUERY_FLAGS = frozenset({"with_labels", "reduce_columns"})


def link(uses: Uses, shapes: Shapes, place: Place, call: ast.Call) -> Iterator[Decision]:
    """What becomes of a call of a query's method that does not run it."""
    name = method_of(call)
    row = METHODS.get(name)
    if row is None or row.becomes is Becomes.REPORTED:
        yield Problem(place.source, call, "query-method", f"Query.{name}() has no equal on a select", BY_HAND)
        return
    assert isinstance(call.func, ast.Attribute)
    why = f"Query.{name}() is {row.to}() on a select" if row.to != name else f"Query.{name}() does nothing to a select"
    set_operations = SetOperations(uses, shapes)
    if row.becomes is Becomes.COMBINES:
        yield from set_operations.combine(place, call)
        return
    if uses.is_combined(call.func.value):
        yield from set_operations.link(place, call)
        return
    if set_operations.moves(call):
        yield set_operations.without(place, call)
        return
    chain = chain_of(uses, call)
    end = outward(uses, chain.site).end if chain.site is not None else None
    if end is not None and method_of(end) == "get":
        return  # they are arguments of session.get() then
    yield from arguments(uses, place, call)
    if chain.site is not None and name in ("order_by", "options") and is_plain_count(uses, shapes, chain.site):
        yield _drop(place, call, "neither an order nor a loader option changes a count")
    elif name == "filter_by":
        yield from filter_by(uses, place, call)
    elif name in JOINS:
        yield from join(uses, place, call)
    elif name == "add_columns":
        yield from _selecting(uses, place, call)
    elif name == "with_entities" and not _begins_with_entity(uses, call.func.value):
        why = "a select that began without an entity gives no instances"
        yield Problem(place.source, call, "query-method", why, BY_HAND)
    elif row.becomes is Becomes.RENAMED:
        yield place.edit(call.func, RenameAttribute(row.to), why)
        yield from _selecting(uses, place, call)
    elif name == "exists" and shapes.aggregated(call.func.value):
        why = "an aggregate always gives a row: Query.exists() takes it away, that of a select does not"
        yield Problem(place.source, call, "query-method", why, BY_HAND)
    elif name == "yield_per" and chain.site is not None and not _is_looped(uses, chain.site):
        yield _drop(place, call, "all is fetched at once here, and an async session refuses to do that in parts")
    elif row.becomes is Becomes.OPTION:
        yield from _option(place, call, row)
    elif row.becomes is Becomes.DROPPED:
        yield _drop(place, call, why)
    elif row.becomes is Becomes.SPECIAL:
        yield from _special(uses, place, call)


def _begins_with_entity(uses: Uses, node: ast.expr) -> bool:
    sites = uses.ancestry(uses.holds[node].sites) - uses.reshaped
    return all(
        isinstance(site, ast.Attribute) or any(first_mention(uses, e) is not None for e in uses.entities(site))
        for site in sites
    )


def _is_looped(uses: Uses, site: Site) -> bool:
    """Whether a loop takes the results of a chain one by one."""
    chain = outward(uses, site)
    whole: ast.AST = chain.end or (chain.links[-1] if chain.links else site)
    parent = uses.sites[site].parent(whole)
    return isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is whole and chain.end is None


def _selecting(uses: Uses, place: Place, call: ast.Call) -> Iterator[Decision]:
    """What a link selects, besides what is selected before it."""
    if method_of(call) == "with_entities":
        yield from labels(place, call.args)
    elif method_of(call) in ("add_columns", "add_column"):
        yield from labels(place, call.args, [e for site in uses.holds[call].sites for e in uses.entities(site)])


def _drop(place: Place, call: ast.Call, why: str) -> Decision:
    assert isinstance(call.func, ast.Attribute)
    return place.edit(call, Replace("$base", (place.hole("base", call.func.value),)), why)


def _option(place: Place, call: ast.Call, row: Method) -> Iterator[Decision]:
    """`populate_existing()`, `autoflush(x)`, `yield_per(n)`: execution options."""
    assert isinstance(call.func, ast.Attribute)
    values = [*call.args, *(k.value for k in call.keywords)]
    if len(values) != row.to.count("$") or any(isinstance(v, ast.Starred) for v in values):
        yield Problem(place.source, call, "query-arguments", f"unusual arguments of Query.{row.name}()", BY_HAND)
        return
    value = place.source.segment(values[0]) if values else row.to
    remove: tuple[str | int, ...] = tuple(range(len(call.args))) + tuple(k.arg for k in call.keywords if k.arg)
    why = f"Query.{row.name}() is an execution option of a select"
    yield place.edit(call.func, RenameAttribute("execution_options"), why)
    yield place.edit(call, EditCall(remove=remove, set=((row.name, value),)), why)


def _special(uses: Uses, place: Place, call: ast.Call) -> Iterator[Decision]:
    assert isinstance(call.func, ast.Attribute)
    name = method_of(call)
    if name == "subquery" and (decision := _subquery(place, call)) is not None:
        yield from decision
        return
    labelled = next((k.value for k in call.keywords if k.arg == "with_labels"), None)
    if name == "subquery" and isinstance(labelled, ast.Constant) and labelled.value in (True, False):
        yield place.edit(call, EditCall(remove=("with_labels",)), "labels are a style of the select")
        if labelled.value:
            style, imports = place.name(LABELS)
            yield place.edit(
                call.func.value, AppendCall("set_label_style", style), "the columns keep their names", imports
            )
        return
    if name in ("with_labels", "apply_labels"):
        style, imports = place.name(LABELS)
        why = "labels are a style of the select"
        yield place.edit(call.func, RenameAttribute("set_label_style"), why, imports)
        yield place.edit(call, EditCall(append=(style,)), why)
        return
    if name == "with_parent" and (criterion := with_parent(uses, place, call)) is not None:
        yield criterion
        return
    if name == "with_session" and len(call.args) == 1 and chain_of(uses, call).exact:
        yield _drop(place, call, "the session that runs a select is no part of it")
        return
    if name == "enable_eagerloads" and _loads_nothing(uses, call):
        yield _drop(place, call, "nothing is loaded here that eager loading could add to")
        return
    yield Problem(place.source, call, "query-method", f"Query.{name}() has no equal on a select", BY_HAND)


def _subquery(place: Place, call: ast.Call) -> list[Decision] | None:
    """`subquery(name, with_labels, reduce_columns)`: the select gets labels, or loses columns, first; None: unclear."""
    assert isinstance(call.func, ast.Attribute)
    flags = {k.arg: k.value for k in call.keywords if k.arg != "name"}
    flags.update(zip(("with_labels", "reduce_columns"), call.args[1:], strict=False))
    if not flags:
        return []
    if any(not isinstance(v, ast.Constant) for v in flags.values()) or not flags.keys() <= SUBQUERY_FLAGS:
        return None
    on = {str(name) for name, value in flags.items() if isinstance(value, ast.Constant) and value.value}
    style, imports = place.name("sqlalchemy.LABEL_STYLE_TABLENAME_PLUS_COL") if "with_labels" in on else ("", ())
    template = f"$base.set_label_style({style})" if style else "$base"
    template += ".reduce_columns()" if "reduce_columns" in on else ""
    why = "how a subquery names and picks columns is said to the select"
    remove = (*(str(k.arg) for k in call.keywords if k.arg != "name"), *range(1, len(call.args)))
    decisions: list[Decision] = [place.edit(call, EditCall(remove=remove), why, imports)]
    if on:
        decisions.append(place.edit(call.func.value, Replace(template.replace("$base", "$it")), why, imports))
    return decisions


def _loads_nothing(uses: Uses, call: ast.Call) -> bool:
    """Whether `enable_eagerloads(False)` stands where nothing is loaded eagerly anyway."""
    chain = chain_of(uses, call)
    if chain.site is None:
        return False
    whole = outward(uses, chain.site)
    harmless = ("count", "subquery", "cte", "exists", "update", "delete", "scalar_subquery", "as_scalar")
    if whole.end is not None and method_of(whole.end) in harmless:
        return True
    models = [found.model if (found := entity_of(uses, e)) is not None else None for e in uses.entities(chain.site)]
    return whole.methods <= WITHOUT_LOADS and all(m is not None and _loads_lazily(uses, m) for m in models)


def _loads_lazily(uses: Uses, model: ClassInfo) -> bool:
    return all(r.lazy in LAZY for r in uses.program.orm.relationships(model).values())
