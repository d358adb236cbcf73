"""Queries that travel: to names, attributes, through arguments and returns. All that receives one must be known."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from asyncify.analysis.named_late import late_calls, may_give
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Cls, Const, Ext, Inst, Obj, Pattern, Values
from asyncify.transforms.query.containers import container_of, stays_in_sight, unpacked
from asyncify.transforms.query.decisions import Decision, Problem
from asyncify.transforms.query.frames import entered, is_spread
from asyncify.transforms.query.lambdas import is_lambda_in_sight, reduced, reducing
from asyncify.transforms.query.uses import Use, Uses

ADVICE = "Write this query, and what receives it, as a select() by hand."
#: decorators that leave a function what it is for its callers
PLAIN_DECORATORS = frozenset(
    {
        "builtins.staticmethod",
        "builtins.classmethod",
        "builtins.property",
        "abc.abstractmethod",
        "typing.override",
        "functools.cached_property",
        "contextlib.contextmanager",
        "functools.wraps",
        "pytest.fixture",
    }
)


class Flows:
    """Decides whether a query that goes somewhere stays in sight."""

    def __init__(self, uses: Uses) -> None:
        self._uses = uses

    def decide(self, use: Use, parent: ast.AST | None) -> Iterator[Decision]:
        """A query in a place that neither runs nor changes it."""
        if isinstance(parent, (ast.Expr, ast.FormattedValue, ast.Slice)):
            return
        if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            if all(self._keeps(t) for t in targets):
                return
        elif parent in self._uses.holds and (isinstance(parent, ast.IfExp) or _is_last(parent, use.node)):
            return
        elif isinstance(parent, ast.Return):
            yield from self._returned(use)
            return
        elif isinstance(parent, ast.Lambda) and is_lambda_in_sight(self._uses, use.source, parent):
            return
        elif (container := container_of(use)) is not None:
            if stays_in_sight(self._uses, use, container):
                return
            if isinstance(container, ast.Tuple) and isinstance(use.source.parent(container), ast.Return):
                if unpacked(self._uses, use, container):
                    yield from self._returned(use)
                    return
        yield self.escape(use.source, use.node)

    def argument(self, use: Use, call: ast.Call) -> Iterator[Decision]:
        """A query that is handed to a function, or put in a container."""
        container = container_of(use)
        if container is not None and isinstance(container, ast.Name) and stays_in_sight(self._uses, use, container):
            return
        if reduced(self._uses, call) is use.node:
            yield from self._lambdas_receive(use, reducing(self._uses, call))
            return
        called = entered(self._uses.program, call)
        if not called and (lambdas := self._uses.program.facts.lambdas.get(call)):
            yield from self._lambdas_receive(use, lambdas)
            return
        if not called or any(isinstance(v, Ext) for v in self._uses.program.values(call.func)):
            yield self.escape(use.source, use.node)
            return
        for function in called:
            yield from self._receives(use, function.info)

    def _lambdas_receive(self, use: Use, lambdas: Iterable[ast.Lambda]) -> Iterator[Decision]:
        seen = [any(node in self._uses.holds for node in ast.walk(one.body)) for one in lambdas]
        if not seen or not all(seen):
            yield self.escape(use.source, use.node)

    def escape(self, source: SourceFile, node: ast.AST) -> Problem:
        """The report of a query that gets out of sight."""
        return Problem(source, node, "query-escapes", "this query goes where its use cannot be followed", ADVICE)

    def _keeps(self, target: ast.expr) -> bool:
        """Whether what is stored is found again by whoever reads it."""
        if isinstance(target, ast.Name):
            return True
        if isinstance(target, ast.Attribute):
            owners = self._uses.program.values(target.value)
            return bool(owners) and all(isinstance(o, (Obj, Cls)) for o in owners)
        return False

    def _returned(self, use: Use) -> Iterator[Decision]:
        program = self._uses.program
        function = program.function_of(use.node)
        if function is None or function.name == "__get__":  # of whatever reads an attribute
            yield self.escape(use.source, use.node)
            return
        for decorator in function.node.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            found = program.names.resolve_expression(function.path, node)
            name = found.name if isinstance(found, Ext) else getattr(node, "id", "")
            if name not in PLAIN_DECORATORS and f"builtins.{name}" not in PLAIN_DECORATORS:
                yield self.escape(use.source, use.node)
                return
        if function in self._handed or self._may_be_called(function):
            yield self.escape(use.source, use.node)

    def _receives(self, use: Use, function: FunctionInfo) -> Iterator[Decision]:
        """Whether everything that a function is called with is known, so that it can count on selects."""
        if self._may_be_called(function) or function in self._handed:
            yield self.escape(use.source, use.node)
            return
        parameters = {a.arg for a in function.parameters if a in self._uses.holds}
        if not parameters:  # it went into *args or **kwargs
            yield self.escape(use.source, use.node)

    def _may_be_called(self, function: FunctionInfo) -> bool:
        """Whether a call of which nothing is known can be one of a function, by its name and arguments."""
        unresolved = (*self._unresolved.get(function.name, ()), *self._late.get(function, ()))
        return any(_fits(call, function) for call in unresolved)

    @cached_property
    def _late(self) -> Mapping[FunctionInfo, list[ast.Call]]:
        """Calls by a name that is known at run time only, by the functions that it can mean."""
        found: dict[FunctionInfo, list[ast.Call]] = defaultdict(list)
        program = self._uses.program
        for module in program.modules.values():
            for call, given in late_calls(program, module):
                for function in may_give(program, given):
                    found[function].append(call)
        return found

    @cached_property
    def _handed(self) -> frozenset[FunctionInfo]:
        return frozenset(f.info for functions in self._uses.program.facts.handed.values() for f in functions)

    @cached_property
    def _unresolved(self) -> Mapping[str, list[ast.Call]]:
        """Calls of unknown targets by the name that is called."""
        found: dict[str, list[ast.Call]] = defaultdict(list)
        program = self._uses.program
        for module in program.modules.values():
            for node in module.source.nodes:
                if isinstance(node, ast.Call) and not program.calls(node) and not program.values(node.func):
                    func = node.func
                    if isinstance(func, ast.Attribute) and _is_foreign(program.values(func.value), func.value):
                        continue
                    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
                    found[name].append(node)
        return found


def _is_last(choice: ast.AST, node: ast.AST) -> bool:
    """Whether an expression is the last of `a or b`, whose truth nobody asks for."""
    return isinstance(choice, ast.BoolOp) and choice.values[-1] is node


def _is_foreign(values: Values, node: ast.expr) -> bool:
    """Whether an object is surely none of the program's: a text, or what a library made."""
    if isinstance(node, (ast.Constant, ast.JoinedStr)):
        return True
    return bool(values) and all(isinstance(v, (Ext, Inst, Const, Pattern)) for v in values)


def _fits(call: ast.Call, function: FunctionInfo) -> bool:
    """Whether a call has arguments that a function can take; spread ones always fit."""
    if is_spread(call):
        return True
    spec = function.node.args
    bound = function.cls is not None and "staticmethod" not in function.decorators
    most = len(function.positional) - (bound and isinstance(call.func, ast.Attribute))
    if len(call.args) > most and spec.vararg is None:
        return False
    known = {a.arg for a in function.parameters}
    return spec.kwarg is not None or all(k.arg in known for k in call.keywords)
