"""Which name a library object has, or can get, in a file."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import RIVALS, canonical
from asyncify.model.edit import Import


def bring(program: Program, path: str, module: str, name: str) -> tuple[str, tuple[Import, ...]]:
    """The local name of `module.name` in a file, and the import that it needs for that (none if it is there).

    A name that the file uses for something else, or will, is not taken: the object then comes in as `sa_name`. What
    functions import for themselves under its own name, ahead of all they do, is the same thing.
    """
    info = program.modules[path]
    wanted = canonical(f"{module}.{name}")
    for local, statements in info.imports.items():
        for node in statements:
            if not isinstance(node, ast.ImportFrom) or node not in info.source.tree.body:
                continue
            for alias in node.names:
                if (alias.asname or alias.name) == local and alias.name != "*":
                    target = program.names.imported(path, node, alias)
                    if isinstance(target, Ext) and target.name == wanted:
                        written = node.module if node.module and not node.level else module
                        return local, (Import(written, alias.name, alias.asname or ""),)
    taken = name in names_used(program, path) and not _imported_inside(program, path, name, wanted)
    if not taken and not _imports(program, path, RIVALS.get(wanted, frozenset())):
        return name, (Import(module, name),)
    alias_name = f"sa_{name}"
    return alias_name, (Import(module, name, alias_name),)


def _imported_inside(program: Program, path: str, name: str, wanted: str) -> bool:
    """Whether all that binds a name in a file are imports of one object, each the first thing that a function does."""
    info = program.modules[path]
    binding = {*info.imports.get(name, ())}
    if not binding or name in info.bound:
        return False
    for node in binding:
        if not isinstance(node, ast.ImportFrom) or not _leads(info.source, node):
            return False
        for alias in (a for a in node.names if (a.asname or a.name) == name):
            target = program.names.imported(path, node, alias)
            if not isinstance(target, Ext) or target.name != wanted:
                return False
    return not any(
        name in (getattr(node, "arg", None), getattr(node, "name", None), getattr(node, "rest", None))
        or (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, (ast.Store, ast.Del)))
        for node in info.source.nodes
        if not isinstance(node, (ast.alias, ast.keyword))
    )


def _leads(source: SourceFile, node: ast.stmt) -> bool:
    """Whether a function runs nothing but imports before a statement."""
    parent = source.parent(node)
    while isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Try)):
        before = parent.body[: parent.body.index(node)] if node in parent.body else [parent]
        if not all(isinstance(one, (ast.Import, ast.ImportFrom)) or _is_text(one) for one in before):
            return False
        if not isinstance(parent, ast.Try):
            return True
        node, parent = parent, source.parent(parent)
    return False


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _imports(program: Program, path: str, wanted: frozenset[str]) -> bool:
    """Whether a file has one of some library objects."""
    found = (program.names.resolve(path, local) for local in program.modules[path].imports) if wanted else ()
    return any(isinstance(one, Ext) and one.name in wanted for one in found)


def as_written(program: Program, path: str, wanted: Iterable[Import]) -> tuple[Import, ...]:
    """Imports of names that a text has as they are, from where the file imports these already."""
    found = ((one, *bring(program, path, one.module, one.name)) if one.name else (one, "", ()) for one in wanted)
    return tuple(there[0] if there and local == one.name else one for one, local, there in found)


def names_used(program: Program, path: str) -> frozenset[str]:
    """Every name that a file binds anywhere: at the top, in functions, as parameters."""
    known = program.memo.setdefault("names_used", {})
    if path not in known:
        known[path] = _names_used(program.modules[path])
    return known[path]


def _names_used(info: ModuleInfo) -> frozenset[str]:
    found = set(info.bound) | set(info.imports)
    for function in info.functions.values():
        found |= function.local_names
    for node in info.source.nodes:
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return frozenset(found)


def free_name(program: Program, path: str, wish: str) -> str:
    """A name like `wish` that nothing in a file uses yet."""
    used = names_used(program, path)
    name, count = wish, 2
    while name in used:
        name, count = f"{wish}_{count}", count + 1
    return name
