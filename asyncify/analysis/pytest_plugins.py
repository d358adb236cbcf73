"""Modules that pytest loads as plugins because a manifest or its own configuration names them: every test has their
fixtures.

Sources: pytest "Writing plugins" (entry point `pytest11`) and "How to install and use plugins" (`-p name` in
`addopts`); setuptools "Entry Points"; Poetry "The pyproject.toml file", plugins.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from textwrap import dedent
from typing import Any

from asyncify.analysis.console_scripts import read_tables, strings_in

ENTRY_POINT = "pytest11"
#: what may have `addopts` in it, or entry points as lines
CONFIGURED = frozenset({"pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg"})

_OPTION = re.compile(r"(?:^|\s)-p[ =]?([A-Za-z_][\w.]*)(?![\w.:])")


def plugin_modules(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """The files that name such modules, each with a dotted name. files: of the whole repository."""
    for path in sorted(files):
        name = path.rpartition("/")[2]
        if name == "pyproject.toml":
            found = _of_tables(read_tables(files[path]))
        elif name == "setup.py":
            found = _of_setup(files[path].decode("utf-8", "replace"))
        elif name in CONFIGURED:
            found = _of_lines(files[path].decode("utf-8", "replace"))
        else:
            continue
        yield from ((path, module) for module in found)


def _of_tables(value: Any) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == ENTRY_POINT:
            yield from strings_in(inner)
        elif key == "addopts":
            yield from _OPTION.findall(" ".join(strings_in(inner)))
        else:
            yield from _of_tables(inner)


def _of_setup(text: str) -> Iterator[str]:
    """`entry_points={"pytest11": ["name = module"]}` that is given to `setup()`, or the same as one text."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # zero bytes are the latter before Python 3.12
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == ENTRY_POINT:
                    yield from (module for text in _texts(value) for module in _named(text))
        elif isinstance(node, ast.keyword) and node.arg == "entry_points" and isinstance(node.value, ast.Constant):
            yield from _of_lines(str(node.value.value))


def _texts(node: ast.expr) -> Iterator[str]:
    return (n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _of_lines(text: str) -> Iterator[str]:
    parser = ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(dedent(text))
    except (ConfigError, AttributeError):  # the latter of a line that goes on where a key has no value
        return
    for section in parser.sections():
        for key, value in parser.items(section):
            if section == ENTRY_POINT:
                yield from _named(f"{key} = {value}")
            elif key == ENTRY_POINT:
                yield from _named(value or "")
            elif key == "addopts":
                yield from _OPTION.findall(value or "")


def _named(lines: str) -> Iterator[str]:
    """The modules of lines such as `name = package.module`."""
    for line in lines.splitlines():
        module = line.partition("=")[2].strip()
        if module:
            yield module.partition(":")[0].strip()
