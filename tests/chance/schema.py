"""Models by chance: columns, relationships of all kinds, properties and methods that read them, and some rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

NAMES = ["Team", "Member", "Project", "Ticket", "Label", "Badge"]
ROWS = 4


@dataclass
class Relation:
    """A relationship of a class. key: the column of the class that it follows, or empty. reverse: of the target."""

    name: str
    target: Model
    many: bool = False
    nullable: bool = False
    key: str = ""
    secondary: str = ""
    reverse: Relation | None = None
    arguments: list[str] = field(default_factory=list)

    @property
    def is_single(self) -> bool:
        """Whether just one row may refer to each of its targets."""
        return bool(self.key and self.reverse and not self.reverse.many)


@dataclass
class Model:
    """A mapped class. columns: beside the key and its name, each with its form. values: properties to read."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    @property
    def table(self) -> str:
        """The name of its table, which is also what a collection of its instances is called."""
        return f"{self.name.lower()}s"

    @property
    def keys(self) -> list[Relation]:
        """What it refers to by columns of its own."""
        return [relation for relation in self.relations if relation.key]

    def of(self, many: bool) -> list[Relation]:
        """Its collections, or its single objects."""
        return [relation for relation in self.relations if relation.many is many]


COLUMNS = {
    "size": "Mapped[int] = mapped_column(default=3)",
    "note": "Mapped[Optional[str]]",
    "state": 'Mapped[str] = mapped_column(server_default="new")',
    "stamp": 'Mapped[str] = mapped_column(server_default="new", onupdate=func.lower("CHANGED"))',
    "rank": "Mapped[int] = mapped_column(default=1, onupdate=2)",
}


def draw(random: Random) -> list[Model]:
    """Some classes, each but the first with a parent among those before it."""
    models = [Model(name) for name in random.sample(NAMES, random.randint(3, 5))]
    for number, model in enumerate(models):
        chosen = random.sample([*COLUMNS], random.randint(1, 3))
        model.columns = {name: COLUMNS[name] for name in COLUMNS if name in chosen or name == "size"}
        if number:
            _refer(random, model, random.choice(models[:number]))
        if random.random() < 0.25:
            _refer_to_itself(random, model)
    for _ in range(random.randint(0, 2)):
        _join(random, *random.sample(models, 2))
    for model in models:
        _add_members(random, model)
    return models


def _refer(random: Random, model: Model, target: Model) -> None:
    there = Relation(target.name.lower(), target, nullable=random.random() < 0.4, key=f"{target.name.lower()}_id")
    single = random.random() < 0.15
    back = Relation(model.name.lower() if single else model.table, model, many=not single, nullable=True)
    if not single:
        back.arguments.append(f'order_by="{model.name}.id"')
    if not there.nullable or random.random() < 0.3:
        back.arguments.append('cascade="all, delete-orphan"')
    if single:
        back.arguments.append("uselist=False")
    model.relations.append(there)
    form = random.random()
    if form < 0.85:
        target.relations.append(back)
        there.reverse, back.reverse = back, there
        there.arguments.append(f'back_populates="{back.name}"')
        back.arguments.append(f'back_populates="{there.name}"')
    if random.random() < 0.15:
        random.choice([there, back]).arguments.append(f'lazy="{random.choice(["selectin", "joined"])}"')


def _refer_to_itself(random: Random, model: Model) -> None:
    up = Relation("parent", model, nullable=True, key="parent_id", arguments=[f'remote_side="{model.name}.id"'])
    down = Relation("children", model, many=True, arguments=[f'order_by="{model.name}.id"'])
    up.arguments.append('back_populates="children"')
    down.arguments.append('back_populates="parent"')
    up.reverse, down.reverse = down, up
    model.relations += [up, down]


def _join(random: Random, one: Model, other: Model) -> None:
    secondary = f"{one.name.lower()}_{other.name.lower()}"
    here = Relation(f"linked_{other.table}", other, many=True, secondary=secondary)
    there = Relation(f"linked_{one.table}", one, many=True, secondary=secondary)
    if any(here.name == r.name for r in one.relations) or any(there.name == r.name for r in other.relations):
        return
    for relation, target in ((here, other), (there, one)):
        relation.arguments += [f"secondary={secondary}", f'order_by="{target.name}.id"']
    one.relations.append(here)
    if random.random() < 0.8:
        other.relations.append(there)
        here.reverse, there.reverse = there, here
        here.arguments.append(f'back_populates="{there.name}"')
        there.arguments.append(f'back_populates="{here.name}"')


def _add_members(random: Random, model: Model) -> None:
    for relation in random.sample(model.relations, min(len(model.relations), random.randint(0, 2))):
        if relation.many:
            member = f"{relation.name}_total"
            body = random.choice(
                [
                    f"sum(one.size for one in self.{relation.name})",
                    f"len(self.{relation.name})",
                    f'", ".join(one.name for one in self.{relation.name})',
                ]
            )
        else:
            member = f"{relation.name}_title"
            body = f"self.{relation.name}.name if self.{relation.name} else None"
        model.values.append(member)
        model.members += ["@property", f"def {member}(self):", f"    return {body}"]
    if random.random() < 0.3:
        shown = random.choice([f"{{self.{v}}}" for v in (*model.values, "name", "size")])
        model.members += ["def __repr__(self):", f'    return f"{model.name}({shown})"']
    if random.random() < 0.4:
        model.methods.append("rename")
        model.members += ["def rename(self, name):", "    self.name = name", "    self.size = len(name)"]


def source(models: list[Model]) -> str:
    """The text of `models.py`."""
    lines = [
        "from typing import Optional",
        "",
        "from sqlalchemy import Column, ForeignKey, Table, func",
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship",
        "",
        "",
        "class Base(DeclarativeBase):",
        "    pass",
        "",
    ]
    for name, ends in _secondaries(models).items():
        lines.append(f'{name} = Table("{name}", Base.metadata,')
        lines += [f'    Column("{e.name.lower()}_id", ForeignKey("{e.table}.id"), primary_key=True),' for e in ends]
        lines.append(")")
    for model in models:
        lines += ["", "", f"class {model.name}(Base):", *(f"    {line}" for line in _class_body(model))]
    return "\n".join(lines) + "\n"


def _class_body(model: Model) -> Iterator[str]:
    yield f'__tablename__ = "{model.table}"'
    yield "id: Mapped[int] = mapped_column(primary_key=True)"
    yield "name: Mapped[str]"
    for name, form in model.columns.items():
        yield f"{name}: {form}"
    for relation in model.keys:
        kind = "Optional[int]" if relation.nullable else "int"
        yield f'{relation.key}: Mapped[{kind}] = mapped_column(ForeignKey("{relation.target.table}.id"))'
    for relation in model.relations:
        kind = f'list["{relation.target.name}"]' if relation.many else f'"{relation.target.name}"'
        kind = f"Optional[{kind}]" if relation.nullable and not relation.many else kind
        yield f"{relation.name}: Mapped[{kind}] = relationship({', '.join(relation.arguments)})"
    yield ""
    yield from model.members


def _secondaries(models: list[Model]) -> dict[str, tuple[Model, Model]]:
    return {r.secondary: (m, r.target) for m in reversed(models) for r in m.relations if r.secondary}


def filling(random: Random, models: list[Model]) -> str:
    """The text of `filling.py`: rows of all classes, each reference to a row of lower or equal number."""
    lines = ["import models", "", "", "def fill(db):"]
    for model in models:
        for number in range(1, ROWS + 1):
            given = [f'id={number}, name="{model.name.lower()}{number}", size={random.randint(1, 9)}']
            for relation in model.keys:
                own = relation.target is model
                to = random.randint(1, number - 1 if own else ROWS) if number > 1 or not own else None
                to = number if relation.is_single else to
                given.append(f"{relation.key}={None if relation.nullable and random.random() < 0.3 else to}")
            lines.append(f"    db.add(models.{model.name}({', '.join(given)}))")
        lines.append("    db.flush()")
    for name, (one, other) in _secondaries(models).items():
        pairs = sorted({(random.randint(1, ROWS), random.randint(1, ROWS)) for _ in range(5)})
        columns = [f"{end.name.lower()}_id" for end in (one, other)]
        rows = [dict(zip(columns, pair, strict=True)) for pair in pairs]
        lines.append(f"    db.execute(models.{name}.insert(), {rows})")
    return "\n".join(lines) + "\n"
