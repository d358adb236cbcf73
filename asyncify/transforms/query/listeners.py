"""Listeners that change every Query before it runs, to leave out what is deleted for instance: a select passes none.

Source: SQLAlchemy "Query Events" (`before_compile`), which names `Session` event `do_orm_execute` for selects.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.values import Ext
from asyncify.model.edit import Finding
from asyncify.transforms.query.annotations import is_query_class
from asyncify.transforms.query.decisions import NAME
from asyncify.transforms.query.uses import Uses

EVENTS = frozenset({"before_compile", "before_compile_update", "before_compile_delete"})
LISTEN = frozenset({"sqlalchemy.event.listen", "sqlalchemy.event.listens_for"})


def query_listeners(uses: Uses) -> Iterator[Finding]:
    """A finding for each; where there is one, no query can be converted."""
    for path in sorted(uses.program.modules):
        source = uses.program.modules[path].source
        for node in source.nodes_of(ast.Call):
            event = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) else None
            if event not in EVENTS or not is_query_class(uses, source, node.args[0]):
                continue
            if any(isinstance(v, Ext) and v.name in LISTEN for v in uses.program.values(node.func)):
                yield Finding(
                    NAME,
                    path,
                    source.span(node),
                    "query-listener",
                    f"this changes every legacy query before it runs, a select does not: all {len(uses.sites)} stay",
                    'Use the event "do_orm_execute" of sessions with with_loader_criteria(), then run again.',
                )
