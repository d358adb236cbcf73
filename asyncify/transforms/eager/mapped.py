"""Relationships that the mapping loads with whatever statement gives the instances."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import objects
from asyncify.transforms.eager.circles import mapping_stops
from asyncify.transforms.eager.late import is_of_factory
from asyncify.transforms.eager.options import EAGER_SETTINGS
from asyncify.transforms.eager.reading import Steps
from asyncify.transforms.eager.session_calls import is_construction


def loaded_by_mapping(program: Program, site: ast.AST, steps: Steps, reader: ast.AST) -> bool:
    """Whether the mapping of every class whose instances a reader has from a loading place, and that has the path,
    loads it. What is made comes out of no statement."""
    if not isinstance(site, ast.Call) or is_construction(program, site) or is_of_factory(program, site):
        return False
    either = (
        {o.info for o in objects(program.values(node)) if o.origin is not None and o.origin.site is site}
        for node in (reader, site)
    )
    found = next((infos for infos in either if infos), set())
    having = [info for info in found if program.orm.relationship(info, steps[0]) is not None]
    return bool(having) and all(_loads(program, info, steps) for info in having)


def _loads(program: Program, info: ClassInfo, steps: Steps) -> bool:
    current: ClassInfo | None = info
    passed: list[ClassInfo] = []
    for name in steps:
        relationship = program.orm.relationship(current, name) if current is not None else None
        if current is None or relationship is None or relationship.lazy not in EAGER_SETTINGS:
            return False
        passed.append(current)
        if mapping_stops(program, relationship, passed):
            return False
        current = relationship.target
    return True
