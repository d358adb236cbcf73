"""Names in a file: of mapped classes, and of loader functions, with the imports that they need."""

from __future__ import annotations

import ast

from asyncify.analysis.bindings import bring, names_used
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Mod
from asyncify.model.edit import Import


def is_back_reference(relationship: Relationship) -> bool:
    """Whether a relationship is only made by the `backref=` of the other side: its class gets the attribute when the
    mappers are configured, and only once the module of the other side is imported."""
    stmt = relationship.owner.attributes.get(relationship.name)
    method = relationship.owner.methods.get(relationship.name)
    elsewhere = stmt is not relationship.node and (method is None or method.node is not relationship.node)
    return elsewhere and not relationship.outside


def has_name(program: Program, path: str, relationship: Relationship) -> bool:
    """Whether the attribute of a relationship is sure to exist where a file names it."""
    if not is_back_reference(relationship) or relationship.target is None:
        return True
    wanted = relationship.target.path
    return wanted in (path, relationship.owner.path) or wanted in program.imported_files(path)


class Namer:
    """Hands out names for one file, and collects the imports that they need."""

    def __init__(self, program: Program, path: str) -> None:
        self.program = program
        self.path = path
        self.imports: list[Import] = []

    def library(self, module: str, name: str) -> str:
        """The local name of a library object."""
        local, imports = bring(self.program, self.path, module, name)
        self.imports.extend(imports)
        return local

    def loader(self, name: str) -> str:
        """The local name of a loader function of SQLAlchemy."""
        return self.library("sqlalchemy.orm", name)

    def model(self, info: ClassInfo) -> str | None:
        """An expression for a mapped class; None where it cannot be had at the top of this file."""
        there = self._there(info)
        if there is not None:
            return there
        if "." in info.qualname or info.name in names_used(self.program, self.path):
            return None
        module = self._module_of(info)
        if module is None or self.path in self.program.imported_files(info.path):
            return None
        self.imports.append(Import(module, info.name))
        return info.name

    def _there(self, info: ClassInfo) -> str | None:
        module = self.program.modules[self.path]
        if info.path == self.path:
            return info.qualname
        for name in (info.name, *sorted(module.imports)):
            top = [s for s in module.imports.get(name, ()) if s in module.source.tree.body]
            if top and self.program.names.resolve(self.path, name) is info:
                return name
        if module.stars and self.program.names.resolve(self.path, info.name) is info:
            return info.name
        return self._through_a_module(info)

    def _through_a_module(self, info: ClassInfo) -> str | None:
        """`models.User`: of the modules that a file imports the one that defines the class, else a package above it,
        else one that happens to have its name."""
        module = self.program.modules[self.path]
        ways: list[tuple[int, str]] = []
        for name in module.imports:
            top = [s for s in module.imports[name] if s in module.source.tree.body]
            found = self.program.names.resolve(self.path, name) if top else None
            if isinstance(found, Mod) and found.path in self.program.modules:
                if self.program.names.resolve(found.path, info.name) is info:
                    above = info.path.startswith(found.path.removesuffix("__init__.py"))
                    ways.append((0 if found.path == info.path else 1 if above else 2, name))
        return f"{min(ways)[1]}.{info.name}" if ways else None

    def _module_of(self, info: ClassInfo) -> str | None:
        """The module text from which this file, else another one, imports the class or its neighbours."""
        here = self.program.modules[self.path]
        own = [n for group in here.imports.values() for n in group if n in here.source.tree.body]
        giving = [n for n in own if isinstance(n, ast.ImportFrom) and self._gives(n, info)]
        defining = [n for n in giving if self._base(n) == info.path]
        if defining:
            return "." * defining[0].level + (defining[0].module or "")
        for path in sorted(self.program.modules):
            for node in self.program.modules[path].source.nodes_of(ast.ImportFrom):
                if not node.level and node.module:
                    if self.program.names.index.find(node.module, self.path) == info.path:
                        return node.module
        return "." * giving[0].level + (giving[0].module or "") if giving else None

    def _gives(self, node: ast.ImportFrom, info: ClassInfo) -> bool:
        """Whether `from module import Class` would work for the module of a statement."""
        base = self._base(node)
        return base in self.program.modules and self.program.names.resolve(base, info.name) is info

    def _base(self, node: ast.ImportFrom) -> str:
        """The file that a statement imports from; empty for a library."""
        index = self.program.names.index
        if node.level:
            return index.relative(self.path, node.level, node.module or "") or ""
        return index.find(node.module or "", self.path) or ""


def free_local(function: FunctionInfo, wish: str) -> str:
    """A name like `wish` that nothing in a function means."""
    used = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name)} | function.local_names
    name, count = wish, 2
    while name in used:
        name, count = f"{wish}_{count}", count + 1
    return name


def snake(name: str) -> str:
    """`OrderItem` to `order_item`."""
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
