"""The URL of an engine: rewritten where it is written down, converted at run time where it is not."""

from __future__ import annotations

import ast

from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.knowledge.drivers import Choice, backend_of
from asyncify.knowledge.urls import UrlChange, is_sync_url, url_change, url_drivername


def written_url(program: Program, path: str, node: ast.expr) -> tuple[str, ast.expr] | None:
    """Where the URL that an expression stands for is written: file and string (or f-string) node.

    None where it is not one string in the code, or where something else than an engine uses the same name.
    """
    if _text(node) is not None:
        return path, node
    if isinstance(node, (ast.Name, ast.Attribute)):
        function = program.function_of(node)
        if isinstance(node, ast.Name) and function is not None and node.id in function.local_names:
            return _local(program, path, node)
        found = program.names.resolve_expression(path, node)
        if isinstance(found, Assigned) and _text(found.value) is not None:
            if len(program.modules[found.path].top.get(found.name, ())) == 1 and not _used_elsewhere(program, found):
                return found.path, found.value
    return None


def written_backend(program: Program, path: str, node: ast.expr) -> str | None:
    """The backend of the URL that an expression stands for; None where that is not written."""
    written = written_url(program, path, node)
    return backend_of(url_drivername(_text(written[1]) or "") or "") if written is not None else None


def _local(program: Program, path: str, node: ast.Name) -> tuple[str, ast.expr] | None:
    function = program.function_of(node)
    assert function is not None
    values = [
        stmt.value
        for stmt in ast.walk(function.node)
        if isinstance(stmt, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in stmt.targets)
    ]
    uses = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == node.id]
    if len(values) == 1 and len(uses) == 2 and _text(values[0]) is not None:
        return path, values[0]
    return None


def _text(node: ast.expr) -> str | None:
    """The text, or the beginning of the text, that a string or f-string has."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        return str(node.values[0].value)
    return None


def _used_elsewhere(program: Program, found: Assigned) -> bool:
    """Whether a constant is read by anything but the making of an engine."""
    for path, module in program.modules.items():
        for node in module.source.nodes:
            if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
                continue
            if (node.id if isinstance(node, ast.Name) else node.attr) != found.name:
                continue
            target = program.names.resolve_expression(path, node)
            if not (isinstance(target, Assigned) and target.value is found.value):
                continue
            outer = module.source.parent(node)
            if isinstance(outer, ast.keyword):
                outer = module.source.parent(outer)
            callee = getattr(outer, "func", None)
            name = getattr(callee, "id", getattr(callee, "attr", "")) if callee is not None else ""
            if name not in ("create_engine", "create_async_engine", "print"):
                return True
    return False


def change_of(node: ast.expr, choice: Choice) -> UrlChange | None:
    """What becomes of a written URL."""
    text = _text(node)
    return url_change(text, choice) if text is not None else None


def is_async_already(node: ast.expr) -> bool:
    """Whether a written URL needs no change: its driver is async, or serves both."""
    text = _text(node)
    return text is not None and url_drivername(text) is not None and not is_sync_url(text)


def with_drivername(url: str, drivername: str) -> str:
    """A URL, or its beginning, with another driver and all else as it is."""
    return drivername + url[len(url_drivername(url) or "") :]


def literal(source_text: str, old: str, new: str) -> str | None:
    """The source of a string literal with the beginning of its content replaced."""
    at = source_text.find(old)
    return source_text[:at] + new + source_text[at + len(old) :] if at >= 0 else None


def outdented(text: str, column: int) -> str:
    """Source of several lines as a template has it: below a first line the indentation of its statement is left out."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(line[column:] if line[:column].isspace() else line for line in rest)])
