"""`db.query(...)` and the links on it, drawn one after another with an eye on what is in sight."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from .expressions import aggregates, criteria, keywords, orders, values
from .options import harmless, loaders
from .vocabulary import Relation, Source, models


@dataclass(frozen=True)
class Chain:
    """A query that is not yet run.

    before: statements that it needs, such as aliases. entity: whether instances come out. arity: how many columns
    do. criteria: whether only criteria were added to one plain class, so that it can be updated and deleted.
    """

    before: tuple[str, ...]
    head: str
    links: tuple[str, ...]
    root: Source
    sources: tuple[Source, ...]
    entity: bool
    arity: int
    criteria: bool

    @property
    def text(self) -> str:
        """As one expression."""
        return self.head + "".join(self.links)


@dataclass
class _Growing:
    """A chain while it is drawn. last: the entity that filter_by() means."""

    draw: st.DrawFn
    root: Source
    last: Source
    sources: list[Source]
    entity: bool = True
    arity: int = 1
    before: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    criteria: bool = True

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def join(self) -> None:
        source = self.draw(st.sampled_from(self.sources))
        if not source.model.relations:
            return
        relation = self.draw(st.sampled_from(source.model.relations))
        target, path = models()[relation.target], f"{source.text}.{relation.name}"
        taken = any(s.model.name == target.name or relation.target in _family(s.model.name) for s in self.sources)
        new = Source(f"other{len(self.sources)}" if taken or self.pick("a", "b", "c") == "c" else target.name, target)
        on = f"{new.text}.id > {self.draw(st.integers(0, 2))}"
        if new.text != target.name:
            self.before.append(f"{new.text} = aliased({target.name})")
            choices = [f".join({new.text}, {path})", f".join({path}.of_type({new.text}))"]
            choices += [f".outerjoin({new.text}, {path})"]
        else:
            choices = [f".join({path})", f".join({path})", f".outerjoin({path})", f".join({path}, isouter=True)"]
            choices += [f".join({target.name}, {path})", f".outerjoin({target.name}, {path})"]
            choices += [f".join({path}.and_({on}))"]
            choices += self._plain_joins(source, relation)
        self.joined.append(path)
        self._add(self.pick(*choices))
        self.sources.append(new)
        self.last = new

    def _plain_joins(self, source: Source, relation: Relation) -> list[str]:
        to_same = [r for s in self.sources for r in s.model.relations if r.target == relation.target]
        return [f".join({relation.target})", f".outerjoin({relation.target})"] if len(to_same) == 1 else []

    def _add(self, link: str, *, criterion: bool = False) -> None:
        self.links.append(link)
        self.criteria &= criterion

    def filter(self) -> None:
        name = self.pick("filter", "filter", "where")
        self._add(f".{name}({self.draw(criteria(self.sources))})", criterion=True)

    def cross(self) -> None:
        """Another table comes in by a criterion alone."""
        other = next((m for m in ("Post", "Tag", "Book") if m not in {s.model.name for s in self.sources}), None)
        if other is not None:
            number = self.draw(self.root.numbers())
            self._add(f".filter({number} == {other}.id)")
            self.sources.append(Source(other, models()[other]))

    def filter_by(self) -> None:
        self._add(f".filter_by({self.draw(keywords(self.last))})", criterion=True)

    def options(self) -> None:
        if self.entity:
            found = [self.draw(loaders(self.root, self.joined)) for _ in range(self.draw(st.integers(1, 2)))]
            self._add(f".options({', '.join(found)})")

    def order(self) -> None:
        self._add(f".order_by({self.draw(orders(self.sources))}, {self.root.text}.id)")

    def distinct(self) -> None:
        self._add(".distinct()")

    def harmless(self) -> None:
        link = self.draw(harmless())
        self._add(link)
        if link == ".reset_joinpoint()":
            self.last = self.root

    def add_columns(self) -> None:
        name = self.pick("add_columns", "add_column", "add_columns")
        self._add(f".{name}({self.draw(values(self.sources))})")
        self.entity, self.arity = False, self.arity + 1

    def add_entity(self) -> None:
        self._add(f".add_entity({self.sources[-1].text})")
        self.entity, self.arity = False, self.arity + 1

    def with_entities(self) -> None:
        arguments, self.entity, self.arity = self.draw(_selections(self.root, self.sources))
        self._add(f".with_entities({arguments})")

    def group(self) -> None:
        self.entity, self.arity = False, 2
        column = self.draw(self.root.numbers())
        self._add(f".with_entities({column}, {self.draw(aggregates(self.sources))})")
        self._add(f".group_by({column})")
        if self.draw(st.booleans()):
            self._add(f".having({self.pick('func.count() > 1', f'func.max({column}) > 0')})")
        self._add(f".order_by({column})")

    def cut(self) -> None:
        self._add(
            self.pick(
                ".limit(2)", ".limit(1)", ".offset(1)", ".limit(2).offset(1)", ".offset(1).limit(3)", ".slice(1, 3)",
                ".limit(0)", ".offset(9)", ".limit(None)", ".limit(2).limit(1)",
            )
        )  # fmt: skip


def _family(name: str) -> tuple[str, ...]:
    staff = ("Staff", "Manager", "Engineer")
    return staff if name in staff else (name,)


@st.composite
def _selections(draw: st.DrawFn, root: Source, sources: list[Source]) -> tuple[str, bool, int]:
    """The arguments of query() or with_entities(), whether instances come out, and the number of columns."""
    kind = draw(st.sampled_from(("entity",) * 6 + ("column", "columns", "mixed", "entities", "aggregate", "table")))
    if kind == "entity":
        return root.text, True, 1
    if kind == "column":
        return draw(values([root])), False, 1
    if kind == "columns":
        return f"{root.text}.id, {draw(values(sources))}", False, 2
    if kind == "mixed":
        return f"{root.text}, {draw(st.one_of(values(sources), aggregates(sources)))}", False, 2
    if kind == "entities":
        return f"{root.text}, {sources[-1].text}", False, 2
    if kind == "table":
        return f"{root.model.name}.__table__", False, len(root.model.columns)
    return draw(aggregates(sources)), False, 1


ACTIONS = (
    "join", "join", "join", "filter", "filter", "filter", "filter_by", "filter_by", "options", "options", "distinct",
    "harmless", "add_columns", "add_entity", "with_entities", "group", "cross", "order",
)  # fmt: skip


@st.composite
def chains(draw: st.DrawFn, *, plain: bool = False) -> Chain:
    """A query. plain: of one class, with nothing but criteria."""
    name = draw(st.sampled_from(sorted(models())))
    before = []
    root = Source(name, models()[name])
    kind = draw(st.sampled_from(("class",) * 8 + ("alias", "polymorphic")))
    if kind == "alias" and not plain:
        root = Source("it", models()[name])
        before = [f"it = aliased({name})"]
    elif kind == "polymorphic" and name == "Staff" and not plain:
        root = Source("whole", models()[name])
        before = ["whole = with_polymorphic(Staff, '*')"]
    growing = _Growing(draw, root, root, [root], before=before)
    arguments, growing.entity, growing.arity = draw(_selections(root, [root])) if not plain else (name, True, 1)
    growing.criteria = growing.entity and not before
    head = draw(st.sampled_from(["db.query({})"] * 5 + ["Query([{}], db)", "Query([{}], session=db)"]))
    if plain:
        for _ in range(draw(st.integers(0, 2))):
            draw(st.sampled_from([growing.filter, growing.filter_by]))()
    else:
        for action in draw(st.lists(st.sampled_from(ACTIONS), max_size=5)):
            getattr(growing, action)()
        if draw(st.integers(0, 2)):
            growing.order()
        if draw(st.integers(0, 3)) == 0:
            growing.cut()
    return Chain(
        tuple(growing.before),
        head.format(arguments),
        tuple(growing.links),
        root,
        tuple(growing.sources),
        growing.entity,
        growing.arity,
        growing.criteria,
    )
