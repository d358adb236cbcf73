"""What the `cascade=` of a relationship says. Source: SQLAlchemy "Cascades"."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.orm import Relationship


def cascade_words(relationship: Relationship) -> frozenset[str]:
    """The words in `cascade=` of a relationship, which SQLModel has in `sa_relationship_kwargs`; none where it has no
    such text."""
    return frozenset(word.strip() for text in _texts(relationship.told) for word in text.split(","))


def _texts(told: ast.Call | None) -> Iterator[str]:
    for keyword in told.keywords if told is not None else ():
        named = [(keyword.arg, keyword.value)]
        if isinstance(keyword.value, ast.Dict) and keyword.arg == "sa_relationship_kwargs":
            keys = (getattr(key, "value", None) for key in keyword.value.keys)
            named = list(zip(keys, keyword.value.values, strict=True))
        for name, value in named:
            if name == "cascade" and isinstance(value, ast.Constant):
                yield str(value.value)
