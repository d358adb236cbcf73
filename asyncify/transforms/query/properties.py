"""`Base.query = db_session.query_property()` goes when nothing reads it any more: async sessions have no such thing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.query_properties import QueryProperty
from asyncify.analysis.values import Cls, Const, Ext, Obj
from asyncify.model.edit import Edit
from asyncify.model.ops import ReplaceStatement
from asyncify.transforms.query.decisions import Places
from asyncify.transforms.query.uses import Site, Uses


def unread_properties(uses: Uses, places: Places, converted: frozenset[Site]) -> Iterator[Edit]:
    """Edits that remove them. converted: the sites that become selects."""
    program = uses.program
    for made in program.query_properties.all:
        reads = _reads(program, made)
        if reads is None or not reads <= converted:
            continue
        place = places.of(program.modules[made.path].source)
        around = place.source.parent(made.statement)
        alone = isinstance(around, ast.ClassDef) and around.body == [made.statement]
        root = ast.unparse(made.session).partition(".")[0]
        drops = () if root in program.reexports().get(made.path, ()) else (root,)
        op = ReplaceStatement("pass" if alone else "")
        yield place.edit(
            made.statement, op, "nothing reads it any more, and an async session cannot make it", (), drops
        )


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
