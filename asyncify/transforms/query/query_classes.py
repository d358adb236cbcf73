"""Own subclasses of `Query`: `sessionmaker(query_cls=Own)`, `query_property(query_cls=Own)`.

Where such a class only adds methods, a query that does not call them is like any other. Where it has a method that
Query has as well, or that makes or runs queries, nobody knows what its queries select.
"""

from __future__ import annotations

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.knowledge import names
from asyncify.knowledge.query_methods import METHODS


def extends_query(program: Program, info: ClassInfo) -> bool:
    """Whether a class is a subclass of Query."""
    return program.classes.derives_from(info, names.QUERY)


def changes_queries(program: Program, info: ClassInfo) -> bool:
    """Whether a subclass of Query does more than to add methods."""
    return any(
        name in METHODS or name.startswith("_")
        for base in program.classes.program_ancestors(info)
        for name in (*base.methods, *base.attributes)
        if name not in ("__module__", "__doc__", "__slots__")
    )
