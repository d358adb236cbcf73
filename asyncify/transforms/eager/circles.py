"""Paths of relationships that lead back to where they began."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Mapping

from asyncify.analysis.joined_rows import joined_to
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.reading import Reader, Steps
from asyncify.transforms.eager.several import is_apart


def mapping_stops(program: Program, relationship: Relationship, passed: Iterable[ClassInfo]) -> bool:
    """Whether what a mapping loads with its instances ends before a relationship, as the way has met its class: the one
    object that a foreign key of the instance itself names is mostly there, and found by that without a load. Source:
    SQLAlchemy, "Configuring Self-Referential Eager Loading"; `orm/strategies.py`, `contains_mapper`."""
    if relationship.told is not None and any(k.arg == "join_depth" for k in relationship.told.keywords):
        return False
    if not relationship.collection and relationship.holds_key:
        return False
    target = relationship.target
    return target is not None and any(program.classes.are_kin(target, info) for info in passed)


def comes_back(program: Program, first: ClassInfo, steps: Steps) -> bool:
    """Whether a path leads to instances that a load over existing ones has just filled: `post.author.posts` meets
    the post again, and empties its author, which was joined before; so does `shop.boxes.items.shop` with what hangs on
    the shop, for each collection has a statement of its own. What one collection holds is set after all that is loaded
    with it."""
    orm = program.orm
    joined: list[ClassInfo] = []
    filled: list[ClassInfo] = []
    for position, name in enumerate(steps):
        current = orm.end_of(first, steps[:position])
        relationship = orm.relationship(current, name) if current is not None else None
        if current is not None and relationship is None and orm.subclass(current, name) is not None:
            continue
        if current is None or relationship is None or relationship.target is None:
            return False
        target = relationship.target
        apart = is_apart(program, relationship)
        downwards = relationship.collection and program.classes.are_kin(current, target)
        met = [*(() if downwards else filled), *(joined if apart else ())]
        ends = {target, *(joined_to(program, target) if apart else ())}
        if any(program.classes.are_kin(info, end) for info in met for end in ends):
            return True
        if apart:
            filled += [*joined, current]
            joined = []
        else:
            joined.append(current)
    return False


def crossed(program: Program, first: ClassInfo, paths: Iterable[Steps]) -> dict[ClassInfo, set[Steps]]:
    """What the statements of collections on some paths load: each class, and the ways to it from the first instance."""
    found: dict[ClassInfo, set[Steps]] = {}
    for steps in paths:
        above, behind_collection = first, False
        for position, name in enumerate(steps):
            relationship = program.orm.relationship(above, name)
            if relationship is None or relationship.target is None:
                break
            above, behind_collection = relationship.target, behind_collection or is_apart(program, relationship)
            if behind_collection:
                way = steps[: position + 1]
                found.setdefault(above, set()).add(way)
                for end, further in joined_to(program, above).items():
                    found.setdefault(end, set()).add((*way, *further))
    return found


def meets(program: Program, first: ClassInfo, others: Mapping[ClassInfo, set[Steps]], steps: Steps) -> bool:
    """Whether the statement of a collection of another path, as `crossed` finds them, may load an instance of which a
    path has loaded more: over existing instances it empties that."""
    for end in range(1, len(steps)):
        owner = program.orm.end_of(first, steps[:end])
        if owner is None:
            continue
        if any(ways != {steps[:end]} and program.classes.are_kin(owner, target) for target, ways in others.items()):
            return True
    return False


def leads_back(program: Program, first: ClassInfo, steps: Steps, others: Container[Steps]) -> bool:
    """Whether a path goes from what a collection holds to its owner, which is there, and from there a way that is
    loaded anyhow: `poll.options.poll.title`. An option for it would empty what else was loaded with the owner."""
    return bool(_ways_back(program, first, steps, others))


def outlives(program: Program, first: ClassInfo, steps: Steps, others: Mapping[Steps, Iterable[Reader]]) -> bool:
    """Whether who reads such a path later does not hold the owner, `return poll.options` where the schema of an option
    shows its poll: a session holds its instances weakly. Source: SQLAlchemy "Session Referencing Behavior"."""
    later = {reader.node for reader in others.get(steps, ()) if reader.kind == "schema"}
    ends = _ways_back(program, first, steps, others)
    holding = [{reader.node for reader in others.get(steps[: end - 1], ())} for end in ends]
    return any(later - holders for holders in holding)


def _ways_back(program: Program, first: ClassInfo, steps: Steps, others: Container[Steps]) -> list[int]:
    """After how many steps a path is back."""
    found = []
    for end in range(2, len(steps) + 1):
        rest = (*steps[: end - 2], *steps[end:])
        if _is_way_back(program, first, steps[:end]) and (not rest or rest in others or end == len(steps)):
            found.append(end)
    return found


def _is_way_back(program: Program, first: ClassInfo, steps: Steps) -> bool:
    """Whether the last step is the other side of the collection before it."""
    above = program.orm.end_of(first, steps[:-2])
    there = program.orm.relationship(above, steps[-2]) if above is not None else None
    back = program.orm.relationship(there.target, steps[-1]) if there is not None and there.target is not None else None
    if there is None or back is None or not there.collection or back.collection:
        return False
    if above is None or back.target is None or not program.classes.are_kin(above, back.target):
        return False  # the owner of another collection, which happens to have the same name
    sides = ((there, back.name), (back, there.name))
    return any(_option(one, "back_populates") == name or _option(one, "backref") == name for one, name in sides)


def _option(relationship: Relationship, name: str) -> str:
    """The text that a relationship is given for an option; "" where there is none, or its join is its own."""
    call = getattr(relationship.node, "value", None)
    given = {k.arg: k.value for k in call.keywords} if isinstance(call, ast.Call) else {}
    value = given.get(name)
    return str(value.value) if isinstance(value, ast.Constant) and "primaryjoin" not in given else ""
