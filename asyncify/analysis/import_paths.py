"""How a file of the program can be named in an import of another one."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program


def import_of(program: Program, path: str, target: str) -> str | None:
    """The module of `from module import name` in `path` for what `target` defines; None where nothing in the program
    shows how that file is imported."""
    own = _from_imports(program, path, path, target)
    if own is not None:
        return own
    for other in sorted(program.modules):
        found = _from_imports(program, other, path, target)
        if found is not None and not found.startswith("."):
            return found
    return None


def _from_imports(program: Program, reader: str, path: str, target: str) -> str | None:
    """What the imports of `reader` say: the module itself, or a package around it."""
    best: str | None = None
    for node in program.modules[reader].source.nodes_of(ast.ImportFrom):
        text = "." * node.level + (node.module or "")
        found = (
            program.names.index.relative(reader, node.level, node.module or "")
            if node.level
            else program.names.index.find(node.module or "", reader)
        )
        if found is None or (node.level and reader != path):
            continue
        if found == target:
            return text
        folder = found.removesuffix("__init__.py")
        if folder.endswith("/") and target.startswith(folder) and not target.endswith("__init__.py"):
            inner = target.removeprefix(folder).removesuffix(".py").replace("/", ".")
            best = best or (f"{text}{inner}" if text.endswith(".") else f"{text}.{inner}")
    return best
