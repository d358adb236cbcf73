"""Where queries are made and where they are used: every expression that may hold a legacy Query."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from asyncify.analysis.assignments import assigned
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.mock_origins import is_mocked
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.values import Ext, Fn, Inst, Member, Obj, Value, has, of_type
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical
from asyncify.knowledge.query_methods import COLLECTION_METHODS, SET_OPERATIONS
from asyncify.transforms.query.query_classes import extends_query
from asyncify.transforms.query.versions import SqlAlchemy

#: what makes a query: `session.query(...)`, `Query(...)`, `query.with_entities(...)`; or an attribute that is read,
#: `Model.query` and a collection with `lazy="dynamic"`
Site = ast.Call | ast.Attribute


@dataclass(frozen=True)
class Use:
    """An expression that may hold a query, and the places that may have made it."""

    source: SourceFile
    node: ast.AST
    sites: frozenset[Site]


@dataclass(eq=False)
class Uses:
    """All uses of legacy queries in a program.

    sites: the places that make new queries, with their files. reshaped: calls that make another query of one:
    `with_entities(...)` and the set operations.
    """

    program: Program
    sites: dict[Site, SourceFile] = field(default_factory=dict)
    reshaped: set[ast.Call] = field(default_factory=set)
    holds: dict[ast.AST, Use] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program) -> Uses:
        """Find them."""
        uses = cls(program)
        for path in sorted(program.modules):
            source = program.modules[path].source
            for node in source.nodes:
                uses._look(source, node)
        return uses

    def _look(self, source: SourceFile, node: ast.AST) -> None:
        sites = frozenset(q.origin.site for q in queries(self.program, node) if q.origin is not None)
        known = frozenset(s for s in sites if isinstance(s, Site) and not self._is_of_mock(source, s))
        known = frozenset(s for s in known if not self._is_of_double(s)) or known
        if not known or _is_the_collection(self.program, source, node):
            return
        function = self.program.function_of(node)
        if function is not None and function.cls is not None and extends_query(self.program, function.cls):
            return  # the query itself, which calls its own methods
        self.holds[node] = Use(source, node, known)
        if isinstance(node, Site) and node in known:
            if isinstance(node, ast.Attribute) or is_site(self.program, node):
                self.sites[node] = source
            else:
                self.reshaped.add(node)

    def _is_of_mock(self, source: SourceFile, site: Site) -> bool:
        """Whether a test asks the mock of a session for what looks like a query."""
        maker = site.func if isinstance(site, ast.Call) else site
        return isinstance(maker, ast.Attribute) and is_mocked(self.program, source.path, maker.value)

    def _is_of_double(self, site: Site) -> bool:
        """Whether a fake of a session, which only tests put into its place, asks what it wraps for a query: that says
        nothing about the queries that the code itself asks for, which would all meet in it."""
        function = self.program.function_of(site)
        return function is not None and function.cls is not None and function.name == "query" and is_test(function.path)

    def ancestry(self, sites: frozenset[Site]) -> frozenset[Site]:
        """Sites, and those whose queries they were made from by `with_entities` or a set operation."""
        found: set[Site] = set()
        todo = list(sites)
        while todo:
            site = todo.pop()
            if site not in found:
                found.add(site)
                if site in self.reshaped and isinstance(site, ast.Call) and isinstance(site.func, ast.Attribute):
                    base = self.holds.get(site.func.value)
                    todo += base.sites if base is not None else ()
        return frozenset(found)

    def first_operands(self, site: Site) -> frozenset[Site]:
        """The sites of the plain queries that a set operation begins with."""
        found: set[Site] = set()
        todo = [site]
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                if self.combines(current) and isinstance(current, ast.Call) and isinstance(current.func, ast.Attribute):
                    todo += self.holds[current.func.value].sites
        return frozenset(s for s in found if not self.combines(s))

    def combines(self, node: ast.AST) -> bool:
        """Whether a call is a set operation."""
        return node in self.reshaped and isinstance(node, ast.Call) and method_of(node) in SET_OPERATIONS

    def keeps_repeats(self, node: ast.AST) -> bool:
        """Whether a set operation that can have made what is in an expression is one such as `union_all`."""
        made = [site for site in self.holds[node].sites if self.combines(site)]
        return any(isinstance(site, ast.Call) and method_of(site).endswith("_all") for site in made)

    def is_combined(self, node: ast.AST) -> bool:
        """Whether an expression can hold what a set operation made of several queries."""
        return any(self.combines(site) for site in self.holds[node].sites)

    def is_mixed(self, node: ast.AST) -> bool:
        """Whether it can hold that or a plain query."""
        return len({self.combines(site) for site in self.holds[node].sites}) > 1

    def is_constructor(self, site: Site) -> bool:
        """Whether a site is `Query(entities, session)` and not `session.query(...)`."""
        if not isinstance(site, ast.Call) or site not in self.sites:
            return False
        return not any(isinstance(v, Member) for v in self.program.values(site.func))

    def is_dynamic(self, site: Site) -> bool:
        """Whether a site is a collection with `lazy="dynamic"`."""
        return isinstance(site, ast.Attribute) and has(self.program.values(site), names.DYNAMIC)

    def entities(self, site: Site) -> list[ast.expr]:
        """What a site selects, where that is written: the arguments, or what the first argument of `Query` lists, or
        the class in `Model.query`."""
        if isinstance(site, ast.Attribute):
            return [] if self.is_dynamic(site) else [site.value]
        if not self.is_constructor(site) or not site.args:
            return list(site.args)
        first = site.args[0]
        return list(first.elts) if isinstance(first, (ast.List, ast.Tuple)) else [first]

    @cached_property
    def library(self) -> SqlAlchemy:
        """The SQLAlchemy of the project."""
        return SqlAlchemy.of(self.program)

    @cached_property
    def links(self) -> Mapping[Site, list[ast.Call]]:
        """For each site the calls of methods on queries that it may have made."""
        found: dict[Site, list[ast.Call]] = defaultdict(list)
        for node, use in self.holds.items():
            call = link_around(use.source, node)
            if call is not None:
                for site in use.sites:
                    found[site].append(call)
        return found

    def group_name(self, site: Site) -> str:
        """What the edits that convert the group of a site are marked with."""
        group = self.groups[site]
        return f"query:{self.holds[group].source.path}:{group.lineno}:{group.col_offset}"

    @cached_property
    def groups(self) -> Mapping[Site, Site]:
        """Each site to the representative of its group: sites whose queries can be in one place, or one of which
        is made from the other, are converted together or not at all."""
        parent: dict[Site, Site] = {}

        def find(site: Site) -> Site:
            while parent.get(site, site) is not site:
                site = parent[site]
            return site

        def join(sites: Iterator[Site]) -> None:
            first = find(next(sites))
            for other in sites:
                root = find(other)
                if root is not first:
                    parent[root] = first

        for node, use in self.holds.items():
            join(iter(use.sites))
            if node in self.reshaped and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                base = self.holds.get(node.func.value)
                operands = [self.holds[a] for a in node.args if a in self.holds]
                if base is not None:
                    join(iter([*base.sites, node, *(s for operand in operands for s in operand.sites)]))
        for function in self.program.functions:  # an annotation speaks of all that a function returns
            returned = [n.value for n in function.nodes if isinstance(n, ast.Return) and n.value is not None]
            sites = [site for value in returned if value in self.holds for site in self.holds[value].sites]
            if sites:
                join(iter(sites))
        first: dict[Site, Site] = {}  # the one that stands first, whatever the order in which they were met
        for site in sorted({s for use in self.holds.values() for s in use.sites}, key=self._position):
            first.setdefault(find(site), site)
        return {site: first[find(site)] for use in self.holds.values() for site in use.sites}

    def _position(self, site: Site) -> tuple[str, int, int, int]:
        return self.holds[site].source.path, site.lineno, site.col_offset, site.end_col_offset or 0


def queries(program: Program, node: ast.AST) -> tuple[Inst, ...]:
    """The legacy queries among the values of a node."""
    return of_type(program.values(node), names.QUERY)


def _is_the_collection(program: Program, source: SourceFile, node: ast.AST) -> bool:
    """Whether a dynamic collection is used as what it is, not as a query: `user.posts.append(post)`. Its `.statement`
    is a select already."""
    parent = source.parent(node)
    return (
        isinstance(node, ast.Attribute)
        and isinstance(parent, ast.Attribute)
        and parent.attr in COLLECTION_METHODS
        and has(program.values(node), names.DYNAMIC)
    )


def is_site(program: Program, node: ast.Call) -> bool:
    """Whether a call makes a new query: `session.query(...)` or `Query(...)`."""
    values = program.values(node.func)
    if any(isinstance(v, Fn) and not is_of_tests(v) for v in values):
        return False
    for value in values:
        if isinstance(value, Member) and value.name == "query" and has(frozenset({value.base}), names.SESSION):
            return True
        if isinstance(value, Ext) and canonical(value.name) == names.QUERY:
            return True
    return False


def is_of_tests(value: Value) -> bool:
    """Whether something is what only tests put where the app has a session or a query."""
    return isinstance(value, (Obj, Fn)) and is_test(value.info.path)


def only_tests_give(program: Program, source: SourceFile, node: ast.expr) -> bool:
    """Whether whatever else than a query an expression may be comes from what only tests put where the app has a
    session: `def query(self, *models): return []` of a fake."""
    if isinstance(node, ast.Call):
        targets = program.calls(node)
        return bool(targets) and all(is_test(target.info.path) for target in targets)
    function = program.function_of(node) if isinstance(node, ast.Name) else None
    if function is None or is_test(source.path) or not isinstance(node, ast.Name):
        return False
    given = assigned(function, node.id)
    mixed = [value for value in given if not all(_is_query_or_double(v) for v in program.values(value))]
    return bool(given) and all(only_tests_give(program, source, value) for value in mixed)


def _is_query_or_double(value: Value) -> bool:
    return has(frozenset({value}), names.QUERY) or is_of_tests(value)


def link_around(source: SourceFile, node: ast.AST) -> ast.Call | None:
    """The call `node.method(...)` of which an expression is the base."""
    attribute = source.parent(node)
    if not isinstance(attribute, ast.Attribute) or attribute.value is not node:
        return None
    call = source.parent(attribute)
    return call if isinstance(call, ast.Call) and call.func is attribute else None


def method_of(call: ast.Call) -> str:
    """The name of the method that a link calls."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
