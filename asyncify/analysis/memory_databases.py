"""SQLite databases in memory: each engine has one of its own, so a second engine would not see the same rows.

Source: SQLAlchemy, SQLite dialect, "Using a Memory Database in Multiple Threads".
"""

from __future__ import annotations

import ast
import re

from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program

_MEMORY = re.compile(r"sqlite(\+\w+)?://(/?:memory:.*|/?(\?.*)?|/?file:.*mode=memory.*)?$")
_LINE = re.compile(rb"[=:\s\"']sqlite(\+\w+)?://(/:memory:)?[\"'\s]*$", re.MULTILINE)
_SETTINGS = (".env", ".ini", ".cfg", ".toml", ".yml", ".yaml", ".json")


def may_be_in_memory(program: Program, path: str, engine: ast.Call) -> bool:
    """Whether the database of a `create_engine(...)` call may be one in memory."""
    if any(k.arg == "poolclass" and ast.unparse(k.value).endswith("StaticPool") for k in engine.keywords):
        return True
    url = engine.args[0] if engine.args else next((k.value for k in engine.keywords if k.arg == "url"), None)
    if url is None:
        return True
    if isinstance(url, (ast.Name, ast.Attribute)):
        found = program.names.resolve_expression(path, url)
        url = found.value if isinstance(found, Assigned) else url
    if isinstance(url, ast.Constant):
        return bool(_MEMORY.match(str(url.value)))
    if isinstance(url, ast.JoinedStr) and isinstance(url.values[0], ast.Constant):
        return False  # a text with a beginning, and a name of a database in it
    return _set_from_outside(program)


def _set_from_outside(program: Program) -> bool:
    """Whether a URL that is known at run time alone may be such a one: something other than an engine has it."""
    for path, data in program.workspace.files.items():
        name = path.rpartition("/")[2]
        if (name.endswith(_SETTINGS) or name.startswith(".env")) and _LINE.search(data):
            return True
    for path in sorted(program.modules):
        module = program.modules[path]
        for node in module.source.nodes:
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if _MEMORY.match(text) and isinstance(node, ast.Constant) and not _is_of_engine(program, path, node):
                return True
    return False


def _is_of_engine(program: Program, path: str, node: ast.Constant) -> bool:
    """Whether a text goes into `create_engine` itself, or into a name that does, and nowhere else."""
    source = program.modules[path].source
    parent = source.parent(node)
    if isinstance(parent, ast.Call):
        return ast.unparse(parent.func).endswith(("create_engine", "create_async_engine")) and node in parent.args
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        name = parent.targets[0].id
        uses = [
            source.parent(n)
            for n in source.nodes
            if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
        ]
        return all(
            isinstance(u, ast.Call) and ast.unparse(u.func).endswith(("create_engine", "create_async_engine"))
            for u in uses
        )
    return False
