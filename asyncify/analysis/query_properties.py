"""`Model.query`: attributes that `scoped_session.query_property()` made.

Source: SQLAlchemy, `scoped_session.query_property`: reading the attribute of a mapped class, or of its instances, makes
a query of the class on the session of the registry.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.classes import Classes
from asyncify.analysis.names import Assigned, Names
from asyncify.analysis.symbols import ClassInfo

MAKER = "query_property"


@dataclass(frozen=True, eq=False)
class QueryProperty:
    """One of them.

    path: the file that makes it. session: the registry, as written there. query_class: the class of its queries, where
    that is not the usual one. statement: what puts it on the class.
    """

    path: str
    name: str
    session: ast.expr
    query_class: ast.expr | None
    statement: ast.Assign | ast.AnnAssign


class QueryProperties:
    """Those of a program, by the class that has one."""

    def __init__(self, names: Names, classes: Classes) -> None:
        self._names = names
        self._classes = classes
        self._on_class: dict[tuple[ClassInfo, str], QueryProperty] = {}
        self._on_base: dict[tuple[str, str, str], QueryProperty] = {}
        for info in classes.all:
            for name, statement in info.attributes.items():
                for found in _made(info.path, name, statement):
                    self._on_class[info, name] = found
        for path, module in names.modules.items():
            for statement in module.source.nodes_of(ast.Assign):
                if isinstance(target := statement.targets[0], ast.Attribute):
                    for found in _made(path, target.attr, statement):
                        self._keep(path, target, found)
        every = [*self._on_class.values(), *self._on_base.values()]
        self.all = tuple(sorted(every, key=lambda p: (p.path, p.statement.lineno)))
        self.names = frozenset(p.name for p in self.all)

    def _keep(self, path: str, target: ast.Attribute, found: QueryProperty) -> None:
        owner = self._names.resolve_expression(path, target.value)
        if isinstance(owner, ClassInfo):
            self._on_class[owner, target.attr] = found
        elif isinstance(owner, Assigned):  # Base = declarative_base()
            self._on_base[owner.path, owner.name, target.attr] = found

    def of(self, info: ClassInfo, name: str) -> QueryProperty | None:
        """What `info.name` is, when it is one of them."""
        if name not in self.names:
            return None
        for base in self._classes.program_ancestors(info):
            found = self._on_class.get((base, name))
            if found is not None:
                return found
            if name in base.attributes or name in base.methods:
                return None
            for node in base.node.bases:
                made = self._names.resolve_expression(base.path, node)
                found = self._on_base.get((made.path, made.name, name)) if isinstance(made, Assigned) else None
                if found is not None:
                    return found
        return None


def _made(path: str, name: str, statement: ast.Assign | ast.AnnAssign) -> Iterator[QueryProperty]:
    call = statement.value
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == MAKER:
        given = [*call.args, *(k.value for k in call.keywords)]
        yield QueryProperty(path, name, call.func.value, given[0] if given else None, statement)
