"""What can be named in a query: the models' attributes, read from their mappers, and what a query has in sight."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Integer, String

APP = Path(__file__).parent / "app"


@dataclass(frozen=True)
class Relation:
    """A relationship. target: the name of the class. many: whether it is a collection."""

    name: str
    target: str
    many: bool


@dataclass(frozen=True)
class Model:
    """A class and the names of its attributes, by what their values are."""

    name: str
    numbers: tuple[str, ...]
    strings: tuple[str, ...]
    others: tuple[str, ...]
    relations: tuple[Relation, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them that have a value."""
        return self.numbers + self.strings + self.others


@cache
def models() -> Mapping[str, Model]:
    """Every mapped class by name."""
    base = runpy.run_path(str(APP / "models.py"))["Base"]
    return {m.class_.__name__: _model(m) for m in base.registry.mappers}


def _model(mapper: Any) -> Model:
    kinds: dict[type, list[str]] = {Integer: [], String: [], object: []}
    for name, attribute in mapper.column_attrs.items():
        kind = next((k for k in (Integer, String) if isinstance(attribute.columns[0].type, k)), object)
        kinds[kind].append(name)
    hybrids = {"User": ("twice", "shown")}.get(mapper.class_.__name__, ())
    kinds[Integer] += [n for n in hybrids if n == "twice"]
    kinds[String] += [n for n in hybrids if n == "shown"]
    return Model(
        mapper.class_.__name__,
        tuple(sorted(kinds[Integer])),
        tuple(sorted(kinds[String])),
        tuple(sorted(kinds[object])),
        tuple(Relation(n, r.mapper.class_.__name__, r.uselist) for n, r in sorted(mapper.relationships.items())),
    )


@dataclass(frozen=True)
class Source:
    """An entity in sight: the class, or an alias of it, under the name that the code has for it."""

    text: str
    model: Model

    def numbers(self) -> st.SearchStrategy[str]:
        """A column of numbers."""
        return st.sampled_from([f"{self.text}.{n}" for n in self.model.numbers])

    def strings(self) -> st.SearchStrategy[str]:
        """A column of strings; where there is none, of numbers."""
        return st.sampled_from([f"{self.text}.{n}" for n in self.model.strings or self.model.numbers])

    def columns(self) -> st.SearchStrategy[str]:
        """Any column."""
        return st.sampled_from([f"{self.text}.{n}" for n in self.model.columns])

    def collections(self) -> list[Relation]:
        """The relationships to many."""
        return [r for r in self.model.relations if r.many]
