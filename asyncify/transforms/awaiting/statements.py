"""Edits of statements: `async def`, `async with`, `async for`, table creation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.colouring import Colouring
from asyncify.analysis.forms import has_async_form
from asyncify.analysis.points import PointKind, bind_of, waits_as_context
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.test_clients import is_async_client
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.knowledge.barriers import ASYNC_METHODS, CONTEXT_METHODS, Handing
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import EditDecorators, ForkAsync, Hole, Op, Replace, ReplaceStatement, SetAsync
from asyncify.model.span import Place
from asyncify.transforms.awaiting.calls import GROUP
from asyncify.transforms.awaiting.closing import closing_edits, is_closing
from asyncify.transforms.awaiting.context import Context, context_of, generator_targets
from asyncify.transforms.awaiting.entry import ENTERED, Helpers
from asyncify.transforms.awaiting.templates import arguments
from asyncify.transforms.awaiting.threads import decorators

#: what `with` and `async with` call: the first may be inherited from a library
_CONTEXT = CONTEXT_METHODS | {ASYNC_METHODS[name] for name in CONTEXT_METHODS}

class StatementEdits:
    """Decides on the statements of one module."""

    def __init__(
        self,
        program: Program,
        colouring: Colouring,
        module: ModuleInfo,
        clients: frozenset[ast.AST],
        helpers: Helpers,
    ) -> None:
        self.program = program
        self.helpers = helpers
        self.colouring = colouring
        self.module = module
        self.source = module.source
        self.clients = clients
        self.findings: list[Finding] = []

    def edits(self) -> Iterator[Edit]:
        """All edits of statements."""
        for function in self.module.functions.values():
            if function in self.colouring.becomes_async:
                yield from self._function(function)
            elif function in self.colouring.forked:
                yield self._forked(function)
        for node in self.source.nodes:
            if isinstance(node, ast.With):
                yield from self._with(node)
            elif isinstance(node, ast.For):
                yield from self._for(node)
            elif isinstance(node, ast.Call):
                point = self.colouring.points.get(node)
                if point is not None and point.kind is PointKind.DDL:
                    yield from self._ddl(node)
            elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)):
                yield from self._comprehension(node, node.generators)

    # -- functions -----------------------------------------------------------------------------------

    def _function(self, function: FunctionInfo) -> Iterator[Edit]:
        reason = self.colouring.becomes_async[function]
        because = f"{function.qualname} waits: {reason.text}"
        rename = ASYNC_METHODS.get(function.name, "") if has_async_form(function) else ""
        if not function.stands_for_generator:  # an `async def` without `yield` would be a coroutine
            yield self._edit(function.node, SetAsync(rename=rename), because)
        for node in function.node.decorator_list:
            target = self.program.names.resolve_expression(function.path, node)
            if isinstance(target, Ext) and target.name == "contextlib.contextmanager":
                name, imports = bring(self.program, self.module.path, "contextlib", "asynccontextmanager")
                drops = tuple(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
                yield self._edit(node, Replace(name), because, imports, drops)
        adapters = decorators(self.program, function, Handing.ADAPTS)
        if adapters:
            drops = tuple(n.id for d in adapters.values() for n in ast.walk(d) if isinstance(n, ast.Name))
            yield self._edit(function.node, EditDecorators(remove=tuple(adapters)), because, (), drops)
        if function in self.colouring.entries:
            yield from self.helpers.entry(function, because)

    def _forked(self, function: FunctionInfo) -> Edit:
        """The wrapper of a decorator that is used on both kinds."""
        name, imports = bring(self.program, self.module.path, "inspect", "iscoroutinefunction")
        test = f"{name}({self.colouring.wrappers.known[function].parameter})"
        because = f"{self.colouring.forked[function].text}, which waits, and functions that do not"
        return self._edit(function.node, ForkAsync(test), because, imports)

    # -- with ----------------------------------------------------------------------------------------

    def _with(self, node: ast.With) -> Iterator[Edit]:
        waiting = [self._item_waits(item.context_expr) for item in node.items]
        if not any(waiting):
            return
        context = context_of(self.program, self.colouring, self.module, node)
        if context is not Context.AWAIT:
            if context is Context.BRIDGE:
                yield from self._entered(node, waiting)
            elif context is Context.MODULE:
                self._report(node, "with-in-sync", "a session is opened where nothing can be awaited")
            return
        if any(is_async_client(self.program.values(i.context_expr), self.clients) for i in node.items):
            return  # the tests transform puts the lifespan in as well
        for made in (item.context_expr for item, waits in zip(node.items, waiting, strict=True) if waits):
            yield from self._unclosed(made) or closing_edits(self.program, self.module, made)
        if all(waiting):
            yield self._edit(node, SetAsync(), "an async context manager")
            return
        yield from self._mixed(node, waiting)

    def _entered(self, node: ast.With, waiting: list[bool]) -> Iterator[Edit]:
        """What plain code in SQLAlchemy's greenlet enters: the `with` stays, and waits through the greenlet."""
        because = "entered through the greenlet"
        for item, waits in zip(node.items, waiting, strict=True):
            if waits:
                yield from self.helpers.add(ENTERED, node, because)
                yield from closing_edits(self.program, self.module, item.context_expr)
                yield self._edit(item.context_expr, Replace(f"{self.helpers.name(ENTERED)}($it)"), because)

    def _unclosed(self, node: ast.expr) -> list[Edit]:
        """`closing(SessionLocal())` to the session, which closes itself; `aclosing` is as young as Python 3.10."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or not is_closing(self.program, node):
            return []
        values = self.program.values(node.args[0])
        if not has(values, names.SESSION) or has(values, names.SCOPED_SESSION):
            return []
        op = Replace("$s", (Hole("s", self.source.span(node.args[0])),))
        return [self._edit(node, op, "leaving an async session closes it", (), _names(node.func))]

    def _item_waits(self, node: ast.expr) -> bool:
        if waits_as_context(self.program.values(node), self.clients):
            return True
        if any(
            t.info in self.colouring.becomes_async and t.info.name in _CONTEXT
            for t in self.program.calls(node)
        ):
            return True
        return bool(generator_targets(self.program, self.colouring, node))

    def _mixed(self, node: ast.With, waiting: list[bool]) -> Iterator[Edit]:
        """`with plain() as a, waits() as b:` becomes nested statements, in the same order."""
        holes: list[Hole] = []
        lines: list[str] = []
        depth = 0
        for index, (item, is_async) in enumerate(zip(node.items, waiting, strict=True)):
            text = f"$i{index}"
            holes.append(Hole(f"i{index}", self.source.span(item.context_expr)))
            if item.optional_vars is not None:
                text += f" as $v{index}"
                holes.append(Hole(f"v{index}", self.source.span(item.optional_vars)))
            if index and waiting[index - 1] == is_async:
                lines[-1] = f"{lines[-1][:-1]}, {text}:"
                continue
            lines.append("    " * depth + f"{'async ' if is_async else ''}with {text}:")
            depth += 1
        lines.append("    " * depth + "$body")
        body = node.body
        holes.append(Hole("body", self.source.span(body[0]), Place.STATEMENT, self.source.span(body[-1])))
        yield self._edit(node, ReplaceStatement("\n".join(lines), tuple(holes)), "only some of them are async")

    # -- loops ---------------------------------------------------------------------------------------

    def _for(self, node: ast.For) -> Iterator[Edit]:
        if generator_targets(self.program, self.colouring, node.iter):
            if context_of(self.program, self.colouring, self.module, node) is Context.AWAIT:
                yield self._edit(node, SetAsync(), "iterates over an async generator")
            else:
                self._report(node, "for-in-sync", "an async generator is iterated where nothing can be awaited")

    def _comprehension(self, node: ast.expr, generators: list[ast.comprehension]) -> Iterator[Edit]:
        found = tuple(
            i for i, part in enumerate(generators) if generator_targets(self.program, self.colouring, part.iter)
        )
        if found and context_of(self.program, self.colouring, self.module, node) is Context.AWAIT:
            yield self._edit(node, SetAsync(True, found), "iterates over an async generator")

    # -- tables --------------------------------------------------------------------------------------

    def _ddl(self, node: ast.Call) -> Iterator[Edit]:
        """`metadata.create_all(engine)`: run_sync on a connection of the engine."""
        assert isinstance(node.func, ast.Attribute)
        bind = bind_of(self.program, node)
        assert bind is not None
        context = context_of(self.program, self.colouring, self.module, node)
        if context is Context.BRIDGE:
            if has(self.program.values(bind), names.ENGINE):
                yield self._edit(bind, Replace("$it.sync_engine"), "tables are created through the greenlet")
            return
        if context not in (Context.AWAIT, Context.MODULE):
            return
        rest = ast.Call(
            node.func,
            [a for a in node.args if a is not bind],
            [k for k in node.keywords if k.value is not bind],
        )
        text, holes = arguments(self.source, rest)
        method = Hole("m", self.source.span(node.func))
        bound = Hole("b", self.source.span(bind))
        call = f"run_sync($m{', ' + text if text else ''})"
        because = "tables are created through run_sync"
        if has(self.program.values(bind), names.CONNECTION):
            if context is Context.MODULE:
                return
            yield self._edit(node, Replace(f"await $b.{call}", (bound, method, *holes)), because)
            return
        stmt, takes = self.source.parent(node), _takes(self.source.parent(node))
        if takes is None or not isinstance(stmt, ast.stmt):
            self._report(node, "ddl-expression", "tables are created inside an expression")
            return
        name = free_name(self.program, self.module.path, "conn")
        inside = ("return " if takes else "") if context is Context.MODULE else takes
        template = f"async with $b.begin() as {name}:\n    {inside}await {name}.{call}"
        if context is Context.MODULE:
            yield from self._at_import(stmt, node.func.attr, (takes, template), (bound, method, *holes), because)
            return
        yield self._edit(stmt, ReplaceStatement(template, (bound, method, *holes)), because)

    def _at_import(
        self, stmt: ast.stmt, verb: str, texts: tuple[str, str], holes: tuple[Hole, ...], because: str
    ) -> Iterator[Edit]:
        """Tables that are created while a module is imported: a function that is run to its end there."""
        wish = {"create_all": "create_tables", "drop_all": "drop_tables"}.get(verb, f"{verb}_tables")
        function = free_name(self.program, self.module.path, wish)
        takes, template = texts
        body = "\n".join(f"    {line}" for line in template.split("\n"))
        yield from self.helpers.add(self.helpers.runner, stmt, because)
        apart = "\n\n\n" if isinstance(self.source.parent(stmt), ast.Module) else "\n\n"
        text = f"async def {function}():\n{body}{apart}{takes}{self.helpers.name(self.helpers.runner)}({function}())"
        yield self._edit(stmt, ReplaceStatement(text, holes), because)

    # -- helpers -------------------------------------------------------------------------------------

    def _report(self, node: ast.AST, code: str, message: str) -> None:
        advice = "move it into an async function"
        self.findings.append(Finding("await", self.module.path, self.source.span(node), code, message, advice))

    def _edit(
        self,
        node: ast.AST,
        op: Op,
        because: str,
        imports: tuple[Import, ...] = (),
        drops: tuple[str, ...] = (),
    ) -> Edit:
        return Edit("await", self.module.path, self.source.target(node), op, imports, drops, GROUP, because)


def _takes(stmt: ast.AST | None) -> str | None:
    """What a statement does with its value, as text in front of it: `return `, `done = `. None for other statements."""
    if isinstance(stmt, ast.Assign) and all(isinstance(target, ast.Name) for target in stmt.targets):
        return "".join(f"{ast.unparse(target)} = " for target in stmt.targets)
    return "return " if isinstance(stmt, ast.Return) else "" if isinstance(stmt, ast.Expr) else None


def _names(node: ast.expr) -> tuple[str, ...]:
    return tuple(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
