"""Which modules of a program run when one of them is imported."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from asyncify.analysis.names import Imported
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import own_nodes
from asyncify.analysis.values import Mod


def import_order(program: Program, path: str) -> tuple[str, ...]:
    """The modules of the program that the import of a module runs, itself last, in the order in which they end.

    Only imports at the top of modules count. The packages around an imported module run before it.
    """
    done: dict[str, None] = {}
    open_: set[str] = set()

    def run(current: str) -> None:
        if current in open_ or current not in program.modules:
            return
        open_.add(current)
        for package in reversed(PurePosixPath(current).parents):
            run((package / "__init__.py").as_posix())
        for node in own_nodes(program.modules[current].source.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    for target in _targets(program, current, node, alias):
                        run(target)
        done[current] = None

    run(path)
    return tuple(done)


def _targets(program: Program, path: str, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> list[str]:
    if isinstance(node, ast.Import):
        whole = program.names.index.find(alias.name, path)
        return [whole] if whole else []
    base = (
        program.names.index.relative(path, node.level, node.module or "")
        if node.level
        else program.names.index.find(node.module or "", path)
    )
    target = program.names.imported(path, node, alias)
    inner = target.path if isinstance(target, Imported | Mod) else None
    found = [p for p in (base, inner) if p]
    # a folder without `__init__.py` is no file that runs
    return [p for p in dict.fromkeys(found) if p.endswith(".py")]
