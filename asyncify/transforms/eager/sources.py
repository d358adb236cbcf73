"""What a name may have been given where it is used: the expressions, followed to the callers of a function."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from asyncify.analysis.assignments import assigned_value
from asyncify.analysis.expiry.flow import LOOPS
from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Fn, Obj

#: methods that put something into a list
GROWS = frozenset({"append", "extend", "insert", "add", "update"})


@dataclass(frozen=True)
class Given:
    """An expression that a name was given, or that was put into what it holds. sure: it always was. whole: it is what
    the name holds, and not a part of it."""

    path: str
    value: ast.expr
    sure: bool
    whole: bool = True


@dataclass(frozen=True)
class Sources:
    """All that a name may hold. known: there is nothing else."""

    given: tuple[Given, ...] = ()
    known: bool = False


class Tracer:
    """Follows the names of one program backwards."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def of_name(self, path: str, node: ast.Name) -> Sources:
        """What a name may hold where it is read."""
        function = self.program.function_of(node)
        source = self.program.modules[path].source
        bound = self._bound_around(source, node)
        if bound is not None:
            return bound
        while function is not None and node.id not in function.local_names:
            function = function.parent
        if function is None:
            return self._of_module(path, node.id)
        if function is self.program.function_of(node):
            return self._local(function, node)
        events = [Given(path, v, False, w) for _, v, w in _events(function, node.id)]
        known = self._only_events(function, node.id) and not self._is_parameter(function, node.id)
        return Sources(tuple(events), known and bool(events))

    def of_attribute(self, path: str, node: ast.Attribute) -> Sources:
        """What an attribute may hold: `self.loads`, `Repository.loads`, `settings.LOADS` of a module."""
        found = self.program.names.resolve_expression(path, node)
        if isinstance(found, Assigned):
            return self._of_module(found.path, found.name)
        classes = {v.info for v in self.program.values(node.value) if isinstance(v, (Obj, Cls))}
        family: dict[ClassInfo, None] = {}
        for info in sorted(classes, key=lambda c: (c.path, c.qualname)):
            family |= {b: None for b in self.program.classes.ancestors(info) if isinstance(b, ClassInfo)}
            family |= dict.fromkeys(sorted(self.program.classes.descendants(info), key=lambda c: (c.path, c.qualname)))
        given: list[tuple[str, ast.expr, bool]] = []
        for info in family:
            statement = info.attributes.get(node.attr)
            if statement is not None and statement.value is not None:
                given.append((info.path, statement.value, True))
            for method in info.methods.values():
                given += [(info.path, value, whole) for value, whole in _attribute_events(method, node.attr)]
            property_ = info.methods.get(node.attr)
            if property_ is not None:
                given += [(info.path, value, True) for value in returned(property_)]
        return Sources(tuple(Given(p, v, len(given) == 1, whole) for p, v, whole in given), bool(given))

    def arguments(self, function: FunctionInfo, name: str) -> Sources:
        """What the callers of a function give a parameter, its default included."""
        args = function.node.args
        many = args.vararg is not None and args.vararg.arg == name
        if args.kwarg is not None and args.kwarg.arg == name:
            return Sources()
        default = function.default_of(name)
        given = [Given(function.path, default, False)] if default is not None else []
        calls = self._calls.get(function, ())
        known = bool(calls) and function not in self._handed and not function.decorators
        known = known and not any(isinstance(d, ast.Call) for d in function.node.decorator_list)
        for path, call, bound in calls:
            position = len(function.positional) if many else _position(function, name)
            first = position - (1 if bound else 0) if position is not None else None
            placed = call.args[first:] if first is not None else []
            stars = [a for a in call.args[: first or 0] if isinstance(a, ast.Starred)]
            named = [k.value for k in call.keywords if k.arg == name]
            if stars or (not many and not named and any(k.arg is None for k in call.keywords)):
                known = False
            if not many:
                placed = placed[:1]
                known = known and not any(isinstance(a, ast.Starred) for a in placed)
            given += [Given(path, value, False, not many) for value in (*placed, *named)]
        return Sources(tuple(given), known)

    # -- names ---------------------------------------------------------------------------------------

    def _bound_around(self, source: SourceFile, node: ast.Name) -> Sources | None:
        """The sources of a name that a comprehension or lambda around it binds."""
        current: ast.AST | None = source.parent(node)
        while current is not None and not isinstance(current, ast.stmt):
            for generator in getattr(current, "generators", ()):
                if any(isinstance(n, ast.Name) and n.id == node.id for n in ast.walk(generator.target)):
                    simple = isinstance(generator.target, ast.Name)
                    return Sources((Given(source.path, generator.iter, False, False),), True) if simple else Sources()
            if isinstance(current, ast.Lambda) and node.id in {a.arg for a in current.args.args}:
                return Sources()
            current = source.parent(current)
        return None

    def _of_module(self, path: str, name: str) -> Sources:
        found = self.program.names.resolve(path, name)
        if not isinstance(found, Assigned):
            return Sources()
        module = self.program.modules[found.path]
        values = [v for s in module.top.get(found.name, ()) if (v := assigned_value(s, found.name)) is not None]
        grows = any(_grown(n, found.name) for n in module.source.nodes_of(ast.Call))
        complete = len(values) == len(module.top.get(found.name, ())) and not grows
        return Sources(tuple(Given(found.path, v, len(values) == 1 and not grows) for v in values), complete)

    def _local(self, function: FunctionInfo, node: ast.Name) -> Sources:
        source = function.source
        here = source.statement(node)
        events = sorted(_events(function, node.id), key=lambda e: (e[0].lineno, e[0].col_offset), reverse=True)
        given: list[Given] = []
        for statement, value, whole in events:
            if statement.lineno > here.lineno or statement is here:
                if _in_one_loop(source, statement, here):
                    given.append(Given(function.path, value, False, whole))
                continue
            leads = dominates(source, statement, here)
            given.append(Given(function.path, value, leads, whole))
            if leads and whole:
                return Sources(tuple(given), self._only_events(function, node.id))
        if self._is_parameter(function, node.id):
            passed = self.arguments(function, node.id)
            return Sources((*given, *passed.given), passed.known and self._only_events(function, node.id))
        return Sources(tuple(given), bool(given) and self._only_events(function, node.id))

    def _is_parameter(self, function: FunctionInfo, name: str) -> bool:
        args = function.node.args
        stars = {a.arg for a in (args.vararg, args.kwarg) if a is not None}
        return name in function.named | stars

    def _only_events(self, function: FunctionInfo, name: str) -> bool:
        """Whether nothing binds a name in a way that is not followed."""
        stored = [
            n
            for n in function.nodes
            if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) and not _is_own(function, n)
        ]
        return len(stored) == sum(1 for _, v, w in _events(function, name) if not _is_grown(function, v))

    # -- callers -------------------------------------------------------------------------------------

    @cached_property
    def _calls(self) -> dict[FunctionInfo, list[tuple[str, ast.Call, bool]]]:
        found: dict[FunctionInfo, list[tuple[str, ast.Call, bool]]] = defaultdict(list)
        for path in sorted(self.program.modules):
            for node in self.program.modules[path].source.nodes_of(ast.Call):
                for target in self.program.calls(node):
                    bound = target.info.cls is not None and not _is_unbound(self.program, node, target)
                    if (path, node, bound) not in found[target.info]:
                        found[target.info].append((path, node, bound))
        return found

    @cached_property
    def _handed(self) -> frozenset[FunctionInfo]:
        return frozenset(f.info for targets in self.program.facts.handed.values() for f in targets)


def returned(function: FunctionInfo) -> list[ast.expr]:
    """What a function gives."""
    return [n.value for n in function.nodes if isinstance(n, (ast.Return, ast.Yield, ast.YieldFrom)) and n.value]


def assigned_in(function: FunctionInfo) -> dict[str, list[ast.expr]]:
    """What the names of a function are given."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for stmt in ast.walk(function.node):
        if isinstance(stmt, ast.Assign):
            for target in stmt.targets:
                if isinstance(target, ast.Name):
                    found[target.id].append(stmt.value)
    return found


def begun_from(function: FunctionInfo, node: ast.AST) -> ast.AST:
    """The instance from which a read goes out: `user` of `post.tags` in `for post in user.posts`."""
    read = node.value if isinstance(node, ast.Attribute) else node
    outer = function.source.parent(node)
    while outer is not None and outer is not function.node and isinstance(read, ast.Name):
        loops = [outer] if isinstance(outer, (ast.For, ast.AsyncFor)) else getattr(outer, "generators", [])
        for loop in reversed(loops):
            if isinstance(read, ast.Name) and isinstance(loop.target, ast.Name) and loop.target.id == read.id:
                read = loop.iter.value if isinstance(loop.iter, ast.Attribute) else loop.iter
        outer = function.source.parent(outer)
    return read


def loops_around(source: SourceFile, node: ast.AST) -> set[ast.AST]:
    """The loops in whose body a node stands, in its function or at the top of its file."""
    found: set[ast.AST] = set()
    outer = source.parent(node)
    while outer is not None and not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
        found |= {outer} if isinstance(outer, LOOPS) else set()
        outer = source.parent(outer)
    return found


def dominates(source: SourceFile, first: ast.stmt, second: ast.AST) -> bool:
    """Whether a statement has always run when a later one of its function does."""
    block, inner = source.parent(first), first
    while isinstance(block, (ast.With, ast.AsyncWith)):
        inner, block = block, source.parent(block)
    current: ast.AST | None = second
    while current is not None and source.parent(current) is not block:
        current = source.parent(current)
    bodies = (getattr(block, name, None) for name in ("body", "orelse", "finalbody"))
    return any(isinstance(b, list) and inner in b and current in b for b in bodies)


def _events(function: FunctionInfo, name: str) -> Iterator[tuple[ast.stmt, ast.expr, bool]]:
    """The statements that give a name something, or put something in, with what that is and whether it is all."""
    for node in function.nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            value = assigned_value(node, name)
            if value is not None:
                yield node, value, True
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name) and node.target.id == name:
                yield node, node.value, False
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            if isinstance(node.target, ast.Name) and node.target.id == name:
                yield node, node.iter, False
        elif isinstance(node, ast.Call) and _grown(node, name):
            yield function.source.statement(node), node.args[-1], False


def _attribute_events(method: FunctionInfo, name: str) -> Iterator[tuple[ast.expr, bool]]:
    for node in method.nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Attribute) and t.attr == name for t in targets):
                yield node.value, not isinstance(node, ast.AugAssign)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GROWS:
            if isinstance(node.func.value, ast.Attribute) and node.func.value.attr == name and node.args:
                yield node.args[-1], False


def _grown(node: ast.Call, name: str) -> bool:
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in GROWS or not node.args:
        return False
    return isinstance(function.value, ast.Name) and function.value.id == name


def _is_grown(function: FunctionInfo, value: ast.expr) -> bool:
    """Whether a value is put in by a method: the name itself is not bound then."""
    return isinstance(function.source.parent(value), ast.Call)


def _is_own(function: FunctionInfo, node: ast.AST) -> bool:
    """Whether a name is bound by a comprehension."""
    return isinstance(function.source.parent(node), ast.comprehension)


def _in_one_loop(source: SourceFile, first: ast.stmt, second: ast.AST) -> bool:
    current: ast.AST | None = source.parent(second)
    around: set[ast.AST] = set()
    while current is not None and not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef)):
        if isinstance(current, LOOPS):
            around.add(current)
        current = source.parent(current)
    current = first
    while current is not None:
        if current in around:
            return True
        current = source.parent(current)
    return False


def _position(function: FunctionInfo, name: str) -> int | None:
    return function.positional.index(name) if name in function.positional else None


def _is_unbound(program: Program, call: ast.Call, target: Fn) -> bool:
    """Whether a method gets its `self` as an argument, or has none: `Class.method(instance)`, a static method."""
    if "staticmethod" in target.info.decorators:
        return True
    base = call.func.value if isinstance(call.func, ast.Attribute) else None
    classes = base is not None and any(isinstance(v, Cls) for v in program.values(base))
    return classes and "classmethod" not in target.info.decorators
