"""Where a new import line goes: among its like, as isort would put it where the file is sorted."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from asyncify.model.edit import Edit, Import
from asyncify.model.ops import InsertStatements, Op, ReplaceStatement
from asyncify.model.span import Place, Span, Target
from asyncify.rewrite.appending import holds_only_imports

FUTURE, STANDARD, THIRD_PARTY, OWN, RELATIVE = range(5)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def section(module: str, own: frozenset[str]) -> int:
    """The section of isort that a module belongs to. own: top-level names of the repository."""
    top = module.partition(".")[0]
    if module.startswith("."):
        return RELATIVE
    if module == "__future__":
        return FUTURE
    if top in sys.stdlib_module_names:
        return STANDARD
    return OWN if top in own else THIRD_PARTY


@dataclass(frozen=True)
class Line:
    """An import statement at top level. key: its place in a sorted section, plain imports first."""

    node: ast.stmt
    section: int
    key: tuple[bool, str]

    @property
    def top(self) -> str:
        """The first part of the module."""
        return self.key[1].partition(".")[0]


def key_of(new: Import) -> tuple[bool, str]:
    """Where isort sorts an import within its section."""
    return (bool(new.name), new.module.casefold())


def lines_of(tree: ast.Module, own: frozenset[str]) -> list[Line]:
    """The import lines above the first function or class."""
    found: list[Line] = []
    for node in tree.body:
        if isinstance(node, _DEFINITIONS):
            break
        if isinstance(node, ast.Import):
            name = node.names[0].name
            found.append(Line(node, section(name, own), (False, name.casefold())))
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            found.append(Line(node, section(name, own), (True, name.casefold())))
    return found


def insertion(tree: ast.Module, new: Import, source: str, own: frozenset[str]) -> Edit | None:
    """The edit that adds an import line; None when there is no statement to put it next to."""
    lines = lines_of(tree, own)
    mine = section(new.module, own)
    key = key_of(new)
    like = [line for line in lines if line.section == mine]
    if like:
        near = [line for line in like if line.top == key[1].partition(".")[0]]
        after = _predecessor(near or like, key)
        return _after(after.node, source) if after else _before(near[0].node if near else like[0].node, source)
    lower = [line for line in lines if line.section < mine]
    if lower:
        return _after(lower[-1].node, "\n" + source)
    if lines:
        return _before(lines[0].node, source, gap=1)
    return _without_imports(tree, source)


def _predecessor(like: Sequence[Line], key: tuple[bool, str]) -> Line | None:
    """The line to stand after; None to be the first."""
    keys = [line.key for line in like]
    smaller = [line for line in like if line.key <= key]
    if keys != sorted(keys):
        return like[-1]
    return smaller[-1] if smaller else None


def _without_imports(tree: ast.Module, source: str) -> Edit | None:
    if not tree.body:
        return None
    first = tree.body[0]
    if holds_only_imports(first):
        return _before(first, source, gap=1)
    return None


def _after(node: ast.stmt, source: str) -> Edit:
    return _edit(node, InsertStatements(source, "after"))


def _before(node: ast.stmt, source: str, gap: int = 0) -> Edit:
    # comments above the first import are about the file or the section: they stay on top
    return _edit(node, ReplaceStatement(source + "\n" * (gap + 1) + "$it"))


def _edit(node: ast.stmt, op: Op) -> Edit:
    span = Span(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Edit("imports", "", Target(span, Place.STATEMENT), op)
