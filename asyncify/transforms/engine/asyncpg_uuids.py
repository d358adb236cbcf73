"""UUIDs: psycopg2 gives those of Python, asyncpg a subclass of its own.

Most code takes one for the other. orjson does not, it looks for the exact type, and so does `type(key) is UUID`.
Sources: asyncpg `pgproto.UUID`, "Type Conversion" and `Connection.set_type_codec`; orjson, "Type is not JSON
serializable: asyncpg.pgproto.pgproto.UUID"; SQLAlchemy 1.4.30, `AdaptedConnection.run_async`.
"""

from __future__ import annotations

import ast

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Import

BECAUSE = "asyncpg has UUIDs of another class, and the program asks for the exact one"

_LISTENER = '''\
@{event}.listens_for({engine}, "connect")
def {name}(connection, record):
    """UUIDs are those of Python, as with psycopg2."""
    if type(connection).__name__ == "AsyncAdapt_asyncpg_connection":
        codec = {{"schema": "pg_catalog", "encoder": str, "decoder": {uuid}}}
        connection.run_async(lambda driver: driver.set_type_codec("uuid", **codec))
'''


def is_needed(program: Program) -> bool:
    """Whether an app looks at the exact type of a UUID, or hands values to orjson."""
    modules = [m for path, m in program.modules.items() if not is_test(path)]
    return any(_is_exact(program, module, node) for module in modules for node in module.source.nodes)


def _is_exact(program: Program, module: ModuleInfo, node: ast.AST) -> bool:
    if isinstance(node, ast.Compare) and len(node.comparators) == 1:
        sides = (node.left, node.comparators[0])
        is_type = any(isinstance(s, ast.Call) and getattr(s.func, "id", "") == "type" for s in sides)
        return is_type and any(_named(program, module, side) == "uuid.UUID" for side in sides)
    if isinstance(node, ast.Call):
        name = _named(program, module, node.func)
        return name == "orjson.dumps" or name.endswith(".ORJSONResponse")
    return False


def _named(program: Program, module: ModuleInfo, node: ast.expr) -> str:
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return ""
    target = program.names.resolve_expression(module.path, node)
    return target.name if isinstance(target, Ext) else ""


def listener(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, and what it imports."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy.engine", "Engine")
    uuid, last = bring(program, path, "uuid", "UUID")
    text = _LISTENER.format(event=event, engine=engine, uuid=uuid, name=free_name(program, path, "uuids_as_before"))
    return text, (*imports, *more, *last)
