"""Engines on databases for which there is no async driver: they stay synchronous, whatever else becomes async."""

from __future__ import annotations

import ast

from asyncify.analysis.names import Assigned, Names
from asyncify.knowledge.drivers import backend_of
from asyncify.knowledge.urls import url_drivername

#: what an engine on such a database is; no member of it is awaited
FOREIGN_ENGINE = "sqlalchemy.engine.base.Engine without an async driver"
#: names that are followed to where their text is written
DEPTH = 5


def is_foreign(names: Names, path: str, call: ast.Call) -> bool:
    """Whether `create_engine(...)` is told of a database that has no async driver, as far as the text of a URL says."""
    url = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "url"), None)
    text = _text(names, path, url, DEPTH) if url is not None else ""
    drivername = url_drivername(text) if "{" not in text.partition("://")[0] else None
    return drivername is not None and "://" in text and backend_of(drivername) is None


def _text(names: Names, path: str, node: ast.expr, depth: int) -> str:
    """How the text of a URL begins; empty where that is not written."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        return str(node.values[0].value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return _text(names, path, node.left, depth)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _text(names, path, node.func.value, depth)
    if isinstance(node, (ast.Name, ast.Attribute)) and depth:
        found = names.resolve_expression(path, node)
        # one of several, as in the branches of an `if`, says nothing about the others
        alone = isinstance(found, Assigned) and len(names.modules[found.path].top.get(found.name, ())) == 1
        if alone and isinstance(found, Assigned) and found.value is not None:
            return _text(names, found.path, found.value, depth - 1)
    return ""
