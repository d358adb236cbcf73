"""Attributes that a class gets after its body: `User.posts = relationship("Post")` at the top of a module.

Source: SQLAlchemy, "Declarative Mapping Styles: Appending additional columns to an existing Declarative mapped class".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from asyncify.analysis.names import Names
from asyncify.analysis.symbols import ClassInfo


@dataclass(frozen=True)
class LaterAttribute:
    """One such assignment. path: the file that it stands in."""

    path: str
    name: str
    statement: ast.Assign


def later_attributes(names: Names) -> Mapping[ClassInfo, list[LaterAttribute]]:
    """What modules assign to classes of the program at top level, where it is made by a call."""
    found: dict[ClassInfo, list[LaterAttribute]] = defaultdict(list)
    for path in sorted(names.modules):
        for node in names.modules[path].source.tree.body:
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            for target in node.targets:
                if isinstance(target, ast.Attribute):
                    owner = names.resolve_expression(path, target.value)
                    if isinstance(owner, ClassInfo):
                        found[owner].append(LaterAttribute(path, target.attr, node))
    return found
