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
from asyncify.model.edit import Edit, Import
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
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _quoted(uses, place, node, sites)
            continue
        subscript = isinstance(node, ast.Subscript)
        head = node.value if isinstance(node, ast.Subscript) else node
        if not isinstance(head, ast.expr) or not is_query_class(uses, place.source, head):
            continue
        inside |= set(ast.walk(node))
        local, imports = select_name(uses, place)
        drops = (head.id,) if isinstance(head, ast.Name) else ()
        if subscript and isinstance(node, ast.Subscript):
            op = Replace(f"{local}[tuple[$of]]", (place.hole("of", node.slice),))
            yield sites, place.edit(node, op, WHY, imports, drops)
        else:
            yield sites, place.edit(node, Replace(local), WHY, imports, drops)


def _quoted(
    uses: Uses, place: Place, node: ast.Constant, sites: frozenset[Site]
) -> Iterator[tuple[frozenset[Site], Edit]]:
    """An annotation in quotes."""
    try:
        tree = ast.parse(str(node.value).strip(), mode="eval")
    except SyntaxError:
        return
    local, imports = select_name(uses, place)
    renamer = _Renamer(uses, place.source, local)
    text = ast.unparse(renamer.visit(tree))
    quote = place.source.segment(node)[-1]
    drops = tuple(sorted(renamer.drops - {""}))
    if renamer.drops and quote not in text:
        yield (
            sites,
            place.edit(node, Replace(f"{quote}{text}{quote}"), WHY, imports, drops),
        )


class _Renamer(ast.NodeTransformer):
    """Puts the name of the select class in the place of Query. drops: the names that were there."""

    def __init__(self, uses: Uses, source: SourceFile, local: str) -> None:
        self._uses, self._source, self._local = uses, source, local
        self.drops: set[str] = set()

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`Query[Model]` is `Select[tuple[Model]]`."""
        head = self.visit(node.value)
        if head is node.value:
            return ast.Subscript(head, self.visit(node.slice), node.ctx)
        inner = ast.Subscript(ast.Name("tuple", ast.Load()), node.slice, ast.Load())
        return ast.Subscript(head, inner, node.ctx)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """`Query`."""
        return self._renamed(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """`orm.Query`."""
        return self._renamed(node)

    def _renamed(self, node: ast.Name | ast.Attribute) -> ast.AST:
        if not is_query_class(self._uses, self._source, node):
            return node
        self.drops.add(node.id if isinstance(node, ast.Name) else "")
        return ast.Name(self._local, ast.Load())


def select_name(uses: Uses, place: Place) -> tuple[str, tuple[Import, ...]]:
    """The name of the class of selects in a file, and the imports for it."""
    return place.name(*(SPELLINGS[1:] if uses.library.exports_select else SPELLINGS))


def is_query_class(uses: Uses, source: SourceFile, node: ast.expr) -> bool:
    """Whether an expression names the class of legacy queries."""
    found = uses.program.names.resolve_expression(source.path, node)
    return isinstance(found, Ext) and canonical(found.name) == names.QUERY
