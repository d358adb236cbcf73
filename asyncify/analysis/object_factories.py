"""factory_boy factories: what they make, and which of them send SQL while they do.

A factory works on a sync session: it calls `session.add`, and `session.query`, `flush` or `commit` by its options. So
it gets the sync session inside the async one, and its calls that send SQL run in SQLAlchemy's greenlet.
"""

from __future__ import annotations

import ast
from functools import cached_property

from asyncify.analysis.classes import Classes
from asyncify.analysis.names import Names
from asyncify.analysis.symbols import ClassInfo
from asyncify.knowledge.object_factories import CREATES, FACTORY, SENDS


class ObjectFactories:
    """Answers by class."""

    def __init__(self, names: Names, classes: Classes) -> None:
        self._names = names
        self._classes = classes
        self._sends: dict[ClassInfo, bool] = {}

    def is_factory(self, info: ClassInfo) -> bool:
        """Whether a class is such a factory."""
        return self._classes.derives_from(info, FACTORY)

    def model(self, info: ClassInfo) -> ClassInfo | None:
        """The class that a factory makes instances of."""
        node = self._option(info, "model")
        found = self._names.resolve_expression(info.path, node) if node is not None else None
        return found if isinstance(found, ClassInfo) else None

    def _option(self, info: ClassInfo, name: str) -> ast.expr | None:
        for base in self._classes.ancestors(info):
            for meta in self._meta(base) if isinstance(base, ClassInfo) else ():
                for stmt in meta.body:
                    if isinstance(stmt, ast.Assign) and any(getattr(t, "id", "") == name for t in stmt.targets):
                        return stmt.value
        return None

    @staticmethod
    def _meta(info: ClassInfo) -> list[ast.ClassDef]:
        return [s for s in info.node.body if isinstance(s, ast.ClassDef) and s.name == "Meta"]

    def sends(self, info: ClassInfo, *, creates: bool) -> bool:
        """Whether making an instance sends SQL. creates: by the factory itself (`create`), else by others that it
        calls for its attributes (`build`)."""
        return (creates and self._creation_sends(info)) or any(
            self._creation_sends(other) for other in self._called(info)
        )

    def _creation_sends(self, info: ClassInfo) -> bool:
        if info not in self._sends:
            self._sends[info] = False  # for factories that make each other
            own = self._options_are_set or any(self._option(info, name) is not None for name in SENDS)
            self._sends[info] = own or any(map(self._creation_sends, (*self._called(info), *self._parts(info))))
        return self._sends[info]

    @cached_property
    def _options_are_set(self) -> bool:
        """`factory._meta.sqlalchemy_session_persistence = "commit"`: in a loop over all factories, mostly."""
        assigned = (n for m in self._names.modules.values() for n in m.source.nodes_of(ast.Assign))
        targets = (t for node in assigned for t in node.targets if isinstance(t, ast.Attribute) and t.attr in SENDS)
        return any(isinstance(t.value, ast.Attribute) and t.value.attr == "_meta" for t in targets)

    def _called(self, info: ClassInfo) -> list[ClassInfo]:
        """Factories that are called inside the class: `LazyAttribute(lambda o: UserFactory().id)`."""
        found = []
        for node in self._nodes(info):
            if isinstance(node, ast.Call):
                func = node.func
                func = func.value if isinstance(func, ast.Attribute) and func.attr in CREATES else func
                found += self._resolved(info, func)
        return found

    def _parts(self, info: ClassInfo) -> list[ClassInfo]:
        """Factories that are named inside the class: `SubFactory(UserFactory)`."""
        return [other for node in self._nodes(info) for other in self._resolved(info, node)]

    def _nodes(self, info: ClassInfo) -> list[ast.AST]:
        bases = [b for b in self._classes.ancestors(info) if isinstance(b, ClassInfo)]
        return [node for base in bases for stmt in base.node.body for node in ast.walk(stmt)]

    def _resolved(self, info: ClassInfo, node: ast.AST) -> list[ClassInfo]:
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return []
        found = self._names.resolve_expression(info.path, node)
        return [found] if isinstance(found, ClassInfo) and found is not info and self.is_factory(found) else []
