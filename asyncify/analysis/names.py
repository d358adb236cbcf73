"""What a name means across modules, from imports and definitions alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from asyncify.analysis.lazy_names import ASKED, lazy_sources
from asyncify.analysis.modules import ModuleIndex
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, Mod
from asyncify.knowledge.names import canonical


@dataclass(frozen=True)
class Assigned:
    """A name bound by a plain assignment at the top of a module."""

    path: str
    name: str
    value: ast.expr


@dataclass(frozen=True)
class Imported:
    """A name of another module of the program, not looked up yet."""

    path: str
    name: str


Definition = ClassInfo | FunctionInfo | Assigned | Ext | Mod


class Names:
    """Looks names up. Results depend on the set of files only, never on their order."""

    def __init__(self, modules: Mapping[str, ModuleInfo]) -> None:
        self.modules = modules
        self.index = ModuleIndex(modules, _absolute_imports(modules))
        self._resolved: dict[tuple[str, str], Definition | None] = {}
        self.lazy = cache(self._lazy)

    def imported(self, path: str, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Imported | Mod | Ext | None:
        """What one alias of an import statement brings."""
        if isinstance(node, ast.Import):
            dotted = alias.name if alias.asname else alias.name.partition(".")[0]
            found = self.index.find(dotted, path)
            if found is None and not alias.asname and "." in alias.name:
                # `import a.b` where only `a.b` can be found: `a` is then a folder above it
                whole = self.index.find(alias.name, path)
                if whole is not None:
                    depth = alias.name.count(".")
                    parts = whole.removesuffix("/__init__.py").removesuffix(".py").rstrip("/").split("/")
                    return Mod("/".join(parts[: len(parts) - depth]) + "/")
            return Mod(found) if found else Ext(canonical(dotted))
        module = node.module or ""
        if node.level:
            base = self.index.relative(path, node.level, module)
            if base is None:
                return None
        else:
            base = self.index.find(module, path)
            if base is None:
                return Ext(canonical(f"{module}.{alias.name}"))
        info = self.modules.get(base)
        # `from . import crud` in a package itself: the name is bound by nothing but this
        own = base == path and info is not None and info.top.get(alias.name) == [node]
        if info is None or own or (alias.name not in info.bound and not info.stars):
            child = self.index.child(base, alias.name)
            if child is not None:
                return Mod(child)
        return Imported(base, alias.name)

    def resolve(self, path: str, name: str) -> Definition | None:
        """What a top-level name of a module is, imports followed through the program."""
        key = (path, name)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(path, name, set())
        return self._resolved[key]

    def _resolve(self, path: str, name: str, seen: set[tuple[str, str]]) -> Definition | None:
        if (path, name) in seen:
            return None
        seen.add((path, name))
        module = self.modules.get(path)
        if module is None:
            child = self.index.child(path, name)
            return Mod(child) if child else None
        for stmt in reversed(module.top.get(name, ())):
            found = self._from_statement(module, stmt, name, seen)
            if found is not None:
                return found
        for star in module.stars:
            base = self.imported(path, star, ast.alias(name="*"))
            source = base.path if isinstance(base, (Imported, Mod)) else None
            if source is not None and not name.startswith("_"):
                found = self._resolve(source, name, seen)
                if found is not None:
                    return found
            elif isinstance(base, Ext) and len(module.stars) == 1:
                # the only star import of an otherwise unbound name must be where it comes from
                return None if name in _BUILTINS else Ext(canonical(f"{base.name.removesuffix('.*')}.{name}"))
        child = self.index.child(path, name)
        if child is not None:
            return Mod(child)
        return next((d for s in self.lazy(path, name) if (d := self._resolve(s.path, s.name, seen)) is not None), None)

    def _lazy(self, path: str, name: str) -> tuple[Imported, ...]:
        """Where the `__getattr__` of a module looks for a name that the module does not bind."""
        return tuple(self._looked_up(path, name))

    def _looked_up(self, path: str, name: str) -> Iterator[Imported]:
        module = self.modules.get(path)
        for dotted, there in lazy_sources(module, name) if module is not None and ASKED in module.top else ():
            plain = dotted.lstrip(".")
            level = len(dotted) - len(plain)
            found = self.index.relative(path, level, plain) if level else self.index.find(plain, path)
            if found is not None:
                yield Imported(found, there)

    def _from_statement(
        self, module: ModuleInfo, stmt: ast.stmt, name: str, seen: set[tuple[str, str]]
    ) -> Definition | None:
        if isinstance(stmt, ast.ClassDef):
            return module.classes[stmt]
        if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return module.functions[stmt]
        if isinstance(stmt, (ast.Import, ast.ImportFrom)):
            for alias in stmt.names:
                if (alias.asname or alias.name.partition(".")[0]) == name:
                    found = self.imported(module.path, stmt, alias)
                    if isinstance(found, Imported):
                        return self._resolve(found.path, found.name, seen)
                    return found
        if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name):
            if isinstance(stmt.value, (ast.Name, ast.Attribute)):
                return self._resolve_expression(module.path, stmt.value, seen) or Assigned(
                    module.path, name, stmt.value
                )
            return Assigned(module.path, name, stmt.value)
        if isinstance(stmt, ast.AnnAssign) and stmt.value is not None:
            return Assigned(module.path, name, stmt.value)
        return None

    def resolve_expression(self, path: str, node: ast.expr) -> Definition | None:
        """What a dotted expression at the top of a module is (`models.User`, `sa.orm.Session`)."""
        return self._resolve_expression(path, node, set())

    def _resolve_expression(self, path: str, node: ast.expr, seen: set[tuple[str, str]]) -> Definition | None:
        if isinstance(node, ast.Name):
            return self.resolve(path, node.id) if not seen else self._resolve(path, node.id, seen)
        if isinstance(node, ast.Attribute):
            base = self._resolve_expression(path, node.value, seen)
            if isinstance(base, Ext):
                return Ext(canonical(f"{base.name}.{node.attr}"))
            if isinstance(base, Mod):
                return self._resolve(base.path, node.attr, seen)
            if isinstance(base, ClassInfo):
                method = base.methods.get(node.attr)
                if method is not None:
                    return method
                for inner in self.modules[base.path].classes.values():
                    if inner.qualname == f"{base.qualname}.{node.attr}":
                        return inner
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                inner_node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return None
            return self._resolve_expression(path, inner_node, seen)
        return None


def _absolute_imports(modules: Mapping[str, ModuleInfo]) -> Iterator[tuple[str, str]]:
    """The dotted names that the files import, with the files."""
    for path, module in modules.items():
        for node in {id(n): n for nodes in module.imports.values() for n in nodes}.values():
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif not node.level and node.module:
                yield path, node.module


_BUILTINS = frozenset(dir(__builtins__)) | frozenset(__builtins__ if isinstance(__builtins__, dict) else ())
