"""Texts that a mixin makes for each class that has it: `f"{cls.__tablename__}_of"`.

Source: SQLAlchemy "Composing Mapped Hierarchies with Mixins": `declared_attr` runs once for each mapped class.
"""

from __future__ import annotations

import ast

from asyncify.analysis.foreign_keys import table_name
from asyncify.analysis.symbols import ClassInfo

METHODS = frozenset({"lower", "upper", "title", "capitalize"})


def text_for(node: ast.expr, info: ClassInfo) -> str | None:
    """What an expression gives in a method of a class; None where that is not known."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined(info, node.left, node.right)
    if isinstance(node, ast.JoinedStr):
        return _joined(info, *node.values)
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        return text_for(node.value, info)
    if isinstance(node, ast.Attribute) and node.attr in ("__tablename__", "__name__"):
        return table_name(info) if node.attr == "__tablename__" else info.name
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        text = text_for(node.func.value, info) if not node.args else None
        return str(getattr(text, node.func.attr)()) if text is not None else None
    return None


def _joined(info: ClassInfo, *parts: ast.expr) -> str | None:
    texts = [text_for(part, info) for part in parts]
    return None if None in texts else "".join(filter(None, texts))
