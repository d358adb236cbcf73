"""Functions, classes and the names that a module binds, as written; no inference."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from asyncify.analysis.nodes import SCOPES, own_nodes
from asyncify.analysis.source import SourceFile

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

#: kinds of nodes that bind names, or say that names are bound elsewhere
_BINDING = frozenset(
    getattr(ast, name)
    for name in "FunctionDef AsyncFunctionDef ClassDef Assign AnnAssign AugAssign For AsyncFor With AsyncWith Import "
    "ImportFrom Try TryStar Match Global Nonlocal NamedExpr".split()
    if hasattr(ast, name)
)


@dataclass(eq=False)
class FunctionInfo:
    """A `def`. qualname is `Class.method` or `outer.inner`; cls is set for methods; parent for nested ones.

    stands_for_generator: it has no body, and those that override it yield.
    """

    source: SourceFile
    node: FunctionNode
    qualname: str
    cls: ClassInfo | None
    parent: FunctionInfo | None
    functions: list[FunctionInfo] = field(default_factory=list)
    stands_for_generator: bool = False

    @property
    def name(self) -> str:
        """The bare name."""
        return self.node.name

    @property
    def path(self) -> str:
        """The file."""
        return self.source.path

    @property
    def outermost(self) -> FunctionInfo:
        """The function that is nested in no other: itself, or one around it."""
        return self if self.parent is None else self.parent.outermost

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """`own_nodes` of the function, walked once."""
        return tuple(own_nodes(self.node))

    @property
    def is_generator(self) -> bool:
        """Whether a call gives an iterator over what the function yields."""
        return self.yields or self.stands_for_generator

    @cached_property
    def yields(self) -> bool:
        """Whether there is a `yield` in its body."""
        return any(type(node) in (ast.Yield, ast.YieldFrom) for node in self.nodes)

    @cached_property
    def has_inner(self) -> bool:
        """Whether a function, lambda or class is defined in its body and may read its names."""
        return any(type(node) in SCOPES for node in self.nodes)

    @cached_property
    def local_names(self) -> frozenset[str]:
        """The names that are local to it: parameters and whatever it binds."""
        a = self.node.args
        names = {p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)}
        names |= {p.arg for p in (a.vararg, a.kwarg) if p is not None}
        outer: set[str] = set()
        for node in self.nodes:
            if type(node) not in _BINDING:
                continue
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                outer.update(node.names)
            elif isinstance(node, ast.NamedExpr):
                names.update(bound_names(node.target))
            elif isinstance(node, ast.stmt):
                names.update(names_bound_by(node))
        return frozenset(names - outer)

    @cached_property
    def decorators(self) -> frozenset[str]:
        """The bare names of the decorators that are not calls: `property`, `hybrid_property`."""
        return frozenset(getattr(d, "id", getattr(d, "attr", "")) for d in self.node.decorator_list)

    @property
    def is_async(self) -> bool:
        """Whether it is an `async def` already."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def method(self) -> FunctionInfo | None:
        """The method that it is or stands in."""
        found: FunctionInfo | None = self
        while found is not None and found.cls is None:
            found = found.parent
        return found

    @property
    def parameters(self) -> list[ast.arg]:
        """All parameters, in order, stars excluded."""
        a = self.node.args
        return [*a.posonlyargs, *a.args, *a.kwonlyargs]

    @cached_property
    def positional(self) -> tuple[str, ...]:
        """The names of the parameters that take positional arguments, in order."""
        return tuple(a.arg for a in (*self.node.args.posonlyargs, *self.node.args.args))

    @cached_property
    def named(self) -> frozenset[str]:
        """The names of all parameters, stars excluded."""
        return frozenset(a.arg for a in self.parameters)

    def default_of(self, name: str) -> ast.expr | None:
        """The default of a parameter."""
        a = self.node.args
        positional = [*a.posonlyargs, *a.args]
        for arg, default in zip(reversed(positional), reversed(a.defaults), strict=False):
            if arg.arg == name:
                return default
        for arg, kw_default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
            if arg.arg == name:
                return kw_default
        return None

    def __repr__(self) -> str:
        return f"<function {self.path}:{self.qualname}>"


@dataclass(eq=False)
class ClassInfo:
    """A `class`. `attributes` are the assignments of its body, `methods` its functions by name."""

    source: SourceFile
    node: ast.ClassDef
    qualname: str
    parent_function: FunctionInfo | None
    methods: dict[str, FunctionInfo] = field(default_factory=dict)
    attributes: dict[str, ast.AnnAssign | ast.Assign] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The bare name."""
        return self.node.name

    @property
    def path(self) -> str:
        """The file."""
        return self.source.path

    def __repr__(self) -> str:
        return f"<class {self.path}:{self.qualname}>"


@dataclass(eq=False)
class ModuleInfo:
    """A module's own names: every function and class at any depth, and what it binds at the top."""

    source: SourceFile
    functions: dict[FunctionNode, FunctionInfo] = field(default_factory=dict)
    classes: dict[ast.ClassDef, ClassInfo] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    imports: dict[str, list[ast.Import | ast.ImportFrom]] = field(default_factory=dict)
    stars: list[ast.ImportFrom] = field(default_factory=list)
    top: dict[str, list[ast.stmt]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The file."""
        return self.source.path


def own_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements of a body, nested blocks included, bodies of functions and classes not."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from own_statements(getattr(stmt, block, None) or [])
        for handler in getattr(stmt, "handlers", ()):
            yield from own_statements(handler.body)
        for case in getattr(stmt, "cases", ()):
            yield from own_statements(case.body)


def bound_names(target: ast.expr) -> Iterator[str]:
    """The plain names that an assignment target binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from bound_names(item)
    elif isinstance(target, ast.Starred):
        yield from bound_names(target.value)


def names_bound_by(stmt: ast.stmt) -> Iterator[str]:
    """The names that one statement binds in its own scope (walrus targets excluded)."""
    if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield stmt.name
    elif isinstance(stmt, ast.Assign):
        for target in stmt.targets:
            yield from bound_names(target)
    elif isinstance(stmt, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        yield from bound_names(stmt.target)
    elif isinstance(stmt, (ast.With, ast.AsyncWith)):
        for item in stmt.items:
            if item.optional_vars is not None:
                yield from bound_names(item.optional_vars)
    elif isinstance(stmt, (ast.Import, ast.ImportFrom)):
        for alias in stmt.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(stmt, ast.Try):
        for handler in stmt.handlers:
            if handler.name:
                yield handler.name
    elif isinstance(stmt, ast.Match):
        for node in ast.walk(stmt):
            if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
                yield node.name


def collect(source: SourceFile) -> ModuleInfo:
    """List what a file defines."""
    module = ModuleInfo(source)
    _collect_body(module, source.tree.body, None, None, "")
    for stmt in own_statements(source.tree.body):
        for name in names_bound_by(stmt):
            module.bound.add(name)
            module.top.setdefault(name, []).append(stmt)
        if isinstance(stmt, ast.ImportFrom) and any(a.name == "*" for a in stmt.names):
            module.stars.append(stmt)
    for node in source.nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                module.imports.setdefault(name, []).append(node)
    return module


def _collect_body(
    module: ModuleInfo,
    body: list[ast.stmt],
    cls: ClassInfo | None,
    function: FunctionInfo | None,
    prefix: str,
) -> None:
    for stmt in own_statements(body):
        if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef)):
            info = FunctionInfo(module.source, stmt, f"{prefix}{stmt.name}", cls, function)
            module.functions[stmt] = info
            if cls is not None:
                cls.methods.setdefault(stmt.name, info)
            if function is not None:
                function.functions.append(info)
            _collect_body(module, stmt.body, None, info, f"{prefix}{stmt.name}.")
        elif isinstance(stmt, ast.ClassDef):
            inner = ClassInfo(module.source, stmt, f"{prefix}{stmt.name}", function)
            module.classes[stmt] = inner
            for line in own_statements(stmt.body):
                if isinstance(line, (ast.Assign, ast.AnnAssign)):
                    for name in names_bound_by(line):
                        inner.attributes.setdefault(name, line)
            _collect_body(module, stmt.body, inner, function, f"{prefix}{stmt.name}.")
