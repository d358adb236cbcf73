"""What must be a session because of what is done with it, where nothing says what it is.

Only a session is queried for mapped classes. This is asked last, when all that is written down has been used: for
parameters without annotation of functions that nobody is seen to call, and attributes that are set from such.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from asyncify.analysis.infer.engine import Engine, Record
from asyncify.analysis.infer.schedule import Unit
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Cls, Inst, Obj, Values
from asyncify.knowledge import names

#: methods of a session whose first argument is a mapped class or something of it
OF_CLASSES = frozenset({"query", "get", "get_one"})
#: methods that run a statement; of a select of instances, only a session's give instances
OF_SELECTS = frozenset({"scalars", "scalar", "execute", "stream_scalars"})
_ASKED = OF_CLASSES | OF_SELECTS


def suppose_sessions(engine: Engine, records: Mapping[Unit, Record]) -> bool:
    """Write down the sessions that are told by their use; whether there is something new."""
    found: list[tuple[tuple[object, ...], str]] = []
    for (body, receiver), record in records.items():
        if not isinstance(body, FunctionInfo):
            continue
        parameters = {a.arg: a for a in body.parameters}
        for base, kind in _used_as_session(engine, body, record):
            if isinstance(base, ast.Name) and base.id in parameters and not record.values.get(parameters[base.id]):
                found.append((("param", body, receiver, base.id), kind))
            elif isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
                for owner in record.values.get(base.value, ()):
                    if isinstance(owner, Obj) and not engine.orm.is_model(owner.info):
                        found.append((("attr", owner.info, base.attr), kind))
    news = [engine.write(key, frozenset({Inst(kind)})) for key, kind in found]
    return any(news)


def _used_as_session(engine: Engine, body: FunctionInfo, record: Record) -> Iterator[tuple[ast.expr, str]]:
    """The expressions of unknown kind that are used as a session, and which of the two sessions each is."""
    for node in body.nodes:
        if type(node) is not ast.Call or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        base, method, first = node.func.value, node.func.attr, node.args[0]
        if method not in _ASKED or record.values.get(base) or record.values.get(node.func):
            continue
        if _is_mapped(engine, record, first) if method in OF_CLASSES else _selects_mapped(engine, record, first):
            awaited = isinstance(body.source.parent(node), ast.Await)
            yield base, names.ASYNC_SESSION if awaited else names.SESSION


def _is_mapped(engine: Engine, record: Record, node: ast.expr) -> bool:
    """A mapped class, or a column of one."""
    parts = [node, node.value] if isinstance(node, ast.Attribute) else [node]
    return any(_mapped_classes(engine, record.values.get(part, frozenset())) for part in parts)


def _selects_mapped(engine: Engine, record: Record, node: ast.expr) -> bool:
    """A select of mapped classes, or one that is written with one: `select(func.count()).select_from(User)`."""
    selects = [v for v in record.values.get(node, frozenset()) if isinstance(v, Inst) and v.type == names.SELECT]
    if any(_mapped_classes(engine, part) for select in selects for part in select.args):
        return True
    return bool(selects) and any(_mapped_classes(engine, record.values.get(n, frozenset())) for n in ast.walk(node))


def _mapped_classes(engine: Engine, values: Values) -> bool:
    return any(isinstance(v, Cls) and engine.orm.is_model(v.info) for v in values)
