"""Where an expression needs parentheses, by Python's table of precedence.

https://docs.python.org/3/reference/expressions.html#operator-precedence
"""

from __future__ import annotations

from typing import TypeVar

import libcst as cst

Node = TypeVar("Node", bound=cst.CSTNode)

BARE, YIELD, WALRUS, LAMBDA, TERNARY, OR, AND, NOT, COMPARE = range(9)
BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, PRODUCT, UNARY, POWER, AWAIT, PRIMARY, ATOM = range(9, 20)

_BINARY: dict[type[cst.BaseBinaryOp], int] = {
    cst.BitOr: BIT_OR,
    cst.BitXor: BIT_XOR,
    cst.BitAnd: BIT_AND,
    cst.LeftShift: SHIFT,
    cst.RightShift: SHIFT,
    cst.Add: SUM,
    cst.Subtract: SUM,
    cst.Multiply: PRODUCT,
    cst.MatrixMultiply: PRODUCT,
    cst.Divide: PRODUCT,
    cst.FloorDivide: PRODUCT,
    cst.Modulo: PRODUCT,
    cst.Power: POWER,
}
_LEVELS: dict[type[cst.BaseExpression], int] = {
    cst.Yield: YIELD,
    cst.NamedExpr: WALRUS,
    cst.Lambda: LAMBDA,
    cst.IfExp: TERNARY,
    cst.Comparison: COMPARE,
    cst.Await: AWAIT,
    cst.Attribute: PRIMARY,
    cst.Subscript: PRIMARY,
    cst.Call: PRIMARY,
    cst.Tuple: BARE,
    cst.GeneratorExp: BARE,
}
# what each child must at least bind like to stand without parentheses
_SLOTS: dict[type[cst.CSTNode], dict[str, int]] = {
    cst.Attribute: {"value": PRIMARY},
    cst.Subscript: {"value": PRIMARY},
    cst.Call: {"func": PRIMARY},
    cst.Await: {"expression": PRIMARY},
    cst.Comparison: {"left": BIT_OR},
    cst.ComparisonTarget: {"comparator": BIT_OR},
    cst.IfExp: {"body": OR, "test": OR, "orelse": LAMBDA},
    cst.Lambda: {"body": LAMBDA},
    cst.NamedExpr: {"value": LAMBDA},
    cst.Element: {"value": WALRUS},
    cst.StarredElement: {"value": BIT_OR},
    cst.DictElement: {"key": LAMBDA, "value": LAMBDA},
    cst.StarredDictElement: {"value": BIT_OR},
    cst.CompFor: {"iter": OR},
    cst.CompIf: {"test": OR},
    cst.ListComp: {"elt": WALRUS},
    cst.SetComp: {"elt": WALRUS},
    cst.GeneratorExp: {"elt": WALRUS},
    cst.DictComp: {"key": LAMBDA, "value": LAMBDA},
    cst.FormattedStringExpression: {"expression": TERNARY},
    cst.Decorator: {"decorator": WALRUS},
    cst.If: {"test": WALRUS},
    cst.While: {"test": WALRUS},
    cst.WithItem: {"item": LAMBDA},
    cst.Param: {"default": LAMBDA},
    cst.Annotation: {"annotation": LAMBDA},
    cst.Raise: {"exc": LAMBDA},
    cst.Assert: {"test": LAMBDA, "msg": LAMBDA},
    cst.From: {"item": LAMBDA},
    cst.Index: {"value": BARE},
    cst.Expr: {"value": BARE},
    cst.Assign: {"value": BARE},
    cst.AnnAssign: {"value": BARE},
    cst.AugAssign: {"value": BARE},
    cst.Return: {"value": BARE},
    cst.Yield: {"value": BARE},
    cst.For: {"iter": BARE},
    cst.Match: {"subject": BARE},
    cst.Slice: {"lower": LAMBDA, "upper": LAMBDA, "step": LAMBDA},
    cst.TypeAlias: {"value": LAMBDA},
}


def wrap(node: cst.BaseExpression) -> cst.BaseExpression:
    """The node in one more pair of parentheses."""
    return node.with_changes(lpar=(cst.LeftParen(), *node.lpar), rpar=(*node.rpar, cst.RightParen()))


def owned(node: cst.BaseExpression) -> int:
    """How many of its parentheses are part of the node itself (its span in `ast` includes them)."""
    return 1 if isinstance(node, cst.Tuple | cst.GeneratorExp) and node.lpar else 0


def strip(node: cst.BaseExpression) -> cst.BaseExpression:
    """The node without the parentheses around it."""
    keep = owned(node)
    lpar, rpar = tuple(node.lpar), tuple(node.rpar)
    if len(lpar) == keep:
        return node
    return node.with_changes(lpar=lpar[len(lpar) - keep :], rpar=rpar[:keep])


def around(node: cst.BaseExpression, old: cst.BaseExpression) -> cst.BaseExpression:
    """`node` with the parentheses that stand around `old`."""
    count = len(old.lpar) - owned(old)
    if not count:
        return node
    node = strip(node)
    lpar, rpar = tuple(old.lpar)[:count], tuple(old.rpar)[len(old.rpar) - count :]
    return node.with_changes(lpar=(*lpar, *node.lpar), rpar=(*node.rpar, *rpar))


def level(node: cst.BaseExpression) -> int:
    """How tightly an expression binds."""
    if node.lpar:
        return ATOM
    if isinstance(node, cst.BinaryOperation):
        return _BINARY[type(node.operator)]
    if isinstance(node, cst.BooleanOperation):
        return OR if isinstance(node.operator, cst.Or) else AND
    if isinstance(node, cst.UnaryOperation):
        return NOT if isinstance(node.operator, cst.Not) else UNARY
    return _LEVELS.get(type(node), ATOM)


def fix(node: Node) -> Node:
    """The node with parentheses around those children that would otherwise be read differently."""
    changes: dict[str, cst.BaseExpression] = {}
    for name, needed in _needs(node).items():
        child = getattr(node, name)
        if isinstance(child, cst.BaseExpression) and _too_loose(child, needed, node):
            changes[name] = wrap(child)
    if isinstance(node, cst.Call):
        args = [_fix_arg(arg, alone=len(node.args) == 1) for arg in node.args]
        if any(new is not old for new, old in zip(args, node.args, strict=True)):
            node = node.with_changes(args=args)
    return node.with_changes(**changes) if changes else node


def _too_loose(child: cst.BaseExpression, needed: int, parent: cst.CSTNode) -> bool:
    if level(child) < needed:
        return True
    if child.lpar:
        return False
    if isinstance(parent, cst.Attribute):
        return isinstance(child, cst.Integer)
    # a tuple may stand bare in an index, a statement or a loop; a generator only as the one argument of a call
    return isinstance(child, cst.GeneratorExp)


def _fix_arg(arg: cst.Arg, alone: bool) -> cst.Arg:
    value = arg.value
    if isinstance(value, cst.GeneratorExp) and alone and arg.keyword is None and not arg.star:
        return arg
    needed = LAMBDA if arg.keyword is not None or arg.star else WALRUS
    return arg.with_changes(value=wrap(value)) if level(value) < needed else arg


def _needs(node: cst.CSTNode) -> dict[str, int]:
    if isinstance(node, cst.BinaryOperation):
        own = _BINARY[type(node.operator)]
        if own == POWER:
            return {"left": AWAIT, "right": UNARY}
        return {"left": own, "right": own + 1}
    if isinstance(node, cst.BooleanOperation):
        own = OR if isinstance(node.operator, cst.Or) else AND
        return {"left": own, "right": own}
    if isinstance(node, cst.UnaryOperation):
        return {"expression": NOT if isinstance(node.operator, cst.Not) else UNARY}
    return _SLOTS.get(type(node), {})
