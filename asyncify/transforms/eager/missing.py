"""What one entity of a statement still needs, beside the options that are there: none may contradict them.

SQLAlchemy refuses a statement in which two options load one relationship in different ways; the same way twice, and
`defaultload`, it takes. Wildcards give way to any other option.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.option_values import NOT_LOADING, SUBCLASSES, WILDCARD, Existing, of_entity
from asyncify.transforms.eager.options import EAGER_SETTINGS, NEVER, Renderer, Style, Tree
from asyncify.transforms.eager.reading import Steps

#: loaders that send statements of their own, so that the rows of the first stay as they are
SEPARATE = frozenset({"selectinload", "subqueryload", "immediateload"})


@dataclass(frozen=True)
class Entity:
    """One class that a statement loads, and how the statement spells it. subclasses: those that an alias made by
    `with_polymorphic` loads with it."""

    expression: str
    info: ClassInfo
    subclasses: frozenset[str] | None = None


@dataclass(frozen=True)
class Missing:
    """What one entity of a statement still needs. options: new ones; behind: what is chained behind options that are
    there; refused: the paths for which an option might contradict one that is there."""

    options: tuple[str, ...]
    behind: tuple[tuple[ast.expr, str], ...]
    refused: tuple[Steps, ...] = ()


def missing(
    renderer: Renderer,
    entity: Entity,
    paths: Iterable[Steps],
    found: list[Existing],
    style: Style,
    *,
    alone: bool = True,
) -> Missing | None:
    """The options for paths that no existing option loads. None where a class has no name in the file.

    found: the options that the statement has or may have. alone: it loads no other entity.
    """
    program = renderer.program
    there = list(of_entity(program, found, entity.expression, entity.info, alone=alone))
    loaded = {e.steps for e in there if e.loads}
    ends = {e.steps: e.node for e in there if e.last and e.loads and e.inline and e.loader != SUBCLASSES}
    new: list[Steps] = []
    behind: dict[Steps, list[Steps]] = {}
    loaders: dict[Steps, str] = {}
    refused: list[Steps] = []
    barred = {e.steps for e in there if e.sure and e.loader in NOT_LOADING and e.loader != "lazyload"}
    for steps in paths:
        # what is not loaded at all is not read from the database either: it is empty, or an error
        if steps not in loaded and not any(steps[:n] in barred for n in range(1, len(steps) + 1)):
            parts_of = [steps[:n] for n in range(1, len(steps) + 1) if steps[:n] not in loaded]
            given = {part: _loaders(program, entity.info, there, part) for part in parts_of}
            if not all(_agrees(program, entity.info, part, names) for part, names in given.items()):
                refused.append(steps)
                continue
            loaders |= {part: next(iter(names)) for part, names in given.items() if names}
            loaders |= {part: "selectinload" for part in parts_of if _is_silenced(program, entity.info, there, part)}
            above = next((steps[:n] for n in range(len(steps) - 1, 0, -1) if steps[:n] in ends), None)
            if above is None:
                new.append(steps)
            else:
                behind.setdefault(above, []).append(steps[len(above) :])
    options = renderer.options(entity.expression, entity.info, Tree.of(new, loaded, loaders), style)
    if options is None:
        return None
    parts: list[tuple[ast.expr, str]] = []
    for above, below in sorted(behind.items()):
        info = program.orm.end_of(entity.info, above)
        there_below = {part[len(above) :] for part in loaded if part[: len(above)] == above}
        deeper = {part[len(above) :]: name for part, name in loaders.items() if part[: len(above)] == above}
        link = renderer.chain(info, Tree.of(below, there_below, deeper)) if info is not None else None
        if link is None:
            return None
        if link:
            parts.append((ends[above], link))
    return Missing(tuple(options), tuple(parts), tuple(refused))


def _loaders(program: Program, info: ClassInfo, there: Iterable[Existing], steps: Steps) -> set[str]:
    """The loaders that a path may be given by options; "" for one that is not known or has arguments of its own."""
    found = {e.loader if e.plain else "" for e in there if e.may_be(steps)}
    above = program.orm.end_of(info, steps[:-1])
    if above is not None and program.orm.subclass(above, steps[-1]) is not None:
        # two lists of subclasses of one class contradict each other, too
        found |= {e.loader for e in there if e.loader == SUBCLASSES and e.steps[:-1] == steps[:-1]}
    return found


def _agrees(program: Program, info: ClassInfo, steps: Steps, loaders: set[str]) -> bool:
    """Whether another option can load a path in the way that options do which a statement may have: the same one twice
    is no contradiction. A collection is not joined, as the one who runs the statement may not expect its rows."""
    if not loaders:
        return True
    above = program.orm.end_of(info, steps[:-1])
    relationship = program.orm.relationship(above, steps[-1]) if above is not None else None
    single = relationship is not None and not relationship.collection
    return len(loaders) == 1 and loaders <= (SEPARATE | {"joinedload"} if single else SEPARATE)


def _is_silenced(program: Program, info: ClassInfo, there: Iterable[Existing], steps: Steps) -> bool:
    """Whether a wildcard takes from a relationship the setting that the mapping gives it: `lazyload("*")`."""
    above = program.orm.end_of(info, steps[:-1])
    relationship = program.orm.relationship(above, steps[-1]) if above is not None else None
    mapped = relationship is not None and relationship.lazy in EAGER_SETTINGS | NEVER
    return mapped and any(e.loader == WILDCARD and e.steps[:-1] == steps[:-1] for e in there)
