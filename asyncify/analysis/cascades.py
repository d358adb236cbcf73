"""What the `cascade=` of a relationship says. Source: SQLAlchemy "Cascades"."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.orm import Orm, Relationship
from asyncify.analysis.symbols import ClassInfo

#: words that hand a deletion on
DELETES = frozenset({"all", "delete"})
ORPHANS = "delete-orphan"


def cascade_words(relationship: Relationship) -> frozenset[str]:
    """The words in `cascade=` of a relationship, which SQLModel has in `sa_relationship_kwargs`; none where it has no
    such text."""
    return frozenset(word.strip() for text in _texts(relationship.told) for word in text.split(","))


def deleted_along(orm: Orm, info: ClassInfo) -> frozenset[ClassInfo]:
    """The classes of which instances go with an instance of a class: their relationships cascade deletions."""
    found: set[ClassInfo] = set()
    todo = [info]
    while todo:
        for relationship in orm.relationships(todo.pop()).values():
            target = relationship.target
            if target is not None and target not in found and cascade_words(relationship) & DELETES:
                found.add(target)
                todo.append(target)
    return frozenset(found)


def orphans(orm: Orm, info: ClassInfo, attribute: str) -> ClassInfo | None:
    """The class of what is deleted when it leaves a collection."""
    relationship = orm.relationship(info, attribute)
    return relationship.target if relationship is not None and ORPHANS in cascade_words(relationship) else None


def _texts(told: ast.Call | None) -> Iterator[str]:
    for keyword in told.keywords if told is not None else ():
        named = [(keyword.arg, keyword.value)]
        if isinstance(keyword.value, ast.Dict) and keyword.arg == "sa_relationship_kwargs":
            keys = (getattr(key, "value", None) for key in keyword.value.keys)
            named = list(zip(keys, keyword.value.values, strict=True))
        for name, value in named:
            if name == "cascade" and isinstance(value, ast.Constant):
                yield str(value.value)
