"""Queries that cannot be followed at all: of unknown sessions, and those that come with a model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.values import Cls
from asyncify.knowledge.query_methods import METHODS
from asyncify.model.edit import Finding
from asyncify.transforms.query.decisions import NAME
from asyncify.transforms.query.uses import Uses, link_around, method_of


def reports(uses: Uses) -> Iterator[Finding]:
    """Findings for what looks like a legacy query of mapped classes and was not recognised as one."""
    for path in sorted(uses.program.modules):
        source = uses.program.modules[path].source
        for node in source.nodes:
            if isinstance(node, ast.Call) and node not in uses.holds and method_of(node) == "query":
                link = link_around(source, node)
                if link is not None and method_of(link) in METHODS and _of_model(uses, node) and _unknown(uses, node):
                    yield Finding(
                        NAME,
                        path,
                        source.span(node),
                        "query-unknown-session",
                        "this looks like a legacy query, but what it is called on is not known to be a session",
                        "Annotate the session (db: Session), and run again.",
                    )
            elif isinstance(node, ast.Attribute) and node.attr == "query" and _is_unknown_property(uses, path, node):
                yield Finding(
                    NAME,
                    path,
                    source.span(node),
                    "query-property",
                    "Model.query has no async form, and which session it uses is not written here",
                    "Use select(Model) and run it with a session.",
                )


def _unknown(uses: Uses, node: ast.Call) -> bool:
    """Whether nothing is known of what is called; `db.sync_session.query` is the work of an earlier run."""
    inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return not uses.program.values(node.func) and getattr(inner, "attr", "") != "sync_session"


def _of_model(uses: Uses, node: ast.Call) -> bool:
    orm, values = uses.program.orm, uses.program.values
    for argument in node.args:
        inner = argument.value if isinstance(argument, ast.Attribute) else argument
        if any(isinstance(v, Cls) and orm.is_model(v.info) for n in (argument, inner) for v in values(n)):
            return True
    return False


def _is_unknown_property(uses: Uses, path: str, node: ast.Attribute) -> bool:
    """Whether this is a `Model.query` of which nobody can see what it is."""
    program = uses.program
    link = link_around(program.modules[path].source, node)
    if not program.values(node.value) and node.attr in program.query_properties.names:
        return link is not None and method_of(link) in METHODS
    return node not in uses.holds and any(
        isinstance(v, Cls)
        and program.orm.is_model(v.info)
        and "query" not in program.orm.columns(v.info)
        and program.classes.method(v.info, "query") is None
        for v in program.values(node.value)
    )
