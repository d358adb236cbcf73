"""setup.py: string literals in the requirement lists that `setup(...)` gets."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from asyncify.analysis.manifests.model import MAIN, Form, Kind, Manifest, Requirement
from asyncify.analysis.manifests.specifiers import pep508

_GROUPS = {"install_requires": MAIN, "tests_require": "tests_require", "setup_requires": None}


def read_setup_py(path: str, text: str) -> Manifest:
    """Lists given to `setup()` in place, or through a name assigned once at the top level of the file.

    Raises ValueError when the file does not parse.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ValueError(str(error)) from error
    names = _assigned_once(tree)
    found: list[Requirement] = []
    python = ""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and _called(call.func) == "setup"):
            continue
        for keyword in call.keywords:
            if keyword.arg == "python_requires" and isinstance(keyword.value, ast.Constant):
                python = str(keyword.value.value)
            for group, value in _lists(keyword, names):
                found.extend(_literals(text, value, group))
    return Manifest(path, Kind.SETUP_PY, text, tuple(dict.fromkeys(found)), python=python)


def _called(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def _assigned_once(tree: ast.Module) -> Mapping[str, ast.expr]:
    values: dict[str, ast.expr] = {}
    twice: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            twice.update({name} & values.keys())
            values[name] = node.value
    return {name: value for name, value in values.items() if name not in twice}


def _lists(keyword: ast.keyword, names: Mapping[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    value = _resolve(keyword.value, names)
    group = _GROUPS.get(keyword.arg or "")
    if group is not None:
        yield group, value
    elif keyword.arg == "extras_require" and isinstance(value, ast.Dict):
        for key, inner in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), _resolve(inner, names)


def _resolve(value: ast.expr, names: Mapping[str, ast.expr]) -> ast.expr:
    return names.get(value.id, value) if isinstance(value, ast.Name) else value


def _literals(text: str, value: ast.expr, group: str) -> Iterator[Requirement]:
    if not isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return
    lines = text.splitlines(keepends=True)
    for element in value.elts:
        if not (isinstance(element, ast.Constant) and isinstance(element.value, str)):
            continue
        before = sum(map(len, lines[: element.lineno - 1]))
        column = len(lines[element.lineno - 1].encode()[: element.col_offset].decode())
        start = before + column + 1
        if text[start : start + len(element.value)] == element.value and text[start - 1] in "\"'":
            one = pep508(element.value, Form.STRING, group, start, element.lineno)
            if one:
                yield one
