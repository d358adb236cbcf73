"""Lazy loads that have sent what a session was to store, where code further down depends on that.

A session flushes before it loads, and what is loaded with its instances loads nothing later on: `db.add(order)`, a loop
over `cart.items`, and the new `order.id` is still None. So does what a statement flushes make a row of an instance.
Source: SQLAlchemy, "Session Basics", "Flushing"; `Session.refresh` and `expire`, which take pending changes back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from asyncify.analysis.dotted import is_path
from asyncify.analysis.evaluated import comes_before
from asyncify.analysis.expiry.events import ASKING, STORES, flushes_before_queries, named_attributes, path_text
from asyncify.analysis.foreign_keys import foreign_keys
from asyncify.analysis.mock_calls import arguments, set_values
from asyncify.analysis.orm import Column
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Ext, made_at, objects
from asyncify.transforms.eager.existing import ExistingOptions
from asyncify.transforms.eager.options import EAGER_SETTINGS
from asyncify.transforms.eager.reading import Reader, Steps
from asyncify.transforms.eager.session_calls import made_classes, session_call

#: methods of a session that flush, all but those of queries
FLUSHING = ASKING | STORES | {"query", "begin_nested"}
#: what a column gets with the flush
_GIVEN = frozenset("primary_key default insert_default default_factory server_default".split())
_OF_PYTHON = frozenset({"default", "default_factory"})
Position = tuple[int, int]


@dataclass(frozen=True)
class Wait:
    """What waits to be flushed from one place of a function on, and is needed at another."""

    first: Position
    last: Position


class Autoflush:
    """Finds such places. One for each program."""

    def __init__(self, program: Program, reach: Reach, existing: ExistingOptions) -> None:
        self.program = program
        self._existing = existing
        self._reach = reach
        self._flushing = flushes_before_queries(program)
        self._waits = cache(self._find_waits)
        self._ways = cache(self._find_ways)
        self._flushes_inside = cache(lambda info: any(map(self._has_flush, reach.of(info))))
        self._has_flush = cache(lambda info: any(session_call(program, n, *FLUSHING) is not None for n in info.nodes))
        self._flushes = cache(self._find_flushes)
        self._lazy = cache(self._find_lazy)

    def is_needed(self, place: ast.AST, info: ClassInfo, steps: Steps, reader: Reader) -> bool:
        """Whether something depends on it that a path, which a place does not load yet, is loaded where it is read."""
        here = self.program.function_of(reader.node)
        if here is None or not self._flushing or reader.kind != "code":
            return False
        own = any(wait.first < _position(reader.node) < wait.last for wait in self._waits(here))
        return (own or self._ways(here)) and not self._is_there(place, info, steps)

    def _is_there(self, place: ast.AST, info: ClassInfo, steps: Steps) -> bool:
        """Whether an option or the mapping loads a path already."""
        owner = self.program.orm.end_of(info, steps[:-1])
        relationship = self.program.orm.relationship(owner, steps[-1]) if owner is not None else None
        if relationship is None or relationship.lazy in EAGER_SETTINGS or not isinstance(place, ast.Call):
            return relationship is None or relationship.lazy in EAGER_SETTINGS
        function = self.program.function_of(place)
        given = next((k.value for k in place.keywords if k.arg == "options"), None)
        options = list(self._existing.of_statement(place))
        if given is not None and function is not None:
            options += self._existing.reader.parse(function.path, given)
        return any(option.loads and option.steps == steps for option in options)

    @cached_property
    def _waiting(self) -> list[FunctionInfo]:
        return [function for function in self.program.functions if self._waits(function)]

    def _find_ways(self, here: FunctionInfo) -> bool:
        """Whether a function runs where something waits."""
        return any(
            wait.first < _position(node) < wait.last
            for function in self._waiting
            if function is not here and here in self._reach.of(function)
            for wait in self._waits(function)
            for node in function.nodes
            if isinstance(node, (ast.Call, ast.Attribute)) and self._runs(node, here)
        )

    def _runs(self, node: ast.expr, function: FunctionInfo) -> bool:
        return any(function in self._reach.of(called.info) for called in self.program.calls(node))

    def stores(self, site: ast.Call, steps: Steps, reader: Reader) -> bool:
        """Whether a statement may have made a row of an instance that a call makes, without a flush or commit: what it
        was not given loads when it is read."""
        function = self.program.function_of(site)
        if function is None or not self._flushing or steps[0] in {k.arg for k in site.keywords}:
            return False
        found = self._added(function, site)
        if found is None:
            return False
        path, added = found
        here = self.program.function_of(reader.node)
        if self._sends(function, added, path, reader.node if here is function else None):
            return True
        # the function that makes it has returned it
        calls = here.nodes if here is not None and here is not function else ()
        made = (n for n in calls if isinstance(n, ast.Call) and self._runs(n, function))
        return here is not None and any(self._sends(here, call, "", reader.node) for call in made)

    def _sends(self, function: FunctionInfo, first: ast.AST, path: str, last: ast.AST | None) -> bool:
        """Whether something in a function flushes between two of its nodes. path: of what waits itself, and has nothing
        to load. last: None for the end of the function."""
        others = (n for n in self._lazy(function) if not is_path(n.value) or path_text(n.value) != path)
        return any(
            _position(first) < _position(node) and (last is None or _position(node) < _position(last))
            for node in (*self._flushes(function), *others)
            if node is not last
        )

    # -- what waits ----------------------------------------------------------------------------------

    def _find_waits(self, function: FunctionInfo) -> tuple[Wait, ...]:
        found = [*self._of_new(function), *self._of_changed(function)]
        return tuple(Wait(_position(a), _position(b)) for a, b in found if not self._is_flushed(function, a, b))

    def _of_new(self, function: FunctionInfo) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Instances that are added, with the reads of what they get by the flush."""
        for node in function.nodes:
            for target, call in _named(node):
                if not isinstance(call, ast.Call) or not is_path(target):
                    continue
                path = path_text(target)
                for made, added in self._made(function, target, call):
                    for read in self._got_of(made, self._uses(function, path, added)):
                        if not self._is_set(function, read, node, _position(read)):
                            yield added, read
            yield from self._of_listed(function, node)

    def _of_listed(self, function: FunctionInfo, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """The same of several that are made in a list, which is added: `posts = [Post(), Post()]`."""
        for target, value in _named(node):
            sites = [site for site in _listed(value) if made_classes(self.program, site)]
            added = self._add_behind(function, node, path_text(target)) if sites and is_path(target) else None
            if added is None:
                continue
            reads = [n for n in function.nodes if isinstance(n, ast.Attribute) and _position(n) > _position(added)]
            for site in sites:
                own = (n for n in reads if site in self._sites(n.value))
                yield from ((added, read) for read in self._got_of(site, own))

    def _got_of(self, made: ast.Call, reads: Iterator[ast.Attribute]) -> Iterator[ast.Attribute]:
        """Those of some reads of an instance that are of what the flush gives it."""
        names = {name for info in made_classes(self.program, made) for name in self._got(info, made)}
        return (read for read in reads if read.attr in names and isinstance(read.ctx, ast.Load))

    def _sites(self, instance: ast.expr) -> set[ast.AST]:
        """The calls that may have made an instance."""
        return set(made_at(objects(self.program.values(instance)), directly=True))

    def _made(self, function: FunctionInfo, target: ast.expr, call: ast.Call) -> Iterator[tuple[ast.Call, ast.AST]]:
        """The constructor call of an instance that a name is given, and the call behind which a session has it: in the
        same function, or in another one that returns it."""
        if made_classes(self.program, call):
            own = self._added(function, call)
            yield from [(call, own[1])] if own is not None else []
            return
        for found in objects(self.program.values(target)):
            site = found.origin.site if found.origin is not None and not found.origin.steps else None
            maker = self.program.function_of(site) if isinstance(site, ast.Call) else None
            if maker is function and isinstance(site, ast.Call):
                handed = [(f, p.arg) for f, p, value in arguments(self.program, call) if value is site]
                yield from [(site, call) for f, name in handed if self._takes(f, name, frozenset())]
            if maker is None or maker is function or not isinstance(site, ast.Call) or not self._runs(call, maker):
                continue
            inner = self._added(maker, site)
            if inner is not None and not any(_position(inner[1]) < _position(c) for c in self._flushes(maker)):
                yield site, call

    def _got(self, info: ClassInfo, call: ast.Call) -> set[str]:
        """The columns of an instance that is made so which the flush gives it."""
        given = {keyword.arg for keyword in call.keywords}
        columns = self.program.orm.columns(info).items()
        if None in given:  # `User(**data)`
            return {name for name, column in columns if column.keyword("primary_key") is not None} - given
        return {name for name, column in columns if self._is_got(info, column)} - given

    def _is_got(self, info: ClassInfo, column: Column) -> bool:
        """Whether the flush may give a column a value. A field of SQLModel has its default before that."""
        if column.call is None:
            return False
        _, path = self.program.orm.call_of(info, column.name) or (None, info.path)
        made = self.program.names.resolve_expression(path, column.call.func)
        of_sqlmodel = isinstance(made, Ext) and made.name.startswith("sqlmodel.")
        calls = (n for n in ast.walk(column.call) if isinstance(n, ast.Call))
        given = {k.arg for call in calls for k in call.keywords}
        return bool(given & (_GIVEN - _OF_PYTHON if of_sqlmodel else _GIVEN) or foreign_keys(column.call))

    def _of_changed(self, function: FunctionInfo) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Instances that are changed, with what takes the change back; under another name it may be the same one."""
        taking = (session_call(self.program, node, "refresh", "expire", "expire_all") for node in function.nodes)
        calls = [call for call in taking if call is not None]
        for target in function.nodes if calls else ():
            if not isinstance(target, ast.Attribute) or not isinstance(target.ctx, ast.Store):
                continue
            changed = self._classes(target.value)
            for call in calls:
                names = set(named_attributes(call))
                taken = self._classes(call.args[0]) if call.args else changed
                kin = any(self.program.classes.are_kin(one, other) for one in changed for other in taken)
                if kin and (not names or target.attr in names) and _position(target) < _position(call):
                    yield target, call

    def _classes(self, instance: ast.expr) -> list[ClassInfo]:
        """The models of which something is an instance."""
        found = (o.info for o in objects(self.program.values(instance)))
        return [info for info in found if self.program.orm.is_model(info)]

    def _uses(self, function: FunctionInfo, path: str, behind: ast.AST) -> Iterator[ast.Attribute]:
        for node in function.nodes:
            if isinstance(node, ast.Attribute) and is_path(node.value) and path_text(node.value) == path:
                if _position(node) > _position(behind):
                    yield node

    def _is_set(self, function: FunctionInfo, read: ast.Attribute, made: ast.AST, last: Position) -> bool:
        """Whether an attribute is given a value between the two."""
        return any(
            node.attr == read.attr and isinstance(node.ctx, ast.Store) and _position(node) < last
            for node in self._uses(function, path_text(read.value), made)
        )

    def _added(self, function: FunctionInfo, site: ast.Call) -> tuple[str, ast.Call] | None:
        """The name of an instance that a call makes, and the call that adds it to a session."""
        statement = function.source.statement(site)
        named = (pair for node in ast.walk(statement) for pair in _named(node))
        for path in [path_text(target) for target, value in named if value is site and is_path(target)]:
            added = self._add_behind(function, statement, path)
            if added is not None:
                return path, added
        return None

    def _add_behind(self, function: FunctionInfo, made: ast.AST, path: str) -> ast.Call | None:
        """The call that adds what a path means to a session."""
        for node in function.nodes:
            if isinstance(node, ast.Call) and _position(node) >= _position(made) and self._adds(node, path):
                return node
        return None

    def _adds(self, call: ast.Call, path: str, seen: frozenset[FunctionInfo] = frozenset()) -> bool:
        """Whether a call adds what a path means to a session, or hands it to a function that does, and does not flush.
        seen: the functions in which that is asked already."""
        if session_call(self.program, call, "add", "add_all") is not None:
            given = call.args[0] if call.args else None
            parts = given.elts if isinstance(given, (ast.List, ast.Tuple)) else [given]
            return any(part is not None and _is_named(part, path) for part in parts)
        handed = [(f, parameter.arg) for f, parameter, v in arguments(self.program, call) if _is_named(v, path)]
        return any(self._takes(f, parameter, seen) for f, parameter in handed)

    def _takes(self, function: FunctionInfo, parameter: str, seen: frozenset[FunctionInfo]) -> bool:
        """Whether a function adds what a parameter is given to a session, and does not flush."""
        if function in seen or self._flushes_inside(function):
            return False
        calls = (node for node in function.nodes if isinstance(node, ast.Call))
        return any(self._adds(call, parameter, seen | {function}) for call in calls)

    def _is_flushed(self, function: FunctionInfo, first: ast.AST, last: ast.AST) -> bool:
        """Whether something surely flushes in between by itself, or the two are no parts of one way."""
        source = function.source
        between = (c for c in self._flushes(function) if _position(first) < _position(c) < _position(last))
        return any(comes_before(source, call, last) for call in between)

    def _find_flushes(self, function: FunctionInfo) -> tuple[ast.Call, ...]:
        """The calls of a function that flush, or may do so inside."""
        calls = (node for node in function.nodes if isinstance(node, ast.Call))
        return tuple(
            call
            for call in calls
            if session_call(self.program, call, *FLUSHING) is not None
            or any(self._flushes_inside(called.info) for called in self.program.calls(call))
        )

    def _find_lazy(self, function: FunctionInfo) -> tuple[ast.Attribute, ...]:
        """The reads of relationships in a function, and of what a class computes itself: each of them may load."""
        return tuple(
            node
            for node in function.nodes
            if isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Load)
            and any(self._may_load(info, node.attr) for info in self._classes(node.value))
        )

    def _may_load(self, info: ClassInfo, name: str) -> bool:
        if self.program.orm.relationship(info, name) is not None:
            return True
        bases = self.program.classes.ancestors(info)
        return any(name in base.methods for base in bases if isinstance(base, ClassInfo))


def _is_named(node: ast.expr, path: str) -> bool:
    """Whether an expression is a path, or a walrus that gives that name."""
    node = node.target if isinstance(node, ast.NamedExpr) else node
    return is_path(node) and path_text(node) == path


def _listed(node: ast.expr) -> list[ast.Call]:
    """The calls that make what is in a list."""
    if isinstance(node, (ast.ListComp, ast.SetComp)):
        return [node.elt] if isinstance(node.elt, ast.Call) else []
    items = node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else []
    return [item for item in items if isinstance(item, ast.Call)]


def _named(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a statement or a walrus gives a name to, with the name."""
    if isinstance(node, ast.Assign):
        yield from set_values(node)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield node.target, node.value


def _position(node: ast.AST) -> Position:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
