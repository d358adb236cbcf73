"""`query.with_parent(user, User.posts)`: on a select it is a criterion."""

from __future__ import annotations

import ast

from asyncify.analysis.values import Obj
from asyncify.model.ops import Replace
from asyncify.transforms.query.decisions import Decision, Place
from asyncify.transforms.query.entities import entity_of
from asyncify.transforms.query.uses import Uses


def with_parent(uses: Uses, place: Place, call: ast.Call) -> Decision | None:
    """The edit; None where it is not known which relationship is meant.

    Without the relationship Query takes the first that leads from the class of the parent to its own entity, and 1.4
    takes one by name.
    """
    assert isinstance(call.func, ast.Attribute)
    known = {k.arg: k.value for k in call.keywords}
    given = [*call.args, *(known[name] for name in ("instance", "property")[len(call.args) :] if name in known)]
    if not 1 <= len(given) <= 2 or len(given) != len(call.args) + len(call.keywords):
        return None
    function, imports = place.name("sqlalchemy.orm.with_parent")
    holes = [place.hole("base", call.func.value), place.hole("parent", given[0])]
    if len(given) == 2 and not isinstance(given[1], ast.Constant):
        holes.append(place.hole("by", given[1]))
        text = "$by"
    else:
        name = given[1].value if len(given) == 2 and isinstance(given[1], ast.Constant) else None
        found = _relationship(uses, place, call, given[0], name)
        if found is None:
            return None
        text = found
    op = Replace(f"$base.where({function}($parent, {text}))", tuple(holes))
    return place.edit(call, op, "with_parent() is a criterion", imports)


def _relationship(uses: Uses, place: Place, call: ast.Call, parent: ast.expr, name: object) -> str | None:
    models = {v.info for v in uses.program.values(parent) if isinstance(v, Obj)}
    if len(models) != 1:
        return None
    model = models.pop()
    entities = [e for site in uses.holds[call].sites for e in uses.entities(site)[:1]]
    targets = {found.model if (found := entity_of(uses, e)) is not None else None for e in entities}
    relationships = uses.program.orm.relationships(model)
    fitting = [n for n, r in relationships.items() if (n == name if name is not None else {r.target} == targets)]
    expression = ast.parse(model.name, mode="eval").body
    named = uses.program.names.resolve_expression(place.source.path, expression) is model
    return f"{model.name}.{fitting[0]}" if len(fitting) == 1 and named else None
