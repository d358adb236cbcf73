"""Imports point downwards only, and only the rewriter knows LibCST."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import asyncify

PACKAGE = Path(asyncify.__file__).parent

#: from the top; a module may import its own layer and those below
LAYERS = (
    ("cli", "__main__", "recorder"),
    ("proof",),
    ("api",),
    ("pipeline",),
    ("runtime",),
    ("report",),
    ("transforms",),
    ("rewrite",),
    ("analysis",),
    ("knowledge",),
    ("model",),
)
HEIGHT = {name: len(LAYERS) - index for index, names in enumerate(LAYERS) for name in names}

#: decides without LibCST: it costs seconds on a large repository, and one layer must be enough to change it
WITHOUT_LIBCST = {"model", "knowledge", "analysis", "transforms"}


def imports_of(source: str, module: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a module imports, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)


def wrong_imports(source: str, module: str) -> list[str]:
    """What a module of the package must not import."""
    layer = module.split(".")[1]
    wrong = []
    for line, name in imports_of(source, module):
        parts = name.split(".")
        if parts[0] == "libcst" and layer in WITHOUT_LIBCST:
            wrong.append(f"{module}:{line} imports {name}")
        if parts[0] == "asyncify" and len(parts) > 1 and HEIGHT.get(parts[1], 0) > HEIGHT[layer]:
            wrong.append(f"{module}:{line} imports {name}, which is above it")
    return wrong


def modules() -> dict[str, str]:
    """Every module of the package by its full name, with its source. `asyncify/__init__` is below all."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",) and parts[0] != "examples":
            found[".".join(("asyncify", *parts))] = path.read_text("utf-8")
    return found


def test_every_module_has_a_layer() -> None:
    assert {name.split(".")[1] for name in modules()} <= HEIGHT.keys()
    assert len(modules()) > 30


def test_imports_point_downwards() -> None:
    assert [line for name, source in modules().items() for line in wrong_imports(source, name)] == []


def test_the_package_itself_imports_nothing() -> None:
    assert list(imports_of((PACKAGE / "__init__.py").read_text("utf-8"), "asyncify.__init__")) == []


def test_an_import_that_points_upwards_is_seen() -> None:
    assert wrong_imports("from asyncify.cli import main", "asyncify.model.edit") != []
    assert wrong_imports("def f():\n    import asyncify.report.diff", "asyncify.transforms.query") != []
    assert wrong_imports("from ..cli.main import run", "asyncify.model.edit") != []
    assert wrong_imports("from asyncify import api", "asyncify.analysis.program") != []
    assert wrong_imports("from libcst import parse_module", "asyncify.analysis.names") != []
    assert wrong_imports("import libcst", "asyncify.rewrite.apply") == []
    assert wrong_imports("from asyncify.model import edit", "asyncify.cli.main") == []
