"""Arguments that a method of Query takes and the method of that name on a select does not, or takes for other things.

Sources: `sqlalchemy/orm/query.py` and `sqlalchemy/sql/selectable.py` of 1.4.54, 2.0.58 and 2.1.9.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.assignments import only_value
from asyncify.analysis.values import Ext
from asyncify.model.ops import EditCall, Replace
from asyncify.transforms.query.chains import Chain
from asyncify.transforms.query.decisions import Decision, Place, Problem
from asyncify.transforms.query.entities import entity_of
from asyncify.transforms.query.uses import Uses, method_of

BY_HAND = "Write this query as a select() by hand."
LISTS = (ast.List, ast.Tuple, ast.ListComp)
#: the parameters of 1.4's Query.with_for_update() in order; those of Select come in another one
LOCKS = ("read", "nowait", "of", "skip_locked", "key_share")
#: methods that select something else
NARROWING = frozenset({"with_entities", "value", "values"})


def arguments(uses: Uses, place: Place, call: ast.Call) -> Iterator[Decision]:
    """Edits of the arguments of a link, or the reason why they have no equal; mostly nothing."""
    name = method_of(call)
    if name == "options":
        yield from _options(uses, place, call)
    elif name in ("order_by", "group_by"):
        for node in call.args[:1]:
            if isinstance(node, ast.Constant) and node.value is False:
                yield place.edit(node, Replace("None"), f"None takes {name}() back on a select, False is a criterion")
    elif name == "with_for_update" and call.args and not any(isinstance(a, ast.Starred) for a in call.args):
        values = tuple((lock, place.source.segment(a)) for lock, a in zip(LOCKS, call.args, strict=False))
        op = EditCall(remove=tuple(range(len(call.args))), set=values)
        yield place.edit(call, op, "a select takes the options of a lock by name")
    elif name == "add_entity" and len(call.args) + len(call.keywords) > 1:
        message = "Query.add_entity() with an alias has no equal on a select"
        yield Problem(place.source, call, "query-arguments", message, "Add aliased(Model, alias) with add_columns().")
    elif name == "only_return_tuples" and not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant)):
        message = "Query.only_return_tuples() with what is not True or False"
        yield Problem(place.source, call, "query-arguments", message, BY_HAND)
    elif name == "distinct" and not call.args and uses.library.is_before_2 and _orders_by_more(uses, call):
        message = "SQLAlchemy 1.4 adds what this query is ordered by to what must be distinct, a select does not"
        yield Problem(place.source, call, "query-distinct", message, "Select the columns that it is ordered by.")


def gives_tuples(chain: Chain) -> bool:
    """Whether a link makes rows of single entities too."""
    switches = [call for call in chain.named("only_return_tuples") if call.args]
    on = [not isinstance(call.args[0], ast.Constant) or bool(call.args[0].value) for call in switches]
    return "tuples" in chain.methods or any(on)


def _options(uses: Uses, place: Place, call: ast.Call) -> Iterator[Decision]:
    """`options([a, b])`: Query flattens lists."""
    why = "a select takes loader options one by one"
    only = call.args[0] if len(call.args) == 1 else None
    if isinstance(only, (ast.List, ast.Tuple)) and not any(n in uses.holds for n in ast.walk(only)):
        yield place.edit(call, EditCall(remove=(0,), append=tuple(map(place.source.segment, only.elts))), why)
        return
    for node in call.args:
        if _is_list(uses, node):
            yield place.edit(node, Replace("*$it"), why)


def _is_list(uses: Uses, node: ast.expr) -> bool:
    function = uses.program.function_of(node)
    if isinstance(node, ast.Name) and function is not None:
        value = only_value(function, node.id)
        return isinstance(value, LISTS)
    return isinstance(node, LISTS)


def _orders_by_more(uses: Uses, call: ast.Call) -> bool:
    """Whether the queries here may be ordered by what they do not select."""
    sites = uses.ancestry(uses.holds[call].sites)
    met = {uses.groups[site] for site in sites}
    later = {site for site, group in uses.groups.items() if group in met and site in uses.reshaped}
    ways = {method_of(link) for site in sites | later for link in uses.links.get(site, ())}
    if "order_by" in ways and ways & NARROWING:
        return True
    if any(method_of(link) == "order_by" for site in later for link in uses.links.get(site, ())):
        return True  # of what was made of these queries
    selected = [entity for site in sites for entity in uses.entities(site)]
    texts = {ast.unparse(node) for node in selected}
    whole = [e for node in selected if (e := entity_of(uses, node)) is not None and e.text == ast.unparse(node)]
    texts |= {f"{e.text}.{name}" for e in whole if e.model is not None for name in uses.program.orm.columns(e.model)}
    links = {link for site in sites for link in uses.links.get(site, ()) if method_of(link) == "order_by"}
    return any(not _is_selected(uses, arg, texts) for link in links for arg in link.args)


def _is_selected(uses: Uses, node: ast.expr, texts: set[str]) -> bool:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("asc", "desc"):
        node = node.func.value
    if isinstance(node, ast.Constant) or ast.unparse(node) in texts:
        return True  # a string is the name of something that is selected
    if isinstance(node, ast.Call):
        names = {v.name.rpartition(".")[2] for v in uses.program.values(node.func) if isinstance(v, Ext)}
        wrapped = bool(names & {"asc", "desc"}) and len(node.args) == 1
        return names == {"text"} or (wrapped and _is_selected(uses, node.args[0], texts))
    return False
