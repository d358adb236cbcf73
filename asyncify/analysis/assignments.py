"""What names are assigned."""

from __future__ import annotations

import ast

from asyncify.analysis.symbols import FunctionInfo


def assigned_value(statement: ast.AST, name: str) -> ast.expr | None:
    """What a statement assigns to a name; None for any other node."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return None
    return statement.value if any(isinstance(t, ast.Name) and t.id == name for t in targets) else None


def only_value(function: FunctionInfo, name: str) -> ast.expr | None:
    """The value that a local name always has, where one plain assignment is all that binds it."""
    values = assigned(function, name)
    return values[0] if len(values) == 1 else None


def assigned(function: FunctionInfo, name: str) -> list[ast.expr]:
    """The values of the plain assignments to a local name; none where anything else binds it too."""
    if any(arg.arg == name for arg in function.parameters):
        return []
    found: list[ast.expr] = []
    stores = 0
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            stores += 1
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if [getattr(t, "id", None) for t in targets] == [name]:
                found.append(node.value)
    return found if len(found) == stores else []
