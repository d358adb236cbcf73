"""The texts that `@pytest.mark.parametrize` gives to a parameter, as far as they can be read off the program.

They may be written in the list itself, kept in a name, or yielded or returned by a function of the program.
Source: pytest "How to parametrize fixtures and test functions".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from asyncify.analysis.assignments import only_value
from asyncify.analysis.names import Assigned, Names
from asyncify.analysis.symbols import FunctionInfo

#: functions and methods that give what they are given, or what they are called on
_SAME = frozenset({"list", "tuple", "set", "sorted", "reversed", "frozenset"})
#: how many names and functions are followed from one list
_DEPTH = 8

Loop = tuple[ast.expr, ast.expr]


def parametrized_texts(names: Names, function: FunctionInfo, name: str) -> set[str]:
    """The texts that a parameter of a test gets from marks on the test, or on its class."""
    given = parametrizations(names, function, name)
    return {text for node, position in given for text in listed_texts(names, function.path, node, position)}


def parametrizations(names: Names, function: FunctionInfo, name: str) -> Iterator[tuple[ast.expr, int | None]]:
    """What the marks on a test, or on its class, list for a parameter, each with its position in the rows.

    A mark may be kept in a name of the file or of the class: `by_kind = pytest.mark.parametrize(...)`.
    """
    marks = [*function.node.decorator_list, *(function.cls.node.decorator_list if function.cls is not None else ())]
    for node in marks:
        mark = _kept(names, function, node) if isinstance(node, (ast.Name, ast.Attribute)) else node
        if isinstance(mark, ast.Call) and len(mark.args) > 1 and ast.unparse(mark.func).endswith("mark.parametrize"):
            given = _names(mark.args[0])
            if name in given:
                yield mark.args[1], given.index(name) if len(given) > 1 else None


def _kept(names: Names, function: FunctionInfo, node: ast.Name | ast.Attribute) -> ast.expr | None:
    """What a name of a decorator stands for: in a class its own names come first."""
    if isinstance(node, ast.Name) and function.cls is not None:
        for statement in function.cls.node.body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == node.id:
                return statement.value
    found = names.resolve_expression(function.path, node)
    return found.value if isinstance(found, Assigned) and found.path == function.path else None


def listed_texts(names: Names, path: str, node: ast.expr, position: int | None = None) -> set[str]:
    """The texts in a list that is written at the top of a file; `position` is the one in each of its rows."""
    return set(_Reader(names, path).listed(node, position))


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [n.strip() for n in node.value.split(",")]
    items = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    return [str(i.value) for i in items if isinstance(i, ast.Constant)]


@dataclass(frozen=True)
class _Reader:
    """Reads expressions at one place: the file, the function, and the loops whose names they may use."""

    names: Names
    path: str
    function: FunctionInfo | None = None
    loops: tuple[Loop, ...] = ()
    depth: int = 0

    def listed(self, node: ast.expr, position: int | None) -> Iterator[str]:
        """The texts at a position of the rows of a list, or those that are its items."""
        at = self._written(node)
        if at is None:
            return
        reader, node = at
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for item in node.elts:
                if isinstance(item, ast.Starred):
                    yield from reader.listed(item.value, position)
                else:
                    yield from reader._of_row(item, position)
        elif isinstance(node, ast.Dict) and position is None:
            for key in filter(None, node.keys):
                yield from reader._text(key)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            loops = tuple((g.target, g.iter) for g in node.generators)
            yield from replace(reader, loops=(*reader.loops, *loops))._of_row(node.elt, position)
        elif isinstance(node, ast.Call):
            yield from reader._called(node, position)

    def _called(self, node: ast.Call, position: int | None) -> Iterator[str]:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "values", "items"):
            yield from self._of_mapping(node.func, position)
            return
        info = self.names.resolve_expression(self.path, node.func)
        if isinstance(info, FunctionInfo):
            loops = tuple((n.target, n.iter) for n in info.nodes if isinstance(n, ast.For))
            inner = _Reader(self.names, info.path, info, loops, self.depth + 1)
            for place in info.nodes:
                if isinstance(place, (ast.YieldFrom, ast.Return)) and place.value is not None:
                    yield from inner.listed(place.value, position)
                elif isinstance(place, ast.Yield) and place.value is not None:
                    yield from inner._of_row(place.value, position)
        elif isinstance(node.func, ast.Name) and node.func.id in _SAME and node.args:
            yield from self.listed(node.args[0], position)

    def _of_mapping(self, method: ast.Attribute, position: int | None) -> Iterator[str]:
        at = self._written(method.value)
        if at is None or not isinstance(at[1], ast.Dict):
            return
        columns = [[key for key in at[1].keys if key is not None], at[1].values]
        column = position if method.attr == "items" else int(method.attr == "values")
        if column is not None and column < len(columns):
            for item in columns[column]:
                yield from at[0]._text(item)

    def _of_row(self, node: ast.expr, position: int | None) -> Iterator[str]:
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("param"):
            yield from self._chosen(node.args, position or 0)
        elif position is None:
            yield from self._text(node)
        elif isinstance(node, (ast.Tuple, ast.List)):
            yield from self._chosen(node.elts, position)
        elif isinstance(node, ast.Name):
            for target, items in self.loops:
                if isinstance(target, ast.Name) and target.id == node.id:
                    yield from self._deeper().listed(items, position)

    def _chosen(self, items: list[ast.expr], position: int) -> Iterator[str]:
        for item in items[position : position + 1]:
            yield from self._text(item)

    def _text(self, node: ast.expr) -> Iterator[str]:
        if isinstance(node, ast.Name):
            for target, items in self.loops:
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                for i, part in enumerate(parts):
                    if isinstance(part, ast.Name) and part.id == node.id:
                        yield from self._deeper().listed(items, i if isinstance(target, ast.Tuple) else None)
        at = self._written(node)
        if at is not None and isinstance(at[1], ast.Constant) and isinstance(at[1].value, str):
            yield at[1].value

    def _deeper(self) -> _Reader:
        return replace(self, depth=self.depth + 1)

    def _written(self, node: ast.expr) -> tuple[_Reader, ast.expr] | None:
        """What a name stands for, with who reads it; None where it is bound more than once, or too deep."""
        if self.depth > _DEPTH:
            return None
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return self, node
        if isinstance(node, ast.Name) and self.function is not None and node.id in self.function.local_names:
            value = only_value(self.function, node.id)
            return self._deeper()._written(value) if value is not None else None
        found = self.names.resolve_expression(self.path, node)
        if not isinstance(found, Assigned):
            return None
        return _Reader(self.names, found.path, depth=self.depth + 1)._written(found.value)
