"""Loader options as text: a tree of relationship names to `selectinload(A.b).joinedload(B.c)`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from asyncify.analysis.joined_rows import JOINED, joins_rows
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.circles import mapping_stops
from asyncify.transforms.eager.correlated import correlates_by_itself
from asyncify.transforms.eager.naming import Namer, is_back_reference
from asyncify.transforms.eager.option_values import SUBCLASSES
from asyncify.transforms.eager.order import is_sorted, reorders
from asyncify.transforms.eager.reading import QUERIES, Steps
from asyncify.transforms.eager.several import may_be_several

#: loader settings of a relationship that load it with its owner
EAGER_SETTINGS = frozenset({"joined", "selectin", "subquery", "immediate", "False"})
#: loader settings of a relationship that never load it by themselves
NEVER = frozenset({"raise", "raise_on_sql", "noload"})


@dataclass
class Tree:
    """Relationship names to what is read below each.

    there: an option of the statement loads it already. loader: the one that it must be, as another option may say so,
    too: SQLAlchemy refuses a statement of which two options load one relationship in different ways.
    """

    below: dict[str, Tree] = field(default_factory=dict)
    there: bool = False
    loader: str = ""

    @classmethod
    def of(
        cls,
        paths: Iterable[Steps],
        there: Collection[Steps] = (),
        loaders: Mapping[Steps, str] = MappingProxyType({}),
    ) -> Tree:
        """The tree of some paths, in alphabetical order so that a plan never depends on chance.

        there: paths that are loaded already. loaders: paths of which the loader is given.
        """
        tree = cls()
        for steps in sorted(paths):
            node = tree
            for position, name in enumerate(steps):
                node = node.below.setdefault(name, cls())
                node.there = steps[: position + 1] in there
                node.loader = loaders.get(steps[: position + 1], "")
        return tree


@dataclass(frozen=True)
class Style:
    """Which loaders a statement allows.

    joined: a single object may be joined. one_row: the statement gives one row by its key, so one collection may be
    joined as well, which saves a statement. unordered: it gives many rows in no order that it names, which a join might
    change; settled: the single objects that may be joined all the same. made: the instances are there, and came out of
    no statement: what the mapping loads with a statement, they have not got. passed: the classes on the way so far.
    apart: a statement of its own, behind the first one, loads what is here.
    """

    joined: bool = True
    one_row: bool = False
    unordered: bool = False
    settled: frozenset[str] = frozenset()
    made: bool = False
    passed: tuple[ClassInfo, ...] = ()
    apart: bool = False


class Level(Enum):
    """Where options are put: into a statement, right behind an option that is there, or below new ones."""

    STATEMENT = "statement"
    BEHIND = "behind"
    DEEPER = "deeper"


class Renderer:
    """Writes options for one file.

    configured: the mappers are sure to be configured when the options are made, as there is an instance by then.
    """

    def __init__(self, program: Program, namer: Namer, *, configured: bool = False) -> None:
        self.program = program
        self.namer = namer
        self.configured = configured
        self._reorders = reorders(program)

    def options(self, expression: str, info: ClassInfo, tree: Tree, style: Style) -> list[str] | None:
        """One option for each branch, none where nothing is missing; None where a class has no name in the file.

        expression: how the class is written.
        """
        links = self._links(expression, info, tree, style, level=Level.STATEMENT)
        return None if links is None else [self._first(link) for link in links]

    def chain(self, info: ClassInfo, tree: Tree) -> str | None:
        """The same to be put behind an option that leads to a class: `joinedload(A.b)`, `options(..., ...)`, and
        nothing where the mapping loads what there is."""
        expression = self.namer.model(info)
        links = self._links(expression, info, tree, Style(apart=True), level=Level.BEHIND) if expression else None
        return self._joined(links, info, tree) if links else None if links is None else ""

    def _links(self, expression: str, info: ClassInfo, tree: Tree, style: Style, *, level: Level) -> list[str] | None:
        found = self._subclasses(expression, info, tree, style, level=level)
        if found is None:
            return None
        for name, below in tree.below.items():
            if self.program.orm.subclass(info, name) is not None:
                continue
            link = self._link(expression, info, name, below, style)
            if link is None:
                return None
            if link:
                found.append(link)
                joined_one = link.startswith("joinedload") and self._is_collection(info, name)
                style = replace(style, one_row=style.one_row and not joined_one)
        return found

    def _subclasses(
        self, expression: str, info: ClassInfo, tree: Tree, style: Style, *, level: Level
    ) -> list[str] | None:
        """What loads the columns that subclasses have, and what is read below those.

        Behind another option a path through a subclass needs its name in such a list, even if the mapping loads it.
        """
        orm = self.program.orm
        found: list[str] = []
        listed: list[str] = []
        for name, below in tree.below.items():
            subclass = orm.subclass(info, name)
            if subclass is None:
                continue
            own = self.namer.model(subclass)
            # a path of the subclass cannot start at an alias of the base, nor behind an option that does not name it
            alias = expression != self.namer.model(info)
            if own is None or (below.below and (alias or (level is Level.DEEPER and below.there))):
                return None
            if not below.there and (level is not Level.STATEMENT or not orm.is_loaded_with_base(subclass)):
                listed.append(own)
            inner = self._links(own, subclass, below, style, level=level)
            if inner is None:
                return None
            found += inner
        return [f"{SUBCLASSES}({expression}, [{', '.join(listed)}])", *found] if listed else found

    def _is_collection(self, info: ClassInfo, name: str) -> bool:
        relationship = self.program.orm.relationship(info, name)
        return relationship is not None and relationship.collection

    def _link(self, expression: str, info: ClassInfo, name: str, below: Tree, style: Style) -> str | None:
        """The option of one relationship and all below it; empty where nothing of it is missing."""
        relationship = self.program.orm.relationship(info, name)
        if relationship is None or relationship.lazy in QUERIES:
            return ""
        if relationship.lazy in NEVER and not (below.there or below.loader):
            return ""
        forgets = False
        if not below.there and below.loader:
            loader = below.loader
        elif below.there or self._is_mapped(relationship, info, style):
            # a subquery of what is no first statement forgets the options below it, as measured with 2.0.16 to 2.1.9
            forgets = relationship.lazy == "subquery" and style.apart and not below.there
            loader = "selectinload" if forgets else "defaultload"
        elif relationship.collection:
            loader = "joinedload" if style.one_row else "selectinload"
        elif self._may_join(relationship, style):
            loader = "joinedload"
        else:
            loader = "selectinload"
        attribute = f"{expression}.{name}"
        if is_back_reference(relationship) and not self.configured:
            # `select(User)` does not configure the mappers, `inspect(User)` does; before that there is no `User.name`
            attribute = f"{self.namer.library('sqlalchemy', 'inspect')}({expression}).attrs.{name}.class_attribute"
            self.configured = True
        inner: list[str] | None = []
        if below.below and relationship.target is not None:
            named = self.namer.model(relationship.target)
            # below a selectinload a statement of its own begins, in which joins are free again
            apart = loader == "selectinload"
            behind = style.apart or apart or (loader == "defaultload" and relationship.lazy not in JOINED)
            unordered = not is_sorted(relationship) if relationship.collection else style.unordered and not apart
            passed = (*style.passed, info)
            free = Style(joined=style.joined or apart, unordered=unordered, passed=passed, apart=behind)
            inner = self._links(named, relationship.target, below, free, level=Level.DEEPER) if named else None
            if inner is None:
                return None
        if (loader == "defaultload" or forgets) and not inner:
            return ""
        head = f"{loader}({attribute})"
        return f"{head}.{self._joined(inner, relationship.target, below)}" if inner and relationship.target else head

    def _is_mapped(self, relationship: Relationship, info: ClassInfo, style: Style) -> bool:
        """Whether the mapping loads a relationship of a class there."""
        stops = mapping_stops(self.program, relationship, (*style.passed, info))
        return relationship.lazy in EAGER_SETTINGS and not style.made and not stops

    def _may_join(self, relationship: Relationship, style: Style) -> bool:
        """Whether a single object may be joined to the rows that lead to it."""
        target = relationship.target
        if not style.joined or (target is not None and joins_rows(self.program, target)):
            return False
        if target is not None and correlates_by_itself(self.program, target):
            return False
        if not style.one_row and may_be_several(self.program, relationship):
            return False
        return not (self._reorders and style.unordered and relationship.name not in style.settled)

    def _joined(self, links: list[str], info: ClassInfo, tree: Tree) -> str:
        # what begins at a subclass is no link of a chain, but may stand in `options`
        through = any(self.program.orm.subclass(info, name) is not None for name in tree.below)
        simple = len(links) == 1 and not through
        return links[0] if simple else f"options({', '.join(self._first(link) for link in links)})"

    def _first(self, link: str) -> str:
        """A link by itself: its loader is a function then, with a name in the file."""
        loader, parenthesis, rest = link.partition("(")
        return f"{self.namer.loader(loader)}{parenthesis}{rest}"
