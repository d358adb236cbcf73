"""`Model.query`: attributes that `scoped_session.query_property()` made.

Source: SQLAlchemy, `scoped_session.query_property`: reading the attribute of a mapped class, or of its instances, makes
a query of the class on the session of the registry.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from asyncify.analysis.classes import Classes
from asyncify.analysis.names import Assigned, Names
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Ext

MAKER = "query_property"


@dataclass(frozen=True, eq=False)
class QueryProperty:
    """One of them, made by `query_property()` or by hand.

    statement: what puts it on the class, in the file `holder`. session: the registry, or another session, as written in
    the file `path`. query_class: that of its queries, where it is not the usual one. call: of `query_property()`.
    """

    holder: str
    path: str
    name: str
    session: ast.expr
    statement: ast.stmt
    query_class: ast.expr | None = None
    call: ast.Call | None = None


class QueryProperties:
    """Those of a program, by the class that has one."""

    def __init__(self, names: Names, classes: Classes) -> None:
        self._names = names
        self._classes = classes
        self._on_class: dict[tuple[ClassInfo, str], QueryProperty] = {}
        self._on_base: dict[tuple[str, str, str], QueryProperty] = {}
        for info in classes.all:
            for name, statement in info.attributes.items():
                self._put(info, name, self._made(info.path, name, statement))
            for name, method in info.methods.items():
                self._put(info, name, self._by_hand(method))
        for path, module in names.modules.items():
            for statement in module.source.nodes_of(ast.Assign):
                if isinstance(target := statement.targets[0], ast.Attribute):
                    self._keep(path, target, self._made(path, target.attr, statement))
        every = [*self._on_class.values(), *self._on_base.values()]
        self.all = tuple(sorted(every, key=lambda p: (p.path, p.statement.lineno)))
        self.names = frozenset(p.name for p in self.all)

    def _put(self, info: ClassInfo, name: str, found: QueryProperty | None) -> None:
        if found is not None:
            self._on_class[info, name] = found

    def _keep(self, path: str, target: ast.Attribute, found: QueryProperty | None) -> None:
        owner = self._names.resolve_expression(path, target.value) if found is not None else None
        if isinstance(owner, ClassInfo):
            self._put(owner, target.attr, found)
        elif isinstance(owner, Assigned) and found is not None:  # Base = declarative_base()
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

    def _made(self, path: str, name: str, statement: ast.Assign | ast.AnnAssign) -> QueryProperty | None:
        """`name = session.query_property()`, or an instance of an own class whose `__get__` makes a query."""
        call = statement.value
        if not isinstance(call, ast.Call):
            return None
        if isinstance(call.func, ast.Attribute) and call.func.attr == MAKER:
            given = [*call.args, *(k.value for k in call.keywords)]
            return QueryProperty(path, path, name, call.func.value, statement, given[0] if given else None, call)
        made = self._names.resolve_expression(path, call.func)
        getter = self._classes.method(made, "__get__") if isinstance(made, ClassInfo) else None
        session = _returned_session(getter, position=2) if getter is not None else None
        return QueryProperty(path, getter.path, name, session, statement) if getter is not None and session else None

    def _by_hand(self, method: FunctionInfo) -> QueryProperty | None:
        """`@classproperty def query(cls): return session.query(cls)`."""
        if not method.node.decorator_list or not self._is_class_property(method):
            return None
        session = _returned_session(method, position=0)
        return (
            QueryProperty(method.path, method.path, method.name, session, method.node) if session is not None else None
        )

    def _is_class_property(self, method: FunctionInfo) -> bool:
        if method.decorators == {"classmethod", "property"}:
            return True
        found = [self._names.resolve_expression(method.path, d) for d in method.node.decorator_list]
        return len(found) == 1 and (
            (isinstance(found[0], ClassInfo) and self._classes.method(found[0], "__get__") is not None)
            or (isinstance(found[0], Ext) and "classproperty" in found[0].name.lower().replace("_", ""))
        )


def _returned_session(method: FunctionInfo, position: int) -> ast.expr | None:
    """The session in `return session.query(owner)`, where that is all that a function does.

    position: of the parameter that is the owner.
    """
    body = [s for s in method.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    call = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "query":
        return None
    owner = method.positional[position] if len(method.positional) > position else ""
    given = [a.id for a in call.args if isinstance(a, ast.Name)]
    return call.func.value if owner and given == [owner] and len(call.args) == 1 and not call.keywords else None
