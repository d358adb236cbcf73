"""The arguments of `join()` that only the Query of SQLAlchemy 1.4 takes: names, tuples, several steps in one call.

Source: SQLAlchemy 1.4 "Legacy Features of Query.join()".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.model.ops import Hole, Replace
from asyncify.transforms.query.chains import chain_of
from asyncify.transforms.query.decisions import Decision, Place, Problem
from asyncify.transforms.query.entities import Entity, entity_of, joined_entity, related_entity, step_of
from asyncify.transforms.query.uses import Uses, method_of

JOINS = ("join", "outerjoin")
OLD_FLAGS = ("aliased", "from_joinpoint")
ADVICE = "Write this join with the attributes of the classes: .join(Parent.children)."


def join(uses: Uses, place: Place, call: ast.Call) -> Iterator[Decision]:
    """What becomes of a join; nothing where a select takes the same arguments."""
    if uses.library.is_before_2 and (repeat := _repeated(uses, call)) is not None:
        yield (
            _drop(place, call)
            if repeat
            else _problem(
                place, call, "this relationship may be joined twice: SQLAlchemy 1.4 joins it once, a select does not"
            )
        )
        return
    steps = _steps(uses, place, call)
    if all(_is_plain(step) for step in steps) and len(steps) == 1 and not _flags(call, *OLD_FLAGS):
        if len(steps[0]) == len(call.args):
            return
    if any(not _is_false(k.value) for k in _flags(call, *OLD_FLAGS)):
        yield _problem(place, call, "a select has no joins that alias what they join by themselves")
        return
    built = _Builder(uses, place, call).build(steps)
    if built is None:
        yield _problem(place, call, "where this join by name begins is not known")
    else:
        yield built


def _problem(place: Place, call: ast.Call, message: str) -> Problem:
    return Problem(place.source, call, "query-join", message, ADVICE)


def _drop(place: Place, call: ast.Call) -> Decision:
    assert isinstance(call.func, ast.Attribute)
    why = "SQLAlchemy 1.4 joins a relationship once, however often it is said"
    return place.edit(call, Replace("$base", (place.hole("base", call.func.value),)), why)


def _flags(call: ast.Call, *names: str) -> list[ast.keyword]:
    return [k for k in call.keywords if k.arg in names]


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _name(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_plain(step: list[ast.expr]) -> bool:
    return not any(_name(part) for part in step)


def _steps(uses: Uses, place: Place, call: ast.Call) -> list[list[ast.expr]]:
    """What is joined one after the other: a target, or a target and what it is joined on."""
    args = call.args
    if any(isinstance(a, ast.Starred) for a in args) or not args:
        return [args]
    if len(args) == 2 and not isinstance(args[0], ast.Tuple) and not _is_path(uses, place, args[0]):
        return [args]
    if len(args) == 2 and not isinstance(args[1], ast.Tuple) and not _is_path(uses, place, args[1]):
        return [args]
    return [list(a.elts) if isinstance(a, ast.Tuple) else [a] for a in args]


def _is_path(uses: Uses, place: Place, node: ast.expr) -> bool:
    return _name(node) is not None or joined_entity(uses, place, node) is not None


def _repeated(uses: Uses, call: ast.Call) -> bool | None:
    """Whether the same relationship was joined before: surely (True), on some ways (False), or not at all (None)."""
    chain = chain_of(uses, call)
    own = _relationship(call)
    if own is None:
        return None
    before = chain.links[: chain.links.index(call)] if chain.exact and call in chain.links else chain.links
    others = [c for c in before if c is not call and method_of(c) in JOINS and _relationship(c) == own]
    return chain.exact if others else None


def _relationship(call: ast.Call) -> str | None:
    only = call.args[0] if len(call.args) == 1 else None
    return ast.unparse(only) if isinstance(only, ast.Attribute) or (only is not None and _name(only)) else None


def last_joined(uses: Uses, place: Place, call: ast.Call, left: Entity | None) -> Entity | None:
    """The entity that a join leads to. left: the first entity of the query."""
    for step in _steps(uses, place, call):
        left = _right(uses, place, step[0], left) if step else None
    return left


def _right(uses: Uses, place: Place, target: ast.expr, left: Entity | None) -> Entity | None:
    """The entity that one step leads to."""
    target = step_of(target)
    name = _name(target)
    if name is None:
        while isinstance(target, ast.Call) and isinstance(target.func, ast.Attribute):  # User.posts.and_(...)
            if target.func.attr == "of_type" and target.args:
                return entity_of(uses, target.args[0])
            target = target.func.value
        return joined_entity(uses, place, target) or entity_of(uses, target)
    return related_entity(uses, place, left, name) if left is not None else None


@dataclass
class _Builder:
    """Writes the steps of one call as a call each."""

    uses: Uses
    place: Place
    call: ast.Call

    def build(self, steps: list[list[ast.expr]]) -> Decision | None:
        """The edit; None where a name cannot be resolved."""
        assert isinstance(self.call.func, ast.Attribute)
        left = self._left()
        template, holes = "$base", [self.place.hole("base", self.call.func.value)]
        kept = [k for k in self.call.keywords if k.arg not in OLD_FLAGS]
        flags = [f"{k.arg}=$f{i}" for i, k in enumerate(kept)]
        holes += [self.place.hole(f"f{i}", k.value) for i, k in enumerate(kept)]
        for number, step in enumerate(steps):
            parts = [self._part(f"a{number}_{i}", part, left, holes) for i, part in enumerate(step)]
            if None in parts or len(step) > 2:
                return None
            template += f".{method_of(self.call)}({', '.join([*filter(None, parts), *flags])})"
            left = _right(self.uses, self.place, step[0], left)
        return self.place.edit(self.call, Replace(template, tuple(holes)), "a select joins one attribute at a time")

    def _part(self, hole: str, part: ast.expr, left: Entity | None, holes: list[Hole]) -> str | None:
        name = _name(part)
        if name is None:
            holes.append(self.place.hole(hole, part))
            return f"${hole}"
        known = left is not None and related_entity(self.uses, self.place, left, name) is not None
        return f"{left.text}.{name}" if left is not None and left.text and known else None

    def _left(self) -> Entity | None:
        """What a name belongs to: the first entity of the query."""
        chain = chain_of(self.uses, self.call)
        if "select_from" in chain.methods:
            return None
        found = set()
        for site in self.uses.holds[self.call].sites:
            entities = self.uses.entities(site)
            found.add(entity_of(self.uses, entities[0]) if entities else None)
        only = found.pop() if len(found) == 1 else None
        if only is None or only.model is None or chain.exact:
            return only
        expression = ast.parse(only.model.name, mode="eval").body
        named = self.uses.program.names.resolve_expression(self.place.source.path, expression)
        return Entity(only.model, only.model.name if named is only.model else "")
