"""The way back from a query that runs to the session that it was made with, in the words of the place."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from asyncify.analysis.dotted import is_path, root_of
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Fn, Obj
from asyncify.transforms.query.frames import Entry, argument, entered, inside, is_spread, kept_as, outside
from asyncify.transforms.query.handing import Handing, Keeping, handing, keeping
from asyncify.transforms.query.paths import alias_of, is_parameter, is_steady, owner_of, values_of
from asyncify.transforms.query.sessions import session_of
from asyncify.transforms.query.takers import given_back
from asyncify.transforms.query.uses import Uses, method_of


class Lost(Exception):
    """The way back ends where nothing more can be said."""


@dataclass(frozen=True)
class Session:
    """A path, and the place where it means the session."""

    path: ast.expr
    place: ast.AST


@dataclass(frozen=True)
class Parameter:
    """The session of the query that a function is handed."""

    function: FunctionInfo
    name: str
    place: ast.AST


Found = Session | Parameter


@dataclass(eq=False)
class Trails:
    """Finds sessions: `at` says which it is.

    handed: the parameters that functions must get for it. kept: the attributes that objects must get. _given: how
    functions know the session of the query in a parameter. _returned: the sessions of what they return.
    None: it cannot be said, or is being looked for.
    """

    uses: Uses
    handed: dict[FunctionInfo, Handing] = field(default_factory=dict)
    kept: dict[FunctionInfo, Keeping] = field(default_factory=dict)
    _found: dict[ast.expr, str | None] = field(default_factory=dict)
    _given: dict[tuple[FunctionInfo, str], str | None] = field(default_factory=dict)
    _returned: dict[FunctionInfo, tuple[Found, ...] | None] = field(default_factory=dict)

    def at(self, node: ast.expr) -> str | None:
        """The session of the query in an expression, as source; None where it is not said, or not one."""
        if node not in self._found:
            self._found[node] = self._at(node)
        return self._found[node]

    def _at(self, node: ast.expr) -> str | None:
        try:
            sessions = [self._here(found) for found in self._back(node, set())]
        except Lost:
            return None
        if not all(self._means_the_same(session, node) for session in sessions):
            return None
        found = {ast.unparse(s.path): s.path for s in sessions}
        if len(found) > 1:  # `db` here and `self.db` there may be one
            found = {ast.unparse(p): p for p in (self._whole(p, node) for p in found.values())}
        return next(iter(found)) if len(found) == 1 else None

    def _here(self, found: Found) -> Session:
        if isinstance(found, Session):
            return found
        text = self._known(found.function, found.name)
        if text is None:
            raise Lost
        return Session(ast.parse(text, mode="eval").body, found.place)

    def _means_the_same(self, session: Session, place: ast.expr) -> bool:
        program, root = self.uses.program, root_of(session.path)
        seen_there, seen_here = (owner_of(program.function_of(n), root) for n in (session.place, place))
        return seen_there is seen_here and is_steady(program, session.path, place)

    def _whole(self, path: ast.expr, place: ast.expr) -> ast.expr:
        return alias_of(self.uses.program, path, place) or path

    def _back(self, node: ast.expr, seen: set[object]) -> Iterator[Found]:
        """The sessions of the queries that an expression can hold. Raises Lost where one of them cannot be said.

        seen: expressions and names of functions that were looked at; they have nothing to add.
        """
        if node in seen:
            return
        if node not in self.uses.holds or (node in self.uses.sites and not isinstance(node, ast.Call)):
            raise Lost
        seen.add(node)
        if isinstance(node, ast.Call):
            yield from self._call(node, seen)
        elif isinstance(node, ast.Name):
            yield from self._name(node, seen)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node, seen)
        elif isinstance(node, ast.NamedExpr):
            yield from self._back(node.value, seen)
        elif isinstance(node, (ast.IfExp, ast.BoolOp)):
            branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
            for branch in branches:
                if branch in self.uses.holds:
                    yield from self._back(branch, seen)
        else:
            raise Lost

    def _call(self, node: ast.Call, seen: set[object]) -> Iterator[Found]:
        if node in self.uses.sites:
            session = session_of(self.uses, node)
            if isinstance(session, ast.Attribute) and session.value in self.uses.holds:  # `query.session`
                yield from self._back(session.value, seen)
                return
            if session is None or not is_path(session):
                raise Lost
            yield Session(session, node)
        elif isinstance(node.func, ast.Attribute) and node.func.value in self.uses.holds:
            if method_of(node) == "with_session":
                raise Lost
            yield from self._back(node.func.value, seen)
        elif (given := given_back(self.uses.program, node)) is not None:
            yield from self._back(given, seen)
        else:
            yield from self._entered(node, seen)

    def _entered(self, node: ast.expr, seen: set[object]) -> Iterator[Found]:
        """The queries that the functions which an expression runs return."""
        functions = entered(self.uses.program, node)
        if not functions:
            raise Lost
        for function in functions:
            entry = Entry(node, function, self.uses.holds[node].source.path)
            for found in self._returns(function.info):
                yield from self._outside(found, entry, seen)

    def _outside(self, found: Found, entry: Entry, seen: set[object]) -> Iterator[Found]:
        """What a function found, in the words of who entered it."""
        if isinstance(found, Session):
            path = outside(self.uses.program, found.path, entry)
            if path is None:
                raise Lost
            yield Session(path, entry.node)
            return
        handed = argument(entry, found.name)
        if found.function is not entry.function.info or handed is None:
            raise Lost
        yield from self._back(handed, seen)

    def _returns(self, function: FunctionInfo) -> tuple[Found, ...]:
        """The sessions of the queries that a function returns, in its own words."""
        if function not in self._returned:
            self._returned[function] = ()  # what it returns by calling itself adds nothing
            self._returned[function] = self._all_returned(function)
        found = self._returned[function]
        if found is None:
            raise Lost
        return found

    def _all_returned(self, function: FunctionInfo) -> tuple[Found, ...] | None:
        if function.is_generator:
            return None
        values = [n.value for n in function.nodes if isinstance(n, ast.Return) and n.value in self.uses.holds]
        try:
            seen: set[object] = set()
            return tuple(found for value in values if value is not None for found in self._back(value, seen))
        except Lost:
            return None

    def _name(self, node: ast.Name, seen: set[object]) -> Iterator[Found]:
        owner = owner_of(self.uses.program.function_of(node), node.id)
        values = values_of(owner, node.id) if owner is not None else None
        if owner is None or values is None:
            yield from self._unpacked(owner, node, seen)
            return
        if (owner, node.id) in seen:
            return
        seen.add((owner, node.id))
        held = [value for value in values if value in self.uses.holds]
        for value in held:
            yield from self._back(value, seen)
        if is_parameter(owner, node.id):
            yield Parameter(owner, node.id, node)
        elif not held:
            raise Lost

    def _unpacked(self, owner: FunctionInfo | None, node: ast.Name, seen: set[object]) -> Iterator[Found]:
        """`query, total = narrowed(db)`, where that is all that binds the name."""
        stores = [n for n in (owner.nodes if owner else ()) if isinstance(n, ast.Name) and n.id == node.id]
        source = self.uses.holds[node].source
        bound = [n for n in stores if isinstance(n.ctx, ast.Store)]
        display = source.parent(bound[0]) if len(bound) == 1 else None
        stmt = source.parent(display) if isinstance(display, ast.Tuple) else None
        if not isinstance(stmt, ast.Assign) or not isinstance(display, ast.Tuple):
            raise Lost
        functions = self.uses.program.calls(stmt.value)
        if not functions:
            raise Lost
        for function in functions:
            entry = Entry(stmt.value, function, source.path)
            for result in function.info.nodes:
                if isinstance(result, ast.Return):
                    if not isinstance(result.value, ast.Tuple) or len(result.value.elts) != len(display.elts):
                        raise Lost
                    element = result.value.elts[display.elts.index(bound[0])]
                    for found in self._back(element, set()):
                        yield from self._outside(found, entry, seen)

    def _attribute(self, node: ast.Attribute, seen: set[object]) -> Iterator[Found]:
        """A property, or what the methods of a class store in an attribute."""
        program = self.uses.program
        if program.calls(node):
            yield from self._entered(node, seen)
            return
        owners = {v.info for v in program.values(node.value) if isinstance(v, Obj)}
        stores = [s for s in self._stores.get(node.attr, ()) if s[0].cls and self._related(s[0].cls, owners)]
        if not owners or not stores:
            raise Lost
        for method, value in stores:
            entry = Entry(node, Fn(method, method.cls, bound=True), method.path)
            own = program.function_of(node) is method and ast.unparse(node.value) == method.parameters[0].arg
            for found in self._back(value, seen) if value in self.uses.holds else ():
                if own:
                    yield found
                elif isinstance(found, Parameter) and found.function is method:
                    yield self._beside(node, found)
                else:
                    yield from self._outside(found, entry, seen)

    def _beside(self, node: ast.Attribute, found: Parameter) -> Session:
        """The session that an object keeps, or will keep, beside a query that its constructor was given."""
        text = self._known(found.function, found.name)
        if text is None or not is_path(node.value):
            raise Lost
        attribute = kept_as(self.uses.program, found.function, text)
        if attribute is None:
            kept = self.kept.get(found.function) or keeping(self.uses, found.function, found.name, text)
            if kept is None or kept.text != text:
                raise Lost
            self.kept[found.function] = kept
            attribute = kept.attribute
        return Session(ast.Attribute(value=node.value, attr=attribute, ctx=ast.Load()), node)

    def _related(self, cls: ClassInfo, owners: Iterable[ClassInfo]) -> bool:
        return any(self.uses.program.classes.are_kin(cls, owner) for owner in owners)

    @cached_property
    def _entries(self) -> Mapping[FunctionInfo, list[Entry]]:
        """For each function the nodes that run it."""
        found: dict[FunctionInfo, list[Entry]] = defaultdict(list)
        program = self.uses.program
        for path in sorted(program.modules):
            for node in program.modules[path].source.nodes:
                if node in program.facts.calls:
                    for function in entered(program, node):
                        found[function.info].append(Entry(node, function, path))
        return found

    @cached_property
    def _stores(self) -> Mapping[str, list[tuple[FunctionInfo, ast.expr]]]:
        """What is assigned to attributes of a method's first parameter, by the name of the attribute."""
        found: dict[str, list[tuple[FunctionInfo, ast.expr]]] = defaultdict(list)
        for function in self.uses.program.functions:
            first = function.parameters[0].arg if function.cls is not None and function.parameters else None
            for node in function.nodes if first is not None else ():
                if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                        inner = target.value if isinstance(target, ast.Attribute) else None
                        if isinstance(target, ast.Attribute) and isinstance(inner, ast.Name) and inner.id == first:
                            found[target.attr].append((function, node.value))
        return found

    def _known(self, function: FunctionInfo, name: str) -> str | None:
        """How a function knows the session of the query in its parameter `name`: the same way for all its callers."""
        key = function, name
        if key not in self._given:
            self._given[key] = None
            self._given[key] = self._ask_callers(function, name)
        return self._given[key]

    def _ask_callers(self, function: FunctionInfo, name: str) -> str | None:
        options: set[str] | None = None
        calls: list[tuple[Entry, str]] = []
        again: list[Entry] = []
        without = False
        for entry in self._entries.get(function, ()):
            handed = argument(entry, name)
            if not isinstance(entry.node, ast.Call) or (handed is None and is_spread(entry.node)):
                return None
            if handed is None or handed not in self.uses.holds:
                without = True  # no query, or the default
                continue
            if self.uses.program.function_of(entry.node) is function:
                again.append(entry)
                continue
            text = self.at(handed)
            if text is None:
                return None
            path = ast.parse(text, mode="eval").body
            known = {ast.unparse(p) for p in inside(self.uses.program, path, entry)}
            options = known if options is None else options & known
            calls.append((entry, text))
        options = {o for o in options or () if all(_same_again(entry, o) for entry in again)}
        if options:
            return min(options, key=lambda o: (len(o), o))
        every = [*calls, *((entry, "") for entry in again)]
        found = handing(self.uses, function, name, every, optional=without) if calls else None
        if found is None or function in self.handed:
            return None
        self.handed[function] = found
        return found.name


def _same_again(entry: Entry, text: str) -> bool:
    """Whether a function that calls itself hands on what it knows by a text."""
    root = text.partition(".")[0]
    handed = argument(entry, root)
    return handed is None or (isinstance(handed, ast.Name) and handed.id == root)
