"""Attributes of models that are legacy queries: `Model.query` and collections with `lazy="dynamic"`.

Their origin is the place where the attribute is read: each read makes a query.
"""

from __future__ import annotations

import ast

from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.run import Run
from asyncify.analysis.orm import Relationship
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import NOTHING, Cls, Inst, Origin, Values, union
from asyncify.knowledge import names


def query_property(run: Run, info: ClassInfo, name: str, node: ast.AST) -> Values:
    """What `info.name` gives where `query_property()` made the attribute; nothing where it did not."""
    made = run.engine.query_properties.of(info, name)
    if made is None:
        return NOTHING
    query = frozenset({Inst(names.QUERY, (frozenset({Cls(info)}),), Origin(run.path, node))})
    classes = evaluate(run.at(made.path), made.query_class) if made.query_class is not None else NOTHING
    return union([query, *(run.instance(v.info) for v in classes if isinstance(v, Cls))])


def dynamic_collection(run: Run, relationship: Relationship, node: ast.AST) -> Values:
    """What reading a collection with `lazy="dynamic"` gives."""
    entities = frozenset({Cls(relationship.target)}) if relationship.target else NOTHING
    return frozenset({Inst(names.DYNAMIC, (entities,), Origin(run.path, node))})
