"""The transform `engine`: `create_engine` to `create_async_engine`, its URL, arguments, listeners, and errors."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from asyncify.analysis.bindings import as_written, bring, free_name
from asyncify.analysis.databases import backends
from asyncify.analysis.environments import Environment, async_environments
from asyncify.analysis.fixtures import is_test, is_test_path
from asyncify.analysis.foreign_engines import FOREIGN_ENGINE
from asyncify.analysis.handed_makers import is_provided, later_call
from asyncify.analysis.kept_files import is_alembic, kept_sync
from asyncify.analysis.makers import Made
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, Inst, Member, Value, has
from asyncify.knowledge import mysql_arguments, names
from asyncify.knowledge.drivers import Choice, async_driver
from asyncify.knowledge.engine_arguments import ARGUMENTS, EngineArgument
from asyncify.knowledge.engine_listeners import ENGINE_LISTENERS, LISTENERS
from asyncify.knowledge.names import canonical
from asyncify.knowledge.session_libraries import MIDDLEWARE
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import AppendToModule, EditCall, EditDecorators, InsertStatements, Op, Replace
from asyncify.transforms.base import Decisions, Transform
from asyncify.transforms.engine import libpq_arguments, looked_up_columns, text_numbers
from asyncify.transforms.engine.alembic_environments import environment_edits
from asyncify.transforms.engine.connect_args import converted
from asyncify.transforms.engine.disposal import disposals
from asyncify.transforms.engine.driver_arguments import TOLD, listeners
from asyncify.transforms.engine.driver_listeners import Listener, leaves_psycopg2, needed_listeners
from asyncify.transforms.engine.driver_words import driver_words
from asyncify.transforms.engine.engine_notes import EngineNotes
from asyncify.transforms.engine.engine_uses import EngineUses
from asyncify.transforms.engine.examples import EXAMPLES
from asyncify.transforms.engine.loops import KEEP, KEEP_IMPORTS, is_loop_bound, keeping_source
from asyncify.transforms.engine.pools import QUEUE, lacks_queue
from asyncify.transforms.engine.shared_helpers import home_of
from asyncify.transforms.engine.texts import TARGETS
from asyncify.transforms.engine.urls import (
    change_of,
    configured_url,
    is_async_already,
    literal,
    outdented,
    with_drivername,
    written_url,
)
from asyncify.transforms.settings.choice import driver_choice
from asyncify.transforms.settings.url_helper import HELPER_IMPORTS, HELPER_NAME, runtime_helper
from asyncify.transforms.sync_twins import SyncTwins

GROUP = "flip"
ASYNCIO = "sqlalchemy.ext.asyncio"
MAKERS = {
    names.CREATE_ENGINE: "create_async_engine",
    "sqlalchemy.engine_from_config": "async_engine_from_config",
}


@dataclass
class _Planner:
    program: Program
    choice: Choice
    twins: SyncTwins
    notes: EngineNotes
    edits: list[Edit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    helpers: set[tuple[str, str]] = field(default_factory=set)
    done: set[ast.expr] = field(default_factory=set)
    made: bool = False  # an engine becomes async
    lacking: list[Listener] = field(default_factory=list)  # what engines that leave their driver still need

    def module(self, module: ModuleInfo) -> None:
        """All engines and engine listeners of one module."""
        for node in module.source.nodes:
            if not isinstance(node, ast.Call) or self.program.function_of(node) in self.program.colouring.kept:
                continue
            if self.program.colouring.twins.is_staying(node):
                continue
            self.middleware(module, node)
            made = later_call(self.program, node)
            for value in self.program.values(made.func):
                name = canonical(value.name) if isinstance(value, Ext) else ""
                if name in MAKERS and has(self.program.values(made), FOREIGN_ENGINE):
                    advice = "async code runs what uses it in a thread"
                    message = "its database has no async driver that is known, and it stays synchronous"
                    self.report(module, made, "engine-url", message, advice)
                elif name in MAKERS:
                    self.engine(module, made, MAKERS[name], provided=is_provided(self.program, node))
                elif name in LISTENERS and node.args:
                    self.listener(module, node)
                elif (name or _method_of_library(value)) in ENGINE_LISTENERS:
                    self.listening_library(module, node)

    def middleware(self, module: ModuleInfo, node: ast.Call) -> None:
        """`add_middleware(DBSessionMiddleware, db_url=...)`: a library makes the engine."""
        for given in (node.func, *node.args[:1]):
            if any(isinstance(v, Ext) and v.name == MIDDLEWARE for v in self.program.values(given)):
                for keyword in node.keywords:
                    if keyword.arg == "db_url":
                        self.made = True
                        self.url(module, keyword.value, shared=False, provided=False)

    def environment(self, one: Environment) -> None:
        """The engines that an environment of Alembic makes for itself."""
        for node in one.makers:
            names_of = (canonical(v.name) for v in self.program.values(node.func) if isinstance(v, Ext))
            for name in names_of:
                if name in MAKERS:
                    self.engine(self.program.modules[one.path], node, MAKERS[name], provided=False, of_app=False)

    def engine(self, module: ModuleInfo, node: ast.Call, maker: str, *, provided: bool, of_app: bool = True) -> None:
        """One `create_engine(...)`. provided: a container calls it, and what it is given may be a provider.
        of_app: it serves the app, and not a program of its own that ends."""
        self.made = True
        local, imports = bring(self.program, module.path, ASYNCIO, maker)
        drops = tuple(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
        self.edit(module, node.func, Replace(local), "the engine becomes async", imports, drops)
        removed: list[str | int] = []
        url = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "url"), None)
        queue = lacks_queue(self.program, module.path, node, url)
        for keyword in node.keywords:
            row = next((a for a in ARGUMENTS if a.name == keyword.arg and _ends_in(keyword.value, a)), None)
            if row is None:
                continue
            removed.append(row.name)
            if not row.harmless:
                self.report(
                    module, keyword.value, "engine-argument", f"{row.name} cannot be given to an async engine", row.why
                )
        gone = tuple(
            n.id for k in node.keywords if k.arg in removed for n in ast.walk(k.value) if isinstance(n, ast.Name)
        )
        if queue:
            local, imports = bring(self.program, module.path, "sqlalchemy.pool", QUEUE)
            op = EditCall(tuple(name for name in removed if name != "poolclass"), (("poolclass", local),))
            self.edit(module, node, op, "aiosqlite has no queue by itself before SQLAlchemy 2.0.38", imports, gone)
        elif removed:
            self.edit(module, node, EditCall(remove=tuple(removed)), "the async engine refuses it", (), gone)
        if of_app and not is_test_path(module.path):
            self.take(self.notes.decide(module, node, url))
        if url is not None and maker == "create_async_engine":
            self.url(module, url, shared=self.twins.has_twin(node), provided=provided)
            colouring = self.program.colouring
            at_import = any(is_test_path(path) for path in colouring.loops_at_import)
            if of_app and colouring.own_loops and (at_import or not is_test_path(module.path)):
                self.loops(module, node, url)
        elif maker == "async_engine_from_config":
            self.configured(module, node)
        for keyword in node.keywords:
            if keyword.arg == "connect_args" and isinstance(keyword.value, ast.Dict):
                self.connect_args(module, keyword.value)

    def loops(self, module: ModuleInfo, node: ast.Call, url: ast.expr) -> None:
        """More than one event loop will use the engine."""
        pools = {ast.unparse(k.value).rpartition(".")[2] for k in node.keywords if k.arg == "poolclass"}
        if pools & {"NullPool", "StaticPool"} or not is_loop_bound(self.program, module.path, url, self.choice):
            return  # nothing is kept, or one connection is meant to serve all
        because = (
            "connections cannot go from one event loop to another, and parts of the program have loops of their own"
        )
        name = free_name(self.program, module.path, KEEP)
        if (module.path, KEEP) not in self.helpers:
            self.helpers.add((module.path, KEEP))
            text = keeping_source(self.program).strip("\n").replace(KEEP, name)
            imports = as_written(self.program, module.path, KEEP_IMPORTS)
            self.edit(module, node, AppendToModule(text, "imports"), because, imports)
        self.edit(module, node, Replace(f"{name}($it)"), because)

    def connect_args(self, module: ModuleInfo, node: ast.Dict) -> None:
        """What the driver is given beside the URL. Only where it is clear which driver gets it."""
        found = [self.choice.get(b, "") for b in backends(self.program) if b != "sqlite"]
        driver = async_driver(found[0]) if len({name.partition("+")[2] for name in found}) == 1 else None
        if driver is None:
            return
        told = [one for one, _ in listeners(self.program, self.choice) if driver.drivername in one.targets]
        op, advice = converted(module.source, node, driver)
        if op is not None and not any((module.path, one.name) in self.helpers for one in told):  # they translate it too
            self.edit(module, node, op, f"{driver.package} has other names for what the connection is given")
        for name, line in advice:
            if any(one.takes(name) for one in told):
                self.arguments(module, node)
            if name in mysql_arguments.LOST or not any(one.takes(name) for one in told):
                message = f"{driver.package} does not take {name}"
                self.report(module, node, "engine-connect-args", message, f"{name}: {line}")

    def url(self, module: ModuleInfo, node: ast.expr, *, shared: bool, provided: bool) -> None:
        """The URL argument. shared: a sync twin of the engine is made from it too. provided: it may be a provider."""
        written = written_url(self.program, module.path, node)
        if written is not None and not (shared and written[1] is not node):
            path, literal_node = written
            if literal_node in self.done:
                return
            self.done.add(literal_node)
            change = change_of(literal_node, self.choice)
            if change is None:
                if not is_async_already(literal_node):
                    self.report(
                        module, node, "engine-url", "this URL has no async driver that is known", "set it by hand"
                    )
                return
            source = self.program.modules[path].source
            text = outdented(source.segment(literal_node), source.span(source.statement(literal_node)).column)
            old = str(literal_node.value if isinstance(literal_node, ast.Constant) else _head(literal_node))
            whole = change.faithful or change.drivername not in TOLD
            new = literal(text, old, change.text if whole else with_drivername(old, change.drivername))
            if new is not None:
                self.edit(
                    self.program.modules[path], literal_node, Replace(new), f"the async driver is {change.drivername}"
                )
                self.psycopg(module, node, meets=change.drivername in TARGETS)
                if not whole:
                    self.arguments(module, node)
                for lost in change.lost if whole else ():
                    if lost.advice:
                        self.report(module, node, "engine-url-argument", f"{lost.key} left the URL", lost.advice)
                return
        imports = self.helper(module, node)
        text = f"{HELPER_NAME}($it)"
        if provided:
            local, more = bring(self.program, module.path, "dependency_injector.providers", "Callable")
            imports = (*imports, *more)
            text = f"{local}({HELPER_NAME}, $it)"
        self.edit(module, node, Replace(text), "the URL is only known at run time", imports)
        self.psycopg(module, node, meets="postgresql" in backends(self.program))
        self.arguments(module, node)

    def configured(self, module: ModuleInfo, node: ast.Call) -> None:
        """`engine_from_config(config, prefix)`: a keyword `url` goes before what the configuration says."""
        given = next((k.value for k in node.keywords if k.arg == "url"), None)
        if given is not None:
            self.url(module, given, shared=self.twins.has_twin(node), provided=False)
            return
        named = (k.value for k in node.keywords if k.arg == "configuration")
        config = node.args[0] if node.args else next(named, None)
        said = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "prefix")]
        prefix = "sqlalchemy." if not said else said[0].value if isinstance(said[0], ast.Constant) else None
        said_url = configured_url(module.source, config, prefix + "url") if isinstance(prefix, str) else ""
        if not said_url:
            advice = "give it url=, with the async driver"
            self.report(module, node, "engine-url", "the URL comes from a configuration that is not followed", advice)
            return
        imports = self.helper(module, node)
        text = f"{HELPER_NAME}({said_url})"
        self.edit(module, node, EditCall(set=(("url", text),)), "the URL is only known at run time", imports)
        self.psycopg(module, node, meets="postgresql" in backends(self.program))
        self.arguments(module, node)

    def helper(self, module: ModuleInfo, node: ast.AST) -> tuple[Import, ...]:
        """The function that converts URLs, once a module; what has to be imported where the app has it."""
        if (module.path, HELPER_NAME) not in self.helpers and HELPER_NAME not in module.bound:
            home = home_of(self.program, module, node, HELPER_NAME, self.helpers)
            if home:
                return (Import(home, HELPER_NAME),)
            self.helpers.add((module.path, HELPER_NAME))
            helper = runtime_helper(backends(self.program), self.choice).rstrip("\n")
            imports = as_written(self.program, module.path, HELPER_IMPORTS)
            self.edit(module, node, AppendToModule(helper, "imports"), "the URL is only known at run time", imports)
        return ()

    def arguments(self, module: ModuleInfo, node: ast.AST) -> None:
        """The listeners that tell async drivers what the sync ones are told, once a module; those of the app, which are
        for all engines, serve its tests."""
        for one, target in listeners(self.program, self.choice):
            if (module.path, one.name) not in self.helpers and not home_of(
                self.program, module, node, one.name, self.helpers
            ):
                self.helpers.add((module.path, one.name))
                text, imports = one.source(self.program, module.path, target)
                self.edit(module, node, AppendToModule(text.rstrip("\n"), "imports"), one.because, imports)

    def psycopg(self, module: ModuleInfo, node: ast.expr, *, meets: bool) -> None:
        """The listeners that let a driver do what the one before did, once for all engines. meets: it may be used."""
        if meets and not is_test(module.path) and not is_alembic(self.program, module.path):
            for one in self.lacking:
                text, imports = one.source(self.program, module.path)
                self.edit(module, node, AppendToModule(text.rstrip("\n"), "imports"), one.because, imports)
            self.lacking = []

    def listener(self, module: ModuleInfo, node: ast.Call) -> None:
        """`event.listen(engine, ...)`: on the sync engine inside. Source: "Using events with the asyncio extension"."""
        target = node.args[0]
        values = self.program.values(target)
        if self.twins.stays(target):
            return
        if has(values, names.ENGINE):
            self.twin_listener(module, node)
            self.edit(module, target, Replace("$it.sync_engine"), "events fire on the sync engine inside")
        elif has(values, names.SESSION) and not has(values, names.SCOPED_SESSION):  # that one is a factory
            self.edit(module, target, Replace("$it.sync_session"), "events fire on the sync session inside")
        elif has(values, names.CONNECTION):
            self.edit(module, target, Replace("$it.sync_connection"), "events fire on the sync connection inside")

    def listening_library(self, module: ModuleInfo, node: ast.Call) -> None:
        """`SQLAlchemyInstrumentor().instrument(engine=engine)`, or `engines=[...]`."""
        for given in (*node.args, *(k.value for k in node.keywords)):
            for engine in given.elts if isinstance(given, (ast.List, ast.Tuple)) else [given]:
                if has(self.program.values(engine), names.ENGINE) and not self.twins.stays(engine):
                    self.edit(module, engine, Replace("$it.sync_engine"), "what is given it listens to its events")

    def twin_listener(self, module: ModuleInfo, node: ast.Call) -> None:
        """What listens to an engine listens to its sync twin as well."""
        found = self.twins.listened(node.args[0])
        if found is None:
            return
        twin, imports = found
        source = module.source
        text = f"{source.segment(node.func)}({', '.join([twin, *map(source.segment, node.args[1:])])}"
        text += "".join(f", {source.segment(k)}" for k in node.keywords) + ")"
        outer = source.parent(node)
        op: Op = EditDecorators(add=(text,)) if not isinstance(outer, ast.Expr) else InsertStatements(text, "after")
        if isinstance(outer, (ast.FunctionDef, ast.Expr)):
            self.edit(module, outer, op, "the sync engine beside it behaves alike", imports)

    def take(self, items: Iterable[Edit | Finding]) -> None:
        """What others have decided."""
        for item in items:
            if isinstance(item, Edit):
                self.edits.append(item)
            else:
                self.findings.append(item)

    def edit(
        self,
        module: ModuleInfo,
        node: ast.AST,
        op: Op,
        because: str,
        imports: tuple[Import, ...] = (),
        drops: tuple[str, ...] = (),
    ) -> None:
        target = module.source.target(node)
        self.edits.append(Edit("engine", module.path, target, op, imports, drops, GROUP, because))

    def report(self, module: ModuleInfo, node: ast.AST, code: str, message: str, advice: str) -> None:
        self.findings.append(Finding("engine", module.path, module.source.span(node), code, message, advice))


def _method_of_library(value: Value) -> str:
    """The dotted name of a method of a library, where a value is one."""
    if isinstance(value, Member) and isinstance(value.base, Inst):
        return f"{value.base.type}.{value.name}"
    return ""


def _ends_in(node: ast.expr, row: EngineArgument) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return not row.value or name == row.value


def _head(node: ast.expr) -> str:
    assert isinstance(node, ast.JoinedStr)
    first = node.values[0]
    assert isinstance(first, ast.Constant)
    return str(first.value)


def plan(program: Program) -> Decisions:
    """Make every engine of the app async, except in files that stay sync."""
    twins = SyncTwins(program, "engine", Made.ENGINE)
    choice = driver_choice(program)
    notes = EngineNotes(program, choice, twins, "engine", GROUP)
    planner = _Planner(program, choice, twins, notes, lacking=needed_listeners(program, choice))
    for path in sorted(program.modules, key=lambda path: (is_test_path(path), path)):
        if not kept_sync(program, path):
            planner.module(program.modules[path])
    for path, made in program.only_foreign_engines:
        message = "its database has no async driver that is known, so all code stays synchronous"
        planner.report(program.modules[path], made, "engine-url", message, "move to another database first")
    for one in async_environments(program).values():
        planner.environment(one)
    beside = driver_words(program, choice, "engine", GROUP) if planner.made else ()
    if planner.made:
        refuses = leaves_psycopg2(program, choice, libpq_arguments.TARGET)
        for module, node in text_numbers.sure(program) if refuses else ():
            said = text_numbers.typed(program, module, node)
            if said is not None and program.function_of(node) not in program.colouring.kept:
                planner.edit(module, node, Replace(said[0]), "asyncpg compares what is of one type", said[1])
                continue
            message = "asyncpg compares a value with one of its type only, and this is text"
            planner.report(module, node, "driver-text", message, "convert it: `int(...)`")
        for module, node, op, imports in looked_up_columns.converted(program) if refuses else ():
            planner.edit(module, node, op, "asyncpg compares what is of one type", imports)
        planner.edits += EngineUses(program, choice, "engine", GROUP).decide()
    planner.take((*twins.edits(), *beside, *environment_edits(program, "engine")))
    planner.edits.extend(disposals(program))
    return Decisions(tuple(dict.fromkeys(planner.edits)), (), tuple(planner.findings), budget=notes.budget())


ENGINE = Transform(
    name="engine",
    step="flip",
    summary="Make engines async: create_async_engine, the URL's driver, arguments, event listeners.",
    plan=plan,
    examples=EXAMPLES,
)
