"""Edits of expressions: awaits, bridges, and generators that must become lists."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.colouring import Colouring
from asyncify.analysis.entered_by_hand import entered_by_hand
from asyncify.analysis.forms import is_decorator, is_implicit
from asyncify.analysis.given_contexts import is_begun_here
from asyncify.analysis.handed_sessions import callee_of, given, keeps_session, sync_attribute
from asyncify.analysis.loaded_callables import may_be_loaded
from asyncify.analysis.lookalikes import lookalikes
from asyncify.analysis.nodes import last_name
from asyncify.analysis.points import PointKind
from asyncify.analysis.program import Program
from asyncify.analysis.script_blocks import in_main_guard
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Cls, Ext, Fn, Inst, Member, Value, has
from asyncify.analysis.wrappers import asks_at_all, is_asked_about
from asyncify.knowledge import names
from asyncify.knowledge.api import INSIDE, Form, form_of
from asyncify.knowledge.barriers import ASYNC_METHODS, CONTEXT_METHODS
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, Op, RenameAttribute, Replace
from asyncify.transforms.awaiting.connectionless import connectionless, is_connectionless, is_driver_sql
from asyncify.transforms.awaiting.context import Context, context_of
from asyncify.transforms.awaiting.entry import RESOLVED, RUN, SCRIPT, Helpers
from asyncify.transforms.awaiting.lazy import GeneratorExpressions
from asyncify.transforms.awaiting.library_twins import twin_of
from asyncify.transforms.awaiting.own_loops import runs_loop
from asyncify.transforms.awaiting.queries import query_edits
from asyncify.transforms.awaiting.templates import opened_with_options, options_first, run_sync, spawn, through_run_sync
from asyncify.transforms.awaiting.threads import handed_to_threads, unwrapped
from asyncify.transforms.awaiting.unrolled import unrolled

GROUP = "flip"
UTIL = "sqlalchemy.util"


class CallEdits:
    """Decides on the calls of one module. `waiting` are the calls that will contain an await."""

    def __init__(self, program: Program, colouring: Colouring, module: ModuleInfo, helpers: Helpers) -> None:
        self.program = program
        self.helpers = helpers
        self.colouring = colouring
        self.module = module
        self.source = module.source
        self.waiting: set[ast.AST] = set()
        self._asks = asks_at_all(module.source)
        self._early: set[ast.AST] = set()  # calls whose edits came before those of a call around them
        self.findings: list[Finding] = []

    def edits(self) -> Iterator[Edit]:
        """All edits of expressions."""
        self.waiting.update(p for p, point in self.colouring.points.items() if point.kind is PointKind.UNLOADED)
        for node in self.source.nodes:
            if isinstance(node, ast.Call):
                yield from self._call(node) if node not in self._early else ()
            elif isinstance(node, ast.Attribute) and node in self.program.facts.calls and not self._is_unloaded(node):
                yield from self._property(node)
            elif isinstance(node, ast.Subscript) and node in self.program.facts.calls:
                yield from self._item(node)
        yield from query_edits(self.program, self.module, self.waiting)
        yield from GeneratorExpressions(self.program, self.module, self.waiting).edits()

    def _is_unloaded(self, node: ast.AST) -> bool:
        """Whether a place has an edit of its own, as one that reads what nothing has loaded."""
        point = self.colouring.points.get(node)
        return point is not None and point.kind is PointKind.UNLOADED

    def _is_told_apart(self, node: ast.Call) -> bool:
        """Whether the code runs a function, or has it run, as it has found it to be: plain or async."""
        if node in self.colouring.wrappers.calls:
            return False
        return any(is_asked_about(self.source, item) for item in (node, *node.args))

    # -- one call ------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Iterator[Edit]:
        if self._asks and self._is_told_apart(node):
            return
        context = context_of(self.program, self.colouring, self.module, node)
        yield from unwrapped(self.program, self.colouring, self.module, node)
        if isinstance(self.source.parent(node), ast.Await):
            return
        own = runs_loop(self.program, self.module, node) if context is Context.AWAIT else None
        if own is not None:
            for one in own:
                if isinstance(one, Finding):
                    self.findings.append(one)
                else:
                    self.waiting.add(node)
                    yield one
            return
        point = self.colouring.points.get(node)
        if self._is_unloaded(node):
            return
        yield from handed_to_threads(self.program, self.module, node, self.helpers, self._is_coroutine)
        if node in self.colouring.unrolled:
            if context is Context.AWAIT:
                yield unrolled(self.program, self.colouring, self.module, node)
                self.waiting.add(node)
            return
        if node in self.colouring.spawned:
            if context is Context.AWAIT:
                yield from self._handed_functions(node)
            yield from self._wrap(node, context, self._spawned(node), f"{self.source.segment(node.func)}() waits")
            return
        if point is not None and point.kind is not PointKind.QUERY:
            yield from self._point(node, point.kind, point.what, context)
            return
        self._kept_session(node)
        if node in self.colouring.kept_calls.given:
            yield from self._given_session(node, Context.BRIDGE, self.source.segment(node.func))
        targets = tuple(t for t in self.program.calls(node) if not is_implicit(t.info, node))
        if has(self.program.values(node), names.DEPENDS) or is_decorator(self.source, node):
            return
        if self.colouring.wrappers.calls.get(node) in self.colouring.forked:
            yield from self._wrap(node, context, Replace("await $it"), "the wrapper of an async function")
            return
        bridged = [f for t in targets if (f := self.colouring.runs(t)) in self.colouring.bridged]
        coroutines = [self.colouring.runs(t) for t in targets if self._is_coroutine(t)]
        if bridged:
            yield from self._in_greenlet(node, context, f"{bridged[0].qualname} stays plain", gives=bool(coroutines))
            return
        lambdas = self.program.facts.lambdas.get(node, set())
        if lambdas & self.colouring.bridged_lambdas:
            gives = bool(coroutines or lambdas & self.colouring.lambdas)
            yield from self._in_greenlet(node, context, "the lambda waits inside", gives=gives)
            return
        if lambdas & self.colouring.lambdas and not coroutines:
            yield from self._coroutine(node, context, "the lambda gives a coroutine")
        if coroutines:
            if isinstance(node.func, ast.Attribute) and node.func.attr in ASYNC_METHODS:
                op = RenameAttribute(ASYNC_METHODS[node.func.attr])
                yield self._edit(node.func, op, (), "the method has another name")
            text = f"{coroutines[0].qualname} becomes async"
            yield from self._coroutine(node, context, text)

    def _in_greenlet(self, node: ast.Call, context: Context, because: str, *, gives: bool) -> Iterator[Edit]:
        """A call of what is plain and waits inside; gives: what is called there may also give a coroutine."""
        if context is not Context.AWAIT:
            return
        name, imports = bring(self.program, self.module.path, UTIL, "greenlet_spawn")
        op = spawn(self.source, node, name)
        if gives:
            yield from self.helpers.add(RESOLVED, node, because)
            op = Replace(f"await {self.helpers.name(RESOLVED)}({op.template})", op.holes)
        yield self._edit(node, op, imports, because)

    def _coroutine(self, node: ast.Call, context: Context, because: str) -> Iterator[Edit]:
        """A call that gives a coroutine; or sometimes a value, where plain callables are called there as well."""
        if context is Context.AWAIT and self._is_mixed(node):
            yield from self.helpers.add(RESOLVED, node, because)
            op = Replace(f"await {self.helpers.name(RESOLVED)}($it)")
            yield self._edit(node, op, (), because)
        else:
            yield from self._wrap(node, context, Replace("await $it"), because)

    def _is_mixed(self, node: ast.Call) -> bool:
        """Whether a call waits for some only of the callables it may run: `retry(db.commit)`, `retry(db.add, x)`."""
        if is_begun_here(self.program, node):
            return False
        called = self.program.values(node.func)
        forms = {form_of(v.base.type, v.name) for v in called if isinstance(v, Member)}
        plain = Form.PLAIN in forms or any(self._stays_plain(v) for v in called)
        # a transaction that was waited for would begin again in its `async with`
        plain = plain or (Form.WITH in forms and not isinstance(node.func, ast.Attribute))
        return plain or bool(lookalikes(self.program, node)) or may_be_loaded(self.program, node)

    def _stays_plain(self, value: Value) -> bool:
        """Whether a callable gives a value and no coroutine after the migration."""
        if isinstance(value, Inst) and value.type == "lambda" and value.origin is not None:
            return value.origin.site not in self.colouring.lambdas
        if isinstance(value, Fn):
            info = self.colouring.runs(value)
            return not self.colouring.waits(info) or info in self.colouring.entries
        return isinstance(value, (Ext, Cls))

    def _is_coroutine(self, target: Fn) -> bool:
        info = self.colouring.runs(target)
        becomes = info in self.colouring.becomes_async and info not in self.colouring.entries
        # an async function that was called without await before was handed on as a coroutine on purpose
        return becomes and not info.is_generator

    def _point(self, node: ast.Call, kind: PointKind, what: str, context: Context) -> Iterator[Edit]:
        if is_driver_sql(self.program, node):
            yield self._edit(node.func, RenameAttribute("exec_driver_sql"), (), "async connections take no bare string")
        opened = opened_with_options(node)
        if opened is not None and opened in self.colouring.points:
            yield self._with_options(node, opened, context)
        elif kind is PointKind.BEGIN and self._is_given_options(node):
            return  # moves behind them
        elif kind in (PointKind.AWAIT, PointKind.BEGIN) and context is Context.AWAIT and self._is_mixed(node):
            because = f"{what} is a coroutine where the object is a session"
            yield from self.helpers.add(RESOLVED, node, because)
            yield self._edit(node, Replace(f"await {self.helpers.name(RESOLVED)}($it)"), (), because)
        elif kind in (PointKind.AWAIT, PointKind.BEGIN, PointKind.CLIENT):
            # an async function gives what has to be begun
            above = kind is PointKind.CLIENT and last_name(node.func) in CONTEXT_METHODS
            if above or entered_by_hand(node) is not None:
                yield self._edit(node.func, RenameAttribute(ASYNC_METHODS[last_name(node.func)]), (), what)
            gives = kind is PointKind.BEGIN and any(self._is_coroutine(t) for t in self.program.calls(node))
            op = Replace("await (await $it)" if gives else "await $it")
            yield from self._wrap(node, context, op, f"{what} is a coroutine")
        elif kind is PointKind.ABSENT and is_connectionless(self.program, node):
            for item in connectionless(self.program, self.module, node, context):
                if isinstance(item, Edit):
                    yield item
                else:
                    self.findings.append(item)
        elif kind is PointKind.ABSENT and context is Context.AWAIT:
            assert isinstance(node.func, ast.Attribute)
            op = through_run_sync(self.source, node, "await ")
            yield self._edit(node, op, (), f"AsyncSession has no {node.func.attr}")
        elif kind is PointKind.ABSENT and context is Context.BRIDGE:
            assert isinstance(node.func, ast.Attribute)
            yield self._edit(node.func.value, Replace("$it.sync_session"), (), what)
        elif kind is PointKind.INSPECT and context in (Context.AWAIT, Context.BRIDGE):
            yield from self._inspection(node, context)
        elif kind in (PointKind.HANDED, PointKind.KEPT) and context in (Context.AWAIT, Context.BRIDGE):
            who = "the library" if kind is PointKind.HANDED else self.source.segment(node.func)
            yield from self._given_session(node, context, who)
        elif kind is PointKind.FACTORY and context is Context.AWAIT:
            name, imports = bring(self.program, self.module.path, UTIL, "greenlet_spawn")
            yield self._edit(
                node, spawn(self.source, node, name), imports, f"{what} sends SQL on the sync session inside"
            )

    def _with_options(self, node: ast.Call, opened: ast.Call, context: Context) -> Edit:
        op = options_first(self.source, node, opened)
        if context is Context.AWAIT and not isinstance(self.source.parent(node), ast.withitem):
            op = Replace(f"await {op.template}", op.holes)
        return self._edit(node, op, (), "a connection that is open cannot be entered")

    def _is_given_options(self, node: ast.Call) -> bool:
        """Whether a call is the `engine.connect()` of `engine.connect().execution_options(...)`."""
        outer = self.source.parent(self.source.parent(node) or node)
        return isinstance(outer, ast.Call) and opened_with_options(outer) is node

    def _inspection(self, node: ast.Call, context: Context) -> Iterator[Edit]:
        """`inspect(engine)` and what is asked of the inspector. Source: SQLAlchemy asyncio, "Inspector"."""
        because = "it works on the sync object inside, in SQLAlchemy's greenlet"
        named = (k.value for k in node.keywords if k.arg in ("bind", "connection", "subject"))
        for argument in (*node.args[:1], *named):
            if isinstance(argument, ast.Call) and getattr(argument.func, "attr", "") == "get_bind":
                continue  # that of an async session gives the sync engine already
            yield from self._inside_first(argument)
            for owner, inner in INSIDE.items():
                if has(self.program.values(argument), owner):
                    yield self._edit(argument, Replace(f"$it.{inner}"), (), because)
        if context is Context.AWAIT:
            name, imports = bring(self.program, self.module.path, UTIL, "greenlet_spawn")
            yield self._edit(node, spawn(self.source, node, name), imports, because)

    def _given_session(self, node: ast.Call, context: Context, who: str) -> Iterator[Edit]:
        """`paginate(db, statement)` of a library. Source: SQLAlchemy asyncio, "Running Synchronous Methods"."""
        because = f"{who} works on the sync session inside, in SQLAlchemy's greenlet"
        sessions = given(self.program, node)
        for argument in sessions:
            yield from self._inside_first(argument)
        first = node.args[0] if node.args else None
        if context is Context.AWAIT and sessions == [first] and sync_attribute(self.program, sessions[0]):
            yield from self._on_the_session(node, because)
            return
        for argument in sessions:
            attribute = sync_attribute(self.program, argument)
            if attribute:
                yield self._edit(argument, Replace(f"$it.{attribute}"), (), because)
        if context is Context.AWAIT:
            name, imports = bring(self.program, self.module.path, UTIL, "greenlet_spawn")
            yield self._edit(node, spawn(self.source, node, name), imports, because)

    def _inside_first(self, argument: ast.expr) -> Iterator[Edit]:
        """The `await` of a call of which the sync object is taken: `(await db.connection()).sync_connection`."""
        if isinstance(argument, ast.Call):
            self._early.add(argument)
            yield from self._call(argument)

    def _on_the_session(self, node: ast.Call, because: str) -> Iterator[Edit]:
        """`paginate(db, statement)`, which is given the session first."""
        twin = twin_of(self.program, node)
        if twin is None:
            yield self._edit(node, run_sync(self.source, node), (), because)
            return
        because = f"{twin.name}() of {twin.distribution} does it with an async session"
        name, imports = bring(self.program, self.module.path, twin.module, twin.name)
        drops = (node.func.id,) if isinstance(node.func, ast.Name) else ()
        yield self._edit(node.func, Replace(name), imports, because, drops)
        yield self._edit(node, Replace("await $it"), (), because)

    def _kept_session(self, node: ast.Call) -> None:
        """`Adapter(db)` of a library: nobody sees where it uses the session."""
        name = callee_of(self.program, node)
        if name and keeps_session(name):
            text = f"{name} is given a session that becomes async"
            advice = "use the async variant of the library, or keep a sync session for it"
            span = self.source.span(node)
            self.findings.append(Finding("await", self.module.path, span, "library-session", text, advice))

    def _spawned(self, node: ast.Call) -> Replace:
        name, _ = bring(self.program, self.module.path, UTIL, "greenlet_spawn")
        return spawn(self.source, node, name)

    def _handed_functions(self, node: ast.Call) -> Iterator[Edit]:
        """The async functions that a library calls in the greenlet wait there."""
        for argument in (*node.args, *(k.value for k in node.keywords)):
            handed = self.program.facts.handed.get(argument, ())
            if any(self.colouring.runs(t) in self.colouring.becomes_async for t in handed):
                name, imports = bring(self.program, self.module.path, UTIL, "await_only")
                because = f"{self.source.segment(argument)} becomes async, and its caller is plain"
                yield self._edit(argument, Replace(f"lambda *args: {name}($it(*args))"), imports, because)

    def _property(self, node: ast.Attribute) -> Iterator[Edit]:
        """Reading a property that waits: `await greenlet_spawn(getattr, obj, "name")`."""
        bridged = [f for t in self.program.calls(node) if (f := self.colouring.runs(t)) in self.colouring.bridged]
        if not bridged or not isinstance(node.ctx, ast.Load):
            return
        if context_of(self.program, self.colouring, self.module, node) is Context.AWAIT:
            name, imports = bring(self.program, self.module.path, UTIL, "greenlet_spawn")
            op = Replace(f'await {name}(getattr, $o, "{node.attr}")', (Hole("o", self.source.span(node.value)),))
            yield self._edit(node, op, imports, f"{bridged[0].qualname} waits for the database")

    def _item(self, node: ast.Subscript) -> Iterator[Edit]:
        """`store[key]` where that waits: `await greenlet_spawn(store.__getitem__, key)`."""
        bridged = [f for t in self.program.calls(node) if (f := self.colouring.runs(t)) in self.colouring.bridged]
        if bridged and context_of(self.program, self.colouring, self.module, node) is Context.AWAIT:
            name, imports = bring(self.program, self.module.path, UTIL, "greenlet_spawn")
            holes = (Hole("o", self.source.span(node.value)), Hole("k", self.source.span(node.slice)))
            op = Replace(f"await {name}($o.__getitem__, $k)", holes)
            yield self._edit(node, op, imports, f"{bridged[0].qualname} waits for the database")

    def _wrap(self, node: ast.Call, context: Context, op: Replace, because: str) -> Iterator[Edit]:
        """`await` where it can stand, else what stands for it."""
        imports: tuple[Import, ...] = ()
        if "greenlet_spawn" in op.template:
            _, imports = bring(self.program, self.module.path, UTIL, "greenlet_spawn")
        if context is Context.AWAIT:
            self.waiting.add(node)
            yield self._edit(node, op, imports, because)
        elif context is Context.BRIDGE and op.template == "await $it":
            name, imports = bring(self.program, self.module.path, UTIL, "await_only")
            yield self._edit(node, Replace(f"{name}($it)"), imports, because)
        elif context is Context.MODULE and op.template == "await $it":
            yield from self._at_module_level(node, because)

    def _at_module_level(self, node: ast.Call, because: str) -> Iterator[Edit]:
        """No loop runs while a script is executed: `asyncio.run`. While a module is imported, one may."""
        coroutine = any(self._is_coroutine(t) for t in self.program.calls(node))
        runner = self.helpers.runner
        if coroutine and runner == RUN and in_main_guard(self.source, node):
            yield self._edit(node, Replace("asyncio.run($it)"), (Import("asyncio"),), because)
        elif coroutine or runner == SCRIPT:
            yield from self.helpers.add(runner, node, because)
            yield self._edit(node, Replace(f"{self.helpers.name(runner)}($it)"), (), because)
        else:
            self.findings.append(
                Finding(
                    "await",
                    self.module.path,
                    self.source.span(node),
                    "module-level",
                    f"{self.source.segment(node.func)}() waits for the database while the module is imported",
                    "move it into the lifespan of the app or into an async function",
                )
            )

    def _edit(
        self, node: ast.AST, op: Op, imports: tuple[Import, ...], because: str, drops: tuple[str, ...] = ()
    ) -> Edit:
        if isinstance(op, Replace) and op.template.startswith("await"):
            self.waiting.add(node)
        return Edit("await", self.module.path, self.source.target(node), op, imports, drops, GROUP, because)
