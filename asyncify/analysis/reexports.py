"""Names that other files take from a file, not only those that it defines: their import lines must stay."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping

from asyncify.analysis.names import Imported
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo


def reexports(program: Program) -> Mapping[str, frozenset[str]]:
    """For each file the names that other files import from it, directly or with a star and what is behind it."""
    found: dict[str, set[str]] = defaultdict(set)
    stars: list[tuple[str, str]] = []
    for path, module in program.modules.items():
        for statement in (s for statements in module.imports.values() for s in statements):
            for alias in statement.names:
                origin = program.names.imported(path, statement, alias) if alias.name != "*" else None
                if isinstance(origin, Imported):
                    found[origin.path].add(origin.name)
            if isinstance(statement, ast.ImportFrom) and (asked := _module_of(program, path, statement)) is not None:
                found[asked] |= {alias.name for alias in statement.names}
        for node in module.source.nodes_of(ast.Attribute):
            if isinstance(node.value, (ast.Name, ast.Attribute)):
                base = program.names.resolve_expression(path, node.value)
                inner = getattr(base, "path", None)
                if isinstance(inner, str) and not isinstance(base, (ClassInfo, FunctionInfo)):
                    found[inner].add(node.attr)
        for star in module.stars:
            if (asked := _module_of(program, path, star)) is not None:
                stars.append((path, asked))
    for path, _ in stars:
        found[path] |= _read_in(program.modules[path])
    growing = True
    while growing:
        growing = False
        for path, asked in stars:
            new = found[path] - found[asked]
            growing = growing or bool(new)
            found[asked] |= new
    return {path: frozenset(names) for path, names in found.items() if path in program.modules}


def _module_of(program: Program, path: str, statement: ast.ImportFrom) -> str | None:
    """The file of the program from which a statement imports."""
    inner = getattr(program.names.imported(path, statement, ast.alias(name="*")), "path", None)
    return inner if isinstance(inner, str) and inner in program.modules else None


def _read_in(module: ModuleInfo) -> set[str]:
    """What a file with a star may have from there: names that it reads and does not bind, and those in texts."""
    read = {n.id for n in module.source.nodes_of(ast.Name) if isinstance(n.ctx, ast.Load)} - module.bound
    texts = {n.value for n in module.source.nodes_of(ast.Constant) if isinstance(n.value, str)}
    return read | {text for text in texts if text.isidentifier()}
