"""Which modules of a program run when one of them is imported."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from asyncify.analysis.names import Imported
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.program import Program
from asyncify.analysis.values import Mod


class ImportGraph:
    """The imports of a program; each module is read once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._direct: dict[str, tuple[str, ...]] = {}

    def order(self, path: str) -> tuple[str, ...]:
        """The modules that the import of a module runs, itself last, in the order in which they end.

        Only imports at the top of modules count. The packages around an imported module run before it.
        """
        done: dict[str, None] = {}
        started: set[str] = set()

        def run(current: str) -> None:
            if current in started or current not in self._program.modules:
                return
            started.add(current)
            for package in reversed(PurePosixPath(current).parents):
                run((package / "__init__.py").as_posix())
            for target in self.direct(current):
                run(target)
            done[current] = None

        run(path)
        return tuple(done)

    def direct(self, path: str) -> tuple[str, ...]:
        """The modules that a module imports itself, at its top."""
        found = self._direct.get(path)
        if found is None:
            nodes = own_nodes(self._program.modules[path].source.tree)
            found = tuple(dict.fromkeys(t for n in nodes for t in self.targets(path, n)))
            self._direct[path] = found
        return found

    def targets(self, path: str, node: ast.AST) -> list[str]:
        """The files that a node imports; none where it is no import."""
        index = self._program.names.index
        if isinstance(node, ast.Import):
            return [found for alias in node.names if (found := index.find(alias.name, path))]
        if not isinstance(node, ast.ImportFrom):
            return []
        name = node.module or ""
        base = index.relative(path, node.level, name) if node.level else index.find(name, path)
        imported = (self._program.names.imported(path, node, alias) for alias in node.names)
        inner = [target.path for target in imported if isinstance(target, Imported | Mod)]
        # a folder without `__init__.py` is no file that runs
        return [found for found in (base, *inner) if found and found.endswith(".py")]
