"""The URL of an engine: rewritten where it is written down, converted at run time where it is not."""

from __future__ import annotations

import ast

from asyncify.analysis.names import Assigned
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.knowledge.drivers import Choice, backend_of
from asyncify.knowledge.logging import LOGGING
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
    """Whether a constant is read by anything but what makes an engine, shows it or asks for its backend."""
    for path, module in program.modules.items():
        for node in module.source.nodes:
            if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
                continue
            if (node.id if isinstance(node, ast.Name) else node.attr) != found.name:
                continue
            target = program.names.resolve_expression(path, node)
            if not (isinstance(target, Assigned) and target.value is found.value):
                continue
            if not (_makes_engine(module.source, node) or _is_shown(module.source, node) or _asks(module.source, node)):
                return True
    return False


def _makes_engine(source: SourceFile, node: ast.expr) -> bool:
    outer = source.holder(node)
    return isinstance(outer, ast.Call) and last_name(outer.func) in ("create_engine", "create_async_engine")


def _is_shown(source: SourceFile, node: ast.expr) -> bool:
    """`print(URL)`, `logger.info(f"connected to {URL}")`."""
    outer = source.holder(node)
    while isinstance(outer, (ast.FormattedValue, ast.JoinedStr)):
        outer = source.holder(outer)
    if not isinstance(outer, ast.Call):
        return False
    logs = isinstance(outer.func, ast.Attribute) and outer.func.attr in (*LOGGING, "log")
    return logs or last_name(outer.func) == "print"


def _asks(source: SourceFile, node: ast.expr) -> bool:
    """`URL.startswith("sqlite")`, which the URL with an async driver does, too."""
    asked = source.parent(node)
    call = source.parent(asked) if isinstance(asked, ast.Attribute) and asked.attr == "startswith" else None
    start = call.args[0] if isinstance(call, ast.Call) and len(call.args) == 1 else None
    return isinstance(start, ast.Constant) and isinstance(start.value, str) and start.value.isalnum()


def configured_url(source: SourceFile, config: ast.expr | None, key: str) -> str:
    """The source of what a configuration says of a key; empty where it is not followed.

    Of the section that `config.get_section(config.config_ini_section)` of Alembic gives, the config tells it itself.
    Source: Alembic `Config.get_main_option`.
    """
    if isinstance(config, (ast.Name, ast.Attribute)):
        return f'{source.segment(config)}["{key}"]'
    if isinstance(config, ast.Dict):
        pairs = zip(config.keys, config.values, strict=True)
        said = [value for name, value in pairs if isinstance(name, ast.Constant) and name.value == key]
        return source.segment(said[0]) if len(said) == 1 and None not in config.keys else ""
    if isinstance(config, ast.Call) and isinstance(config.func, ast.Attribute) and config.func.attr == "get_section":
        owner = source.segment(config.func.value)
        if config.args and source.segment(config.args[0]) == f"{owner}.config_ini_section":
            return f'{owner}.get_main_option("{key}")'
    return ""


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
