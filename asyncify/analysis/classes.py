"""Class hierarchies over modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import lru_cache

from asyncify.analysis.names import Assigned, Names
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.barriers import CONTEXT_METHODS

Base = ClassInfo | Ext

#: calls that make a declarative base class. Source: SQLAlchemy "Declarative Mapping Styles".
BASE_FACTORIES = frozenset(
    {
        "sqlalchemy.orm.declarative_base",
        "sqlalchemy.ext.automap.automap_base",
        "sqlalchemy.orm.registry.generate_base",
    }
)
#: what has an abstract `__exit__`, and an async form. Source: contextlib and typing reference
ABSTRACT_MANAGERS = ("contextlib.AbstractContextManager", "typing.ContextManager")
DECLARATIVE_BASE = Ext("sqlalchemy.orm.DeclarativeBase")


class Classes:
    """Bases, linearised ancestors and descendants of the classes of a program."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.all = [c for m in names.modules.values() for c in m.classes.values()]
        self._bases: dict[ClassInfo, tuple[Base, ...]] = {}
        self._children: dict[ClassInfo, list[ClassInfo]] = defaultdict(list)
        for info in self.all:
            for base in self.bases(info):
                if isinstance(base, ClassInfo):
                    self._children[base].append(info)
        self.ancestors = lru_cache(maxsize=None)(self._ancestors)
        self.program_ancestors = lru_cache(maxsize=None)(self._program_ancestors)
        self.are_kin = lru_cache(maxsize=None)(self._are_kin)
        for info in self.all:
            for method in info.methods.values():
                if self._children[info] and not method.yields and _has_no_body(method):
                    below = [m for cls in self.descendants(info) if (m := cls.methods.get(method.name)) is not None]
                    method.stands_for_generator = any(m.yields for m in below)

    def bases(self, info: ClassInfo) -> tuple[Base, ...]:
        """The direct bases that could be resolved, in order."""
        found = self._bases.get(info)
        if found is None:
            found = tuple(base for node in info.node.bases for base in self._base(info, node))
            if any(_makes_base(self._names, info, d) for d in info.node.decorator_list):
                found = (*found, DECLARATIVE_BASE)
            self._bases[info] = found
        return found

    def _base(self, info: ClassInfo, node: ast.expr) -> tuple[Base, ...]:
        if isinstance(node, ast.Subscript):
            node = node.value
        if isinstance(node, ast.Call):
            return self._made_by(info.path, node)
        local = self._local_class(info, node)
        if local is not None:
            return (local,)
        found = self._names.resolve_expression(info.path, node)
        if isinstance(found, Assigned):
            value = found.value
            return self._made_by(found.path, value) if isinstance(value, ast.Call) else ()
        return (found,) if isinstance(found, (ClassInfo, Ext)) else ()

    def _local_class(self, info: ClassInfo, node: ast.expr) -> ClassInfo | None:
        """A base that is defined beside the class inside a function or a class."""
        if not isinstance(node, ast.Name) or "." not in info.qualname:
            return None
        prefix = info.qualname.rpartition(".")[0]
        for other in self._names.modules[info.path].classes.values():
            if other is not info and other.qualname == f"{prefix}.{node.id}":
                return other
        return None

    def _made_by(self, path: str, call: ast.Call) -> tuple[Base, ...]:
        callee = self._names.resolve_expression(path, call.func)
        by_registry = isinstance(call.func, ast.Attribute) and call.func.attr == "generate_base"
        if not by_registry and not (isinstance(callee, Ext) and callee.name in BASE_FACTORIES):
            return ()
        inner = next((self._inner(path, k.value) for k in call.keywords if k.arg == "cls"), None)
        return (DECLARATIVE_BASE,) if inner is None else (inner, DECLARATIVE_BASE)

    def _inner(self, path: str, node: ast.expr) -> ClassInfo | None:
        """The class of `declarative_base(cls=...)`, also one whose name is that of the base that is made."""
        found = self._names.resolve_expression(path, node)
        if isinstance(found, Assigned) and isinstance(node, ast.Name):
            return next((c for c in self._names.modules[path].classes.values() if c.qualname == node.id), None)
        return found if isinstance(found, ClassInfo) else None

    def _ancestors(self, info: ClassInfo) -> tuple[Base, ...]:
        """The class itself and everything above it, depth first, each once (a close approximation of the MRO)."""
        order: list[Base] = []

        def walk(current: Base) -> None:
            if current in order:
                return
            order.append(current)
            if isinstance(current, ClassInfo):
                for base in self.bases(current):
                    walk(base)

        walk(info)
        return tuple(order)

    def _program_ancestors(self, info: ClassInfo) -> tuple[ClassInfo, ...]:
        """The class itself and those above it that are part of the program."""
        return tuple(base for base in self.ancestors(info) if isinstance(base, ClassInfo))

    def derives_from(self, info: ClassInfo, *names: str) -> bool:
        """Whether a library class is among the ancestors."""
        return any(isinstance(b, Ext) and b.name in names for b in self.ancestors(info))

    def method(self, info: ClassInfo, name: str) -> FunctionInfo | None:
        """The method that `instance.name` finds."""
        name = self.unmangled(info, name)
        for base in self.ancestors(info):
            if isinstance(base, ClassInfo) and name in base.methods:
                return base.methods[name]
        return None

    def unmangled(self, info: ClassInfo, name: str) -> str:
        """`_Service__find`, the name by which all others ask for the private `__find` of `Service`, as it is written
        there. Source: Python language reference, "Private name mangling"."""
        if name.startswith("_") and "__" in name[2:]:
            for base in self.ancestors(info):
                head = f"_{base.name.lstrip('_')}__" if isinstance(base, ClassInfo) else ""
                if head and name.startswith(head) and not name.endswith("__"):
                    return name[len(head) - 2 :]
        return name

    def method_above(self, owner: ClassInfo, receiver: ClassInfo, name: str) -> FunctionInfo | None:
        """The method that `super().name` finds in a method of `owner` called on a `receiver`."""
        order = self.ancestors(receiver)
        start = order.index(owner) + 1 if owner in order else 0
        for base in order[start:]:
            if isinstance(base, ClassInfo) and name in base.methods:
                return base.methods[name]
        return None

    def _are_kin(self, one: ClassInfo, other: ClassInfo) -> bool:
        """Whether an instance of one class may be one of the other: they are the same, or one is above the other."""
        return one is other or one in self.ancestors(other) or other in self.ancestors(one)

    def descendants(self, info: ClassInfo) -> list[ClassInfo]:
        """All classes below, each once."""
        found: list[ClassInfo] = []
        stack = list(self._children.get(info, ()))
        while stack:
            current = stack.pop()
            if current not in found:
                found.append(current)
                stack.extend(self._children.get(current, ()))
        return found

    def overrides(self, method: FunctionInfo) -> list[FunctionInfo]:
        """Methods of the same name above and below its class: they must change together.

        So must those beside it, where a class above both derives from the abstract manager, which changes itself.
        """
        if method.cls is None:
            return []
        related = [b for b in self.ancestors(method.cls) if isinstance(b, ClassInfo)]
        tops = [method.cls]
        if method.name in CONTEXT_METHODS:
            tops += [base for base in related if self.derives_from(base, *ABSTRACT_MANAGERS)]
        related += dict.fromkeys(below for top in tops for below in self.descendants(top) if below not in related)
        return [other for cls in related if (other := cls.methods.get(method.name)) is not None and other is not method]


def _has_no_body(method: FunctionInfo) -> bool:
    """Whether a method is only there to be overridden: `...`, `pass`, a docstring, `raise NotImplementedError`."""
    return all(
        isinstance(stmt, (ast.Pass, ast.Raise)) or (isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant))
        for stmt in method.node.body
    )


def _makes_base(names: Names, info: ClassInfo, decorator: ast.expr) -> bool:
    """`@as_declarative()` and `@registry.as_declarative_base()`. Source: SQLAlchemy `sqlalchemy.orm.registry`."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(node, ast.Attribute) and node.attr == "as_declarative_base":
        return True
    found = names.resolve_expression(info.path, node)
    return isinstance(found, Ext) and found.name == "sqlalchemy.orm.as_declarative"
