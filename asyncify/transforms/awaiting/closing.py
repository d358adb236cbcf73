"""`closing(SessionLocal())` to `aclosing(...)`. Source: contextlib; `AsyncSession.aclose`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import Replace


def closing_edits(program: Program, module: ModuleInfo, node: ast.expr) -> Iterator[Edit]:
    """What becomes of a context manager that waits, where it is one."""
    if isinstance(node, ast.Call) and is_closing(program, node):
        name, imports = bring(program, module.path, "contextlib", "aclosing")
        drops = tuple(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
        target = module.source.target(node.func)
        yield Edit("await", module.path, target, Replace(name), imports, drops, "flip", "closing it waits")


def is_closing(program: Program, node: ast.Call) -> bool:
    """Whether a call makes one."""
    return any(isinstance(v, Ext) and v.name == "contextlib.closing" for v in program.values(node.func))
