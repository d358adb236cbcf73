"""The cases of a run, drawn with a seed, and the module that they are."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings

from .journeys import Case, cases

HEADER = """\
from sqlalchemy import String, and_, case, cast, desc, distinct, exists, func, literal, not_, null, or_, select, text
from sqlalchemy.orm import (
    Bundle, Load, Query, Session, aliased, contains_eager, defer, joinedload, lazyload, load_only, raiseload,
    selectinload, subqueryload, undefer, with_polymorphic
)

from models import Book, Engineer, Manager, Post, Room, Shelf, Staff, Tag, Team, Topic, User, post_tags

"""


#: a run of hypothesis begins to vary what it has found after some examples; many short ones are less alike
AT_ONCE = 12


def drawn(number: int, start: int = 0) -> list[Case]:
    """Different cases, always the same ones for the same arguments. start: the seed."""
    found: dict[Case, None] = {}

    @settings(
        max_examples=AT_ONCE,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def collect(case: Case) -> None:
        found[case] = None

    run = 0
    while len(found) < number:
        seed(start * 1_000_000 + run)(collect)()
        run += 1
    return list(found)[:number]


def module(some: list[Case]) -> str:
    """One module with a function `case_N` for each."""
    return HEADER + "".join(case.source(number) for number, case in enumerate(some))
