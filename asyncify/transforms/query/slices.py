"""`query[a:b]`: LIMIT and OFFSET."""

from __future__ import annotations

import ast

from asyncify.analysis.assignments import only_value
from asyncify.model.ops import Hole
from asyncify.transforms.query.decisions import Place


def slice_links(place: Place, index: ast.expr, limited: bool) -> tuple[str, str, tuple[Hole, ...]] | None:
    """The link for `query[index]`, what follows the list, and the holes; None for what Query refuses or is not sure.

    limited: whether the query may have a limit or offset already.
    """
    if isinstance(index, ast.Slice):
        low, high, step = index.lower, index.upper, index.step
        if any(isinstance(b, ast.UnaryOp) for b in (low, high, step)):
            return None
        holes = tuple(place.hole(n, b) for n, b in (("low", low), ("high", high), ("step", step)) if b is not None)
        after = "[::$step]" if step is not None else ""
        if low is None and high is None:
            return "", after, holes
        if low is None:
            return (".slice(0, $high)" if limited else ".limit($high)"), after, holes
        if high is None:
            return (".slice($low, None)" if limited else ".offset($low)"), after, holes
        return (".slice($low, $high)", after, holes) if _is_forward(place, low, high) else None
    if isinstance(index, ast.Constant) and isinstance(index.value, int) and index.value >= 0:
        return f".slice({index.value}, {index.value + 1})", "[0]", ()
    return None


def _is_forward(place: Place, low: ast.expr, high: ast.expr) -> bool:
    """Whether a slice does not end before it begins: Query gives an empty list then, a database anything."""
    first, last = _value(place, low), _value(place, high)
    if isinstance(first, ast.Constant) and isinstance(last, ast.Constant):
        numbers = isinstance(first.value, int) and isinstance(last.value, int)
        return not first.value or last.value is None or (numbers and int(str(first.value)) <= int(str(last.value)))
    if isinstance(first, ast.Constant) and not first.value:
        return True
    texts = {ast.unparse(low), ast.unparse(first)}
    if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Add):
        return bool(texts & {ast.unparse(last.left), ast.unparse(last.right)})
    return ast.unparse(last) in {_next_page(text) for text in (low, first)}


def _value(place: Place, node: ast.expr) -> ast.expr:
    """What a name stands for, where that is one assignment."""
    function = place.program.function_of(node)
    value = only_value(function, node.id) if isinstance(node, ast.Name) and function is not None else None
    return value if value is not None else node


def _next_page(node: ast.expr) -> str | None:
    """`page * size` for `(page - 1) * size`, and the other way round."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return None
    parts = [_one_more(node.left), _one_more(node.right)]
    return " * ".join(parts) if parts != [ast.unparse(node.left), ast.unparse(node.right)] else None


def _one_more(node: ast.expr) -> str:
    less = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and ast.unparse(node.right) == "1"
    return ast.unparse(node.left) if less and isinstance(node, ast.BinOp) else ast.unparse(node)


def is_negative(index: ast.expr) -> bool:
    """Whether an index, or a bound of a slice, is surely negative."""
    bounds = (index.lower, index.upper) if isinstance(index, ast.Slice) else (index,)
    return any(isinstance(b, ast.UnaryOp) and isinstance(b.operand, ast.Constant) for b in bounds)
