"""Generators that become async generators, where they are driven by hand or run to their end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.colouring import Colouring
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.forms import lambda_around
from asyncify.analysis.generator_uses import DRIVES, drained_arguments, driven_generator, lends, stepped_generator
from asyncify.analysis.lent_by_dependencies import is_lost, lent_by, lent_by_lambda, only_closes
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, Op, RenameAttribute, Replace, ReplaceStatement
from asyncify.transforms.awaiting.calls import GROUP
from asyncify.transforms.awaiting.context import Context, context_of, generator_targets
from asyncify.transforms.awaiting.entry import FIRST, Helpers
from asyncify.transforms.awaiting.generators import yields_annotation
from asyncify.transforms.awaiting.templates import arguments

DRAINED = "an async generator is run to its end"
PLAIN_MANAGER = "contextlib.contextmanager"
DRIVEN = "drives an async generator"
LOST = "the garbage collector cannot give an async connection back"


class DrivenEdits:
    """Decides on the uses of generators in one module, other than loops, comprehensions and with statements."""

    def __init__(self, program: Program, colouring: Colouring, module: ModuleInfo, helpers: Helpers) -> None:
        self.program = program
        self.colouring = colouring
        self.module = module
        self.source = module.source
        self.helpers = helpers
        self.findings: list[Finding] = []

    def edits(self) -> Iterator[Edit]:
        """All edits of such uses."""
        for node in self.source.nodes:
            if isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.Starred) and self._is_async(node.value):
                yield from self._listed(node.value)
            elif isinstance(node, ast.YieldFrom):
                yield from self._yield_from(node)
            elif isinstance(node, (ast.Try, ast.With)):
                yield from self._ended(node)

    def _is_async(self, node: ast.expr) -> bool:
        return bool(generator_targets(self.program, self.colouring, node))

    def _context(self, node: ast.AST) -> Context:
        return context_of(self.program, self.colouring, self.module, node)

    def _call(self, node: ast.Call) -> Iterator[Edit]:
        """`next(get_db())`, `list(get_rows())`, `rows.close()` on what becomes an async generator."""
        func = node.func
        stepped = stepped_generator(node)
        yield from self._wrapped(node)
        if stepped is not None:
            if self._is_async(stepped):
                yield from self._next(node, stepped)
        elif (driven := driven_generator(self.program, node)) is not None and self._is_async(driven):
            if self._context(node) is Context.AWAIT:
                assert isinstance(func, ast.Attribute)
                yield self._edit(func, RenameAttribute(DRIVES[func.attr]), DRIVEN)
                yield self._edit(node, Replace("await $it"), DRIVEN)
        elif isinstance(func, ast.Name) and func.id == "list" and len(node.args) == 1 and self._is_async(node.args[0]):
            if self._context(node) is Context.AWAIT:
                holes = (Hole("g", self.source.span(node.args[0])),)
                yield self._edit(node, Replace(f"[{self._all('$g')}]", holes), DRAINED)
        else:
            for argument in drained_arguments(self.program, node):
                if self._is_async(argument):
                    yield from self._listed(argument)

    def _drives(self, node: ast.AST) -> bool:
        """`next(rows)` or `rows.__next__()` on what becomes an async generator."""
        stepped = stepped_generator(node) if isinstance(node, ast.Call) else None
        if stepped is None and isinstance(node, ast.Call):
            stepped = driven_generator(self.program, node)
        return stepped is not None and self._is_async(stepped)

    def _ended(self, node: ast.Try | ast.With) -> Iterator[Edit]:
        """`except StopIteration`, or `with pytest.raises(StopIteration)`, around it: an async generator ends with
        another exception."""
        named: list[ast.expr | None] = []
        if isinstance(node, ast.Try):
            named += [h.type for h in node.handlers]
        else:
            named += [a for i in node.items if isinstance(i.context_expr, ast.Call) for a in i.context_expr.args]
        caught = [kind for kind in named if isinstance(kind, ast.Name) and kind.id == "StopIteration"]
        if caught and any(self._drives(inner) for stmt in node.body for inner in ast.walk(stmt)):
            if self._context(node) is Context.AWAIT:
                for kind in caught:
                    yield self._edit(kind, Replace("StopAsyncIteration"), DRIVEN)

    def _wrapped(self, node: ast.Call) -> Iterator[Edit]:
        """`contextmanager(get_db)`, called and not as a decorator."""
        if node.args and any(isinstance(v, Ext) and v.name == PLAIN_MANAGER for v in self.program.values(node.func)):
            handed = self.program.facts.handed.get(node.args[0], ())
            if any(t.info.is_generator and t.info in self.colouring.becomes_async for t in handed):
                name, imports = bring(self.program, self.module.path, "contextlib", "asynccontextmanager")
                drops = tuple(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
                target = self.source.target(node.func)
                yield Edit("await", self.module.path, target, Replace(name), imports, drops, GROUP, DRIVEN)

    def _all(self, generator: str) -> str:
        name = free_name(self.program, self.module.path, "item")
        return f"{name} async for {name} in {generator}"

    def _listed(self, node: ast.expr) -> Iterator[Edit]:
        if self._context(node) is Context.AWAIT:
            yield self._edit(node, Replace(f"[{self._all('$it')}]"), DRAINED)

    def _next(self, node: ast.Call, first: ast.expr) -> Iterator[Edit]:
        """`next(x)`. A generator that nothing else holds is closed at once by Python; an async one must be told."""
        hole = (Hole("g", self.source.span(first)),)
        context = self._context(node)
        around = lambda_around(self.source, node)
        if around is not None and around in self.colouring.written_out:
            if lent_by_lambda(self.program, self.source, around) is node:
                return  # `written_out` enters the generator
        if context is Context.AWAIT and isinstance(first, ast.Call) and not is_test(self.module.path):
            lent = lent_by(self.program, node)
            if lent is not None:
                yield from self._lent(lent, node, first)
                return
            if is_lost(self.program, node):
                self._report_lost(node, first)
        if isinstance(first, ast.Call) and len(node.args) < 2:
            yield from self.helpers.add(FIRST, node, DRIVEN)
            text = f"{self.helpers.name(FIRST)}($g)"
        else:
            text = "$g.__anext__()" if len(node.args) < 2 else f"anext($g, {self.source.segment(node.args[1])})"
        if context is Context.AWAIT:
            yield self._edit(node, Replace(f"await {text}", hole), DRIVEN)
        elif context is Context.BRIDGE:
            name, imports = bring(self.program, self.module.path, "sqlalchemy.util", "await_only")
            yield self._edit(node, Replace(f"{name}({text})", hole), DRIVEN, imports)
        elif context is Context.MODULE:
            yield from self.helpers.add(self.helpers.runner, node, DRIVEN)
            yield self._edit(node, Replace(f"{self.helpers.name(self.helpers.runner)}({text})", hole), DRIVEN)

    def _lent(self, given: ast.Return, node: ast.Call, call: ast.Call) -> Iterator[Edit]:
        """`return Repository(next(get_db()))` of a dependency: the session is there until the request has ended."""
        assert given.value is not None
        function = self.program.function_of(node)
        name = free_name(self.program, self.module.path, "session")
        value = Hole("value", self.source.span(given.value))
        if only_closes(self.program, call):
            manager, imports = bring(self.program, self.module.path, "contextlib", "asynccontextmanager")
            text, holes = arguments(self.source, call)
            opened, holes = f"{manager}($f)({text})", (Hole("f", self.source.span(call.func)), *holes)
        else:  # what else the generator does at its end has never been done
            yield from self.helpers.add(FIRST, node, DRIVEN)
            opened, holes, imports = f"await {self.helpers.name(FIRST)}($g)", (Hole("g", self.source.span(call)),), ()
        op = ReplaceStatement(f"async with {opened} as {name}:\n    yield $value", (*holes, value))
        yield self._edit(given, op, LOST, imports)
        yield self._edit(node, Replace(name), LOST)
        if function is not None:
            yield from yields_annotation(self.program, self.module, function, LOST)

    def _report_lost(self, node: ast.Call, call: ast.Call) -> None:
        text = f"nothing closes the session of {self.source.segment(node)}, and {LOST}"
        opened = f"asynccontextmanager({self.source.segment(call.func)})()"
        advice = f"open it by `async with {opened} as session:`, around all that needs it"
        span = self.source.span(node)
        self.findings.append(Finding("await", self.module.path, span, "unclosed-session", text, advice))

    def _yield_from(self, node: ast.YieldFrom) -> Iterator[Edit]:
        function = self.program.function_of(node)
        if function is None or function not in self.colouring.becomes_async:
            return
        because = "`yield from` cannot stand in an async generator"
        stmt = self.source.parent(node)
        if not isinstance(stmt, ast.Expr):
            span = self.source.span(node)
            advice = "loop over it and yield each item"
            self.findings.append(Finding("await", self.module.path, span, "yield-from", because, advice))
            return
        name = free_name(self.program, self.module.path, "item")
        if isinstance(node.value, ast.Call) and self._yields_once(node.value):
            yield self._entered(stmt, node.value, name, because)
            return
        loop = "async for" if self._is_async(node.value) else "for"
        op = ReplaceStatement(f"{loop} {name} in $g:\n    yield {name}", (Hole("g", self.source.span(node.value)),))
        yield self._edit(stmt, op, because)

    def _yields_once(self, call: ast.Call) -> bool:
        """Whether a call gives an async generator that lends one thing, such as a session, and then cleans up."""
        called = self.program.calls(call)
        return self._is_async(call) and all(lends(self.program, t.info) for t in called)

    def _entered(self, stmt: ast.Expr, call: ast.Call, name: str, because: str) -> Edit:
        """`yield from get_db()` tells the generator inside of an error where it yields, and a loop would not."""
        manager, imports = bring(self.program, self.module.path, "contextlib", "asynccontextmanager")
        text, holes = arguments(self.source, call)
        holes = (Hole("f", self.source.span(call.func)), *holes)
        op = ReplaceStatement(f"async with {manager}($f)({text}) as {name}:\n    yield {name}", holes)
        return self._edit(stmt, op, because, imports)

    def _edit(self, node: ast.AST, op: Op, because: str, imports: tuple[Import, ...] = ()) -> Edit:
        return Edit("await", self.module.path, self.source.target(node), op, imports, (), GROUP, because)
