"""What a session may hold already when an instance is looked up by its key."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property, lru_cache

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.lent_sessions import lends_session
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach, Route
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Inst, Member, Obj, has, is_session, objects
from asyncify.knowledge import names
from asyncify.transforms.eager.emptied import loaded_along
from asyncify.transforms.eager.reading import Reading, Steps


class Contents:
    """Knows for each function which classes are loaded by whatever may run in the same session."""

    def __init__(self, reading: Reading, routes: list[Route], reach: Reach) -> None:
        self.program: Program = reading.program
        self.reading = reading
        self.reach = reach
        self._roots = [reach.of_route(route) for route in routes]
        self._roots += [reach.of(function) for function in self.program.functions]
        self._loads: dict[FunctionInfo | None, list[tuple[ast.Call, frozenset[ClassInfo]]]] = defaultdict(list)
        for path in sorted(self.program.modules):
            for node in self.program.modules[path].source.nodes:
                if isinstance(node, ast.Call) and (classes := self._classes(node)):
                    self._loads[self.program.function_of(node)].append((node, classes))

        self.fresh = lru_cache(maxsize=None)(self._fresh)  # asked for each reader of each path

    def _fresh(self, site: ast.Call, info: ClassInfo) -> bool:
        """Whether nothing else can have put an instance of a class into the session in which `site` runs."""
        function = self.program.function_of(site)
        if function is None:
            return False
        around = self.reach.of(function)
        if not self._own_session(site, function):
            around = frozenset().union(*(r for r in self._roots if function in r), around)
            if self._lent:
                around |= {f for f in self.program.functions if is_test(f.path)}
        family = {info, *self.program.classes.descendants(info), *self.program.classes.ancestors(info)}
        for other in around:
            for node, classes in self._loads.get(other, ()):
                later = other is function and node.lineno > site.lineno
                if node is not site and not later and family & classes:
                    return False
        return True

    @cached_property
    def _lent(self) -> bool:
        """Whether tests give the app a session of theirs: it holds what they have made and loaded themselves."""
        return any(lends_session(self.program, path) for path in self.program.modules if is_test(path))

    def _own_session(self, site: ast.Call, function: FunctionInfo) -> bool:
        """Whether the function itself makes the session: `with SessionLocal() as db`, `db = SessionLocal()`."""
        base = site.func.value if isinstance(site.func, ast.Attribute) else None
        if not isinstance(base, ast.Name) or base.id in {p.arg for p in function.parameters}:
            return False
        for node in ast.walk(function.node):
            made: ast.expr | None = None
            if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
                made = node.context_expr if node.optional_vars.id == base.id else None
            elif isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == base.id for t in node.targets
            ):
                made = node.value
            if isinstance(made, ast.Call) and has(
                self.program.values(made.func), names.SESSIONMAKER, names.ASYNC_SESSIONMAKER
            ):
                return True
        return False

    def _classes(self, node: ast.Call) -> frozenset[ClassInfo]:
        """The mapped classes of which a call loads or makes instances, what is read below them included."""
        roots: set[ClassInfo] = set()
        if is_lookup(self.program, node) and getattr(node.args[-1], "attr", "") == "identity":
            return frozenset()  # it loads again what is there: `db.get(User, inspect(user).identity, ...)`
        for value in self.program.values(node):
            if isinstance(value, Inst) and value.type in (names.QUERY, names.SELECT):
                if value.origin is not None and value.origin.site is node and not self._loads_again(node):
                    roots |= {v.info for part in value.args for v in part if isinstance(v, Cls)}
            elif isinstance(value, Obj) and value.origin is not None and value.origin.site is node:
                roots.add(value.info)
        found = set(roots)
        paths: dict[Steps, object] = dict(self.reading.paths.get(node, {}))
        for root in roots:
            for steps in paths:
                end = self.program.orm.end_of(root, steps)
                if end is not None:
                    found.add(end)
        return frozenset(found.union(*(loaded_along(self.program, info) for info in found)))

    def _loads_again(self, select: ast.Call) -> bool:
        """Whether a statement only loads more of instances that are there: it finds them by their own keys, and nobody
        takes what it gives."""
        function = self.program.function_of(select)
        statement = function.source.statement(select) if function is not None else None
        if not isinstance(statement, ast.Expr):
            return False
        for node in ast.walk(statement):
            sides: list[ast.expr] = []
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
                sides = [node.left, node.comparators[0]]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "in_":
                listed = node.args[0] if node.args else None
                sides = [node.func.value, listed.elt] if isinstance(listed, ast.ListComp) else []
            if sides and self._is_key_of(*sides):
                return True
        return False

    def _is_key_of(self, column: ast.expr, value: ast.expr) -> bool:
        """`Post.id` and `post.id`."""
        if not isinstance(column, ast.Attribute) or not isinstance(value, ast.Attribute) or column.attr != value.attr:
            return False
        classes = {v.info for v in self.program.values(column.value) if isinstance(v, Cls)}
        return bool(classes & {o.info for o in objects(self.program.values(value.value))})


def is_lookup(program: Program, site: ast.Call) -> bool:
    """Whether a call is `session.get(Model, key)`, of a session of either kind."""
    return bool(site.args) and any(
        isinstance(v, Member) and v.name in ("get", "get_one") and is_session(frozenset({v.base}))
        for v in program.values(site.func)
    )
