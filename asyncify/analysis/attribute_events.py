"""Attribute events whose listener asks the database: setting the attribute then sends SQL.

SQLAlchemy calls them where the attribute is set, outside of any call that is awaited, so that place runs in the
greenlet. Source: SQLAlchemy "ORM Events", AttributeEvents (`set`, `append`, `remove`).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from asyncify.analysis.operators import Operation
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Fn, Obj

LISTEN = frozenset({"listens_for", "listen"})
#: event -> the methods of a collection that fire it
BY_METHOD = {"append": frozenset({"append", "extend", "add"}), "remove": frozenset({"remove", "pop", "clear"})}


def event_operations(program: Program, waiting: Collection[FunctionInfo]) -> Iterator[tuple[str, Operation]]:
    """The places that fire such an event, with their files. waiting: functions in which something waits."""
    listened = {
        (cls, name, event): function
        for path in sorted(program.modules)
        for cls, name, event, function in _listeners(program, path)
        if function in waiting
    }
    if not listened:
        return
    for path in sorted(program.modules):
        for node in program.modules[path].source.nodes:
            for place, owner, name, events in fired_places(node):
                for value in program.values(owner):
                    found = _listener(program, listened, value.info, name, events) if isinstance(value, Obj) else None
                    if found is not None:
                        yield path, Operation(place, owner, found)


def _listeners(program: Program, path: str) -> Iterator[tuple[ClassInfo, str, str, FunctionInfo]]:
    """`@event.listens_for(User.name, "set")` and `event.listen(User.name, "set", function)`."""
    source = program.modules[path].source
    for node in source.nodes_of(ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in LISTEN or len(node.args) < 2 or not isinstance(node.args[0], ast.Attribute):
            continue
        event = node.args[1].value if isinstance(node.args[1], ast.Constant) else ""
        parent = source.parent(node)
        functions = [program.modules[path].functions[parent]] if isinstance(parent, ast.FunctionDef) else []
        functions += [v.info for a in node.args[2:] for v in program.values(a) if isinstance(v, Fn)]
        for value in program.values(node.args[0].value):
            if isinstance(value, Cls):
                yield from ((value.info, node.args[0].attr, str(event), f) for f in functions)


def fired_places(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, ast.expr, str, Collection[str]]]:
    """What a node may fire: the node, the object, the attribute (empty: any), the events."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Attribute):
        yield node, node.targets[0].value, node.targets[0].attr, ("set",)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
        if len(node.args) == 3:
            name = node.args[1]
            yield node, node.args[0], str(name.value) if isinstance(name, ast.Constant) else "", ("set",)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        events = [event for event, methods in BY_METHOD.items() if node.func.attr in methods]
        if events and isinstance(owner, ast.Attribute):
            yield node, owner.value, owner.attr, events


def _listener(
    program: Program,
    listened: dict[tuple[ClassInfo, str, str], FunctionInfo],
    info: ClassInfo,
    name: str,
    events: Collection[str],
) -> FunctionInfo | None:
    family = {info, *program.classes.ancestors(info)}
    for (cls, attribute, event), function in listened.items():
        if cls in family and event in events and name in ("", attribute):
            return function
    return None
