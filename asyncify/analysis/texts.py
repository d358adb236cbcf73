"""Expressions that are texts, as far as the code says so, and columns that are none."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import objects

#: types of columns that are no texts, and what Python has for them
OTHERS = frozenset(
    "Integer BigInteger SmallInteger INTEGER BIGINT SMALLINT int Numeric Float Double NUMERIC DECIMAL FLOAT REAL float "
    "Decimal Boolean BOOLEAN bool Date DateTime Time Interval DATE TIME TIMESTAMP INTERVAL date datetime time "
    "timedelta".split()
)
#: what makes no text: types, and methods of types
_MAKERS = OTHERS | frozenset({"len", "now", "utcnow", "today", "combine", "replace", "total_seconds", "UUID"})


def is_text(program: Program, node: ast.expr, seen: tuple[ast.expr, ...] = ()) -> bool | None:
    """Whether an expression is text; None where that is not known."""
    if isinstance(node, (ast.Constant, ast.JoinedStr)):
        return isinstance(node, ast.JoinedStr) or isinstance(node.value, str)
    if isinstance(node, ast.Name):
        function = program.function_of(node)
        told = [p.annotation for p in function.parameters if p.arg == node.id] if function is not None else []
        if function is None or told or node in seen:
            return _told(told[0] if told else None)
        stored = [n for n in function.nodes if isinstance(n, ast.Assign) and _stores(n, node.id)]
        kinds = {is_text(program, n.value, (*seen, node)) for n in stored}
        return False if kinds == {False} else None
    if isinstance(node, ast.Attribute):
        for found in objects(program.values(node.value)):
            for base in program.classes.ancestors(found.info):
                stmt = base.attributes.get(node.attr) if isinstance(base, ClassInfo) else None
                if isinstance(stmt, ast.AnnAssign):
                    return _told(stmt.annotation)
        return None
    unknown = isinstance(node, (ast.Subscript, ast.Call)) and _name(getattr(node, "func", None)) not in _MAKERS
    return None if unknown else False


def keeps_text(call: ast.Call | None) -> bool:
    """`UUID(as_uuid=False)`, whose values are texts in Python."""
    given = (k for n in ast.walk(call) if isinstance(n, ast.Call) for k in n.keywords) if call is not None else ()
    return any(k.arg == "as_uuid" and getattr(k.value, "value", True) is False for k in given)


def _stores(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _told(annotation: ast.expr | None) -> bool | None:
    """Whether an annotation is one of a text."""
    names_of = {_name(n) for n in ast.walk(annotation)} - {""} if annotation is not None else set()
    if (names_of & OTHERS and "str" not in names_of) or "int" in names_of:
        return False
    return True if "str" in names_of else None


def _name(node: ast.AST | None) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))
