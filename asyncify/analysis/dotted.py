"""Names and attributes of names: `db`, `self.db`, `repo.session.bind`."""

from __future__ import annotations

import ast


def is_path(node: ast.expr | None) -> bool:
    """Whether an expression is a name, or an attribute of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def root_of(node: ast.expr) -> str:
    """The name that a path begins with; empty for anything else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
