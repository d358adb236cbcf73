"""`Base.query = db_session.query_property()` goes when nothing reads it any more: async sessions have no such thing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.query_properties import QueryProperty
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Cls, Const, Ext, Obj
from asyncify.model.edit import Edit
from asyncify.model.ops import ReplaceStatement
from asyncify.transforms.query.decisions import Places
from asyncify.transforms.query.uses import Site


def unread_properties(program: Program, converted: frozenset[Site]) -> tuple[QueryProperty, ...]:
    """Those that nothing reads any more. converted: the sites that become selects."""
    reads = ((made, _reads(program, made)) for made in program.query_properties.all)
    return tuple(made for made, found in reads if found is not None and found <= converted)


def makers(program: Program, properties: Iterable[QueryProperty]) -> set[FunctionInfo]:
    """The functions that properties call, those that are written by hand."""
    found = (program.function_of(made.session) for made in properties)
    return {function for function in found if function is not None}


def removals(program: Program, places: Places, unread: Iterable[QueryProperty]) -> Iterator[Edit]:
    """Edits that take properties away."""
    for made in unread:
        place = places.of(program.modules[made.holder].source)
        around = place.source.parent(made.statement)
        alone = isinstance(around, ast.ClassDef) and around.body == [made.statement]
        names = {n.id for n in ast.walk(made.statement) if isinstance(n, ast.Name)}
        drops = tuple(sorted(names - program.reexports().get(made.holder, frozenset())))
        op = ReplaceStatement("pass" if alone else "")
        why = "nothing reads it any more, and an async session cannot make it"
        yield place.edit(made.statement, op, why, drops=drops)


def _reads(program: Program, made: QueryProperty) -> frozenset[ast.AST] | None:
    """The reads of a property; None where there may be others."""
    found: set[ast.AST] = set()
    for path in sorted(program.modules):
        source = program.modules[path].source
        for call in source.nodes_of(ast.Call):
            if Ext("builtins.getattr") in program.values(call.func) and _names(program, call, made.name):
                return None
        for node in source.nodes_of(ast.Attribute):
            if node.attr != made.name or not isinstance(node.ctx, ast.Load):
                continue
            owners = program.values(node.value)
            parent = source.parent(node)
            if not owners and not (isinstance(parent, ast.Call) and parent.func is node):
                return None  # of an unknown object: a model, perhaps
            if any(isinstance(v, (Cls, Obj)) and _has(program, v, made) for v in owners):
                found.add(node)
    return frozenset(found)


def _names(program: Program, call: ast.Call, name: str) -> bool:
    """Whether `getattr(x, ...)` means an attribute."""
    key = call.args[1] if len(call.args) > 1 else None
    return (isinstance(key, ast.Constant) and key.value == name) or (
        key is not None and Const(name) in program.values(key)
    )


def _has(program: Program, value: Cls | Obj, made: QueryProperty) -> bool:
    return program.query_properties.of(value.info, made.name) is made
