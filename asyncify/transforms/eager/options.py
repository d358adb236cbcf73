"""Loader options as text: a tree of relationship names to `selectinload(A.b).joinedload(B.c)`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.naming import Namer, is_back_reference
from asyncify.transforms.eager.reading import QUERIES, Steps

#: loader settings of a relationship that load it with its owner
EAGER_SETTINGS = frozenset({"joined", "selectin", "subquery", "immediate", "False"})
RAISING = frozenset({"raise", "raise_on_sql"})


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
    joined as well, which saves a statement.
    """

    joined: bool = True
    one_row: bool = False


class Renderer:
    """Writes options for one file.

    configured: the mappers are sure to be configured when the options are made, as there is an instance by then.
    """

    def __init__(self, program: Program, namer: Namer, *, configured: bool = False) -> None:
        self.program = program
        self.namer = namer
        self.configured = configured

    def options(self, expression: str, info: ClassInfo, tree: Tree, style: Style) -> list[str] | None:
        """One option for each branch, none where nothing is missing; None where a class has no name in the file.

        expression: how the class is written.
        """
        links = self._links(expression, info, tree, style)
        return None if links is None else [self._first(link) for link in links]

    def chain(self, info: ClassInfo, tree: Tree) -> str | None:
        """The same to be put behind an option that leads to a class: `joinedload(A.b)`, `options(..., ...)`."""
        expression = self.namer.model(info)
        links = self._links(expression, info, tree, Style()) if expression else None
        return None if links is None else self._joined(links)

    def _links(self, expression: str, info: ClassInfo, tree: Tree, style: Style) -> list[str] | None:
        found: list[str] = []
        for name, below in tree.below.items():
            link = self._link(expression, info, name, below, style)
            if link is None:
                return None
            if link:
                found.append(link)
                joined_one = link.startswith("joinedload") and self._is_collection(info, name)
                style = Style(style.joined, style.one_row and not joined_one)
        return found

    def _is_collection(self, info: ClassInfo, name: str) -> bool:
        relationship = self.program.orm.relationship(info, name)
        return relationship is not None and relationship.collection

    def _link(self, expression: str, info: ClassInfo, name: str, below: Tree, style: Style) -> str | None:
        """The option of one relationship and all below it; empty where nothing of it is missing."""
        relationship = self.program.orm.relationship(info, name)
        if relationship is None or relationship.lazy in QUERIES | RAISING:
            return ""
        if below.there or relationship.lazy in EAGER_SETTINGS:
            loader = "defaultload"
        elif below.loader:
            loader = below.loader
        elif relationship.collection:
            loader = "joinedload" if style.one_row else "selectinload"
        else:
            loader = "joinedload" if style.joined else "selectinload"
        attribute = f"{expression}.{name}"
        if is_back_reference(relationship) and not self.configured:
            # `select(User)` does not configure the mappers, `inspect(User)` does; before that there is no `User.name`
            attribute = f"{self.namer.library('sqlalchemy', 'inspect')}({expression}).attrs.{name}.class_attribute"
            self.configured = True
        inner: list[str] | None = []
        if below.below and relationship.target is not None:
            target = self.namer.model(relationship.target)
            # below a selectinload a statement of its own begins, in which joins are free again
            free = Style(joined=style.joined or loader == "selectinload")
            inner = self._links(target, relationship.target, below, free) if target is not None else None
            if inner is None:
                return None
        if loader == "defaultload" and not inner:
            return ""
        head = f"{loader}({attribute})"
        return f"{head}.{self._joined(inner)}" if inner else head

    def _joined(self, links: list[str]) -> str:
        return links[0] if len(links) == 1 else f"options({', '.join(self._first(link) for link in links)})"

    def _first(self, link: str) -> str:
        """A link by itself: its loader is a function then, with a name in the file."""
        loader, parenthesis, rest = link.partition("(")
        return f"{self.namer.loader(loader)}{parenthesis}{rest}"
