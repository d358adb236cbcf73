"""What a module imports, and which names it uses."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from typing import TypeGuard

from asyncify.model.edit import Import

ImportNode = ast.Import | ast.ImportFrom
_TYPE_COMMENT = re.compile(r"#\s*type:\s*(?!ignore\b)(.*)")


@dataclass(frozen=True)
class Entry:
    """One import statement.

    parents: the statements that it stands in, outermost first.
    """

    node: ImportNode
    parents: tuple[ast.AST, ...] = ()

    @property
    def module(self) -> str:
        """The module of a `from` import, dots included; empty for a plain one."""
        if isinstance(self.node, ast.Import):
            return ""
        return "." * self.node.level + (self.node.module or "")

    @property
    def typing_only(self) -> bool:
        """Whether it stands under `if TYPE_CHECKING:`."""
        return any(is_typing_block(parent) and child in parent.body for parent, child in self._levels())

    @property
    def local(self) -> bool:
        """Whether it binds a name of a function or class, not of the module."""
        return any(isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for p in self.parents)

    @property
    def guarded(self) -> bool:
        """Whether it stands in the body of a `try`: what follows may depend on its failing."""
        return any(isinstance(parent, ast.Try) and child in parent.body for parent, child in self._levels())

    def _levels(self) -> list[tuple[ast.AST, ast.AST]]:
        """Each statement that it stands in, with the one of its children that leads to it."""
        return list(pairwise((*self.parents, self.node)))

    def imports(self) -> tuple[Import, ...]:
        """Its names, one `Import` each."""
        if isinstance(self.node, ast.Import):
            return tuple(Import(alias.name, "", alias.asname or "") for alias in self.node.names)
        return tuple(Import(self.module, alias.name, alias.asname or "") for alias in self.node.names)


def is_typing_block(node: ast.AST) -> TypeGuard[ast.If]:
    """`if TYPE_CHECKING:` or `if typing.TYPE_CHECKING:`."""
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def entries(node: ast.AST, parents: tuple[ast.AST, ...] = ()) -> Iterator[Entry]:
    """All import statements, in the order of the file."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ImportNode):
            yield Entry(child, parents)
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from entries(child, (*parents, child))


def used_names(tree: ast.Module, text: str) -> frozenset[str]:
    """Names, and dotted names from their root, that anything but an import may use: code, strings that are an
    expression (annotations, `__all__`, forward references), `# type:` comments."""
    found: set[str] = set()
    plain = {id(text) for text in (*_docstrings(tree), *_keys(tree))}
    for node in ast.walk(tree):
        found.update(_names(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in plain:
            found.update(_names_in_string(node.value))
    if _TYPE_COMMENT.search(text):  # to take a text apart takes longer than all the rest
        for comment in _comments(text):
            if match := _TYPE_COMMENT.search(comment):
                found.update(re.findall(r"[A-Za-z_]\w*", match[1]))
    return frozenset(found)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names
    elif isinstance(node, ast.Attribute):
        dotted = _dotted(node)
        if dotted:
            yield dotted


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def _names_in_string(value: str) -> Iterator[str]:
    if len(value) > 500 or not value.strip():
        return
    try:
        tree = ast.parse(value.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        yield from _names(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != value:
            yield from _names_in_string(node.value)


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def _keys(tree: ast.Module) -> Iterator[ast.expr]:
    """Strings that are keys of dictionaries: `{"Session": 1}`, `answer["Session"]` of a variable of a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield from (key for key in node.keys if isinstance(key, ast.Constant))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = list(ast.walk(node))
            stored = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            for item in inner:
                if isinstance(item, ast.Subscript) and isinstance(item.value, ast.Name) and item.value.id in stored:
                    yield item.slice


def _comments(text: str) -> Iterator[str]:
    try:
        for token in tokenize.generate_tokens(StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.string
    except (tokenize.TokenError, SyntaxError):
        yield text
