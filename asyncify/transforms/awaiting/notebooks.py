"""Notebooks that use what becomes async: they are not rewritten, and `await` can stand in their cells.

Sources: nbformat "The Notebook file format"; IPython "Asynchronous in REPL: Autoawait".
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from typing import Any

from asyncify.analysis.makers import find_makers
from asyncify.analysis.program import Program
from asyncify.model.edit import Finding

SUFFIX = ".ipynb"
ADVICE = "await it in the cell, or give the notebook a sync engine of its own"


def notebooks(program: Program) -> Iterator[Finding]:
    """One finding for each notebook that reads a name that the migration changes."""
    paths = sorted(path for path in program.workspace.files if path.endswith(SUFFIX))
    changing = _changing(program) if paths else {}
    for path in paths:
        trees = _cells(program.workspace.files[path])
        homes = {home for tree in trees for home in _imported(program, path, tree)}
        known = {name for home in homes for name in changing.get(home, ())}
        read = {name for tree in trees for name in _read(tree)} & known
        if read:
            text = f"this notebook uses what becomes async: {', '.join(sorted(read))}"
            yield Finding("await", path, None, "notebook", text, ADVICE)


def _changing(program: Program) -> Mapping[str, set[str]]:
    """By file the names of functions, methods, engines and factories that are async afterwards."""
    colouring = program.colouring
    found: dict[str, set[str]] = {}
    for function in colouring.becomes_async:
        if function not in colouring.entries:
            found.setdefault(function.path, set()).add(function.name)
    for maker in find_makers(program).values():
        if maker not in colouring.twins.staying:
            found.setdefault(maker.path, set()).add(maker.name)
    return found


def _cells(data: bytes) -> list[ast.Module]:
    """The code of a notebook; what is not Python, or for IPython alone, is left out."""
    try:
        notebook: Any = json.loads(data)
        cells = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        return []
    found = []
    for cell in cells:
        lines = "".join(cell).splitlines()
        try:
            found.append(ast.parse("\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))))
        except (SyntaxError, ValueError):
            continue
    return found


def _imported(program: Program, path: str, tree: ast.Module) -> Iterator[str]:
    """The files of the program that a cell imports, or from which what it imports comes."""
    index = program.names.index
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            home = index.find(name, path)
            if home is not None and home in program.modules:
                yield home


def _read(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
