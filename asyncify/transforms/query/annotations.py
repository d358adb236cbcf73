"""Annotations that say Query where a select will be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain

from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical
from asyncify.model.edit import Edit
from asyncify.model.ops import Replace
from asyncify.transforms.query.decisions import Place, Places
from asyncify.transforms.query.uses import Site, Uses

WHY = "what was a Query is a Select now"
#: `sqlalchemy.Select` is of 2.0; 1.4 has it in `sqlalchemy.sql`
SPELLINGS = ("sqlalchemy.sql.Select", "sqlalchemy.Select", "sqlalchemy.sql.expression.Select")


def annotation_edits(uses: Uses, places: Places) -> Iterator[tuple[frozenset[Site], Edit]]:
    """Edits of annotations, each with the sites whose queries it is about."""
    for path in sorted(uses.program.modules):
        module = uses.program.modules[path]
        for function in module.functions.values():
            for arg in function.parameters:
                if arg in uses.holds and arg.annotation is not None:
                    yield from _edits(uses, places.of(module.source), arg.annotation, uses.holds[arg].sites)
            if function.node.returns is not None:
                held = (uses.holds[node].sites for node in _returned(function) if node in uses.holds)
                sites = frozenset(chain.from_iterable(held))
                if sites:
                    yield from _edits(uses, places.of(module.source), function.node.returns, sites)
        for node in module.source.nodes:
            if isinstance(node, ast.AnnAssign) and node.value in uses.holds:
                yield from _edits(uses, places.of(module.source), node.annotation, uses.holds[node.value].sites)


def _returned(function: FunctionInfo) -> Iterator[ast.AST]:
    for node in function.nodes:
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def _edits(
    uses: Uses, place: Place, annotation: ast.expr, sites: frozenset[Site]
) -> Iterator[tuple[frozenset[Site], Edit]]:
    inside = set[ast.AST]()
    for node in ast.walk(annotation):
        if node in inside:
            continue
        subscript = isinstance(node, ast.Subscript)
        head = node.value if isinstance(node, ast.Subscript) else node
        if not isinstance(head, ast.expr) or not _is_query_class(uses, place.source, head):
            continue
        inside |= set(ast.walk(node))
        local, imports = place.name(*(SPELLINGS[1:] if uses.library.exports_select else SPELLINGS))
        drops = (head.id,) if isinstance(head, ast.Name) else ()
        if subscript and isinstance(node, ast.Subscript):
            op = Replace(f"{local}[tuple[$of]]", (place.hole("of", node.slice),))
            yield sites, place.edit(node, op, WHY, imports, drops)
        else:
            yield sites, place.edit(node, Replace(local), WHY, imports, drops)


def _is_query_class(uses: Uses, source: SourceFile, node: ast.expr) -> bool:
    found = uses.program.names.resolve_expression(source.path, node)
    return isinstance(found, Ext) and canonical(found.name) == names.QUERY
