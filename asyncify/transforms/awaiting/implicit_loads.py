"""Reads of relationships that nothing has loaded: done in SQLAlchemy's greenlet, where they load themselves as before.

Source: SQLAlchemy asyncio, "Preventing Implicit IO when Using AsyncSession" and "Running Synchronous Methods and
Functions under asyncio"; `greenlet_spawn` is what `run_sync` and `awaitable_attrs` run on.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from asyncify.analysis.async_attrs import DeclaredBase
from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.dotted import is_path
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.program import Program
from asyncify.analysis.pydantic_version import is_pydantic_1
from asyncify.analysis.schema_order import has_late_schemas, is_schema
from asyncify.analysis.schemas import VALIDATORS
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.unloaded import Reads, Unloaded
from asyncify.analysis.values import Cls, Obj, has, objects
from asyncify.knowledge.names import AWAITABLE_ATTRS, DEPENDS
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, InsertStatements, Op, Replace, ReplaceStatement
from asyncify.model.span import Place, Target
from asyncify.transforms.awaiting.context import Context, context_of
from asyncify.transforms.awaiting.entry import SCRIPT, Helpers
from asyncify.transforms.awaiting.schema_reads import SchemaReads
from asyncify.transforms.awaiting.templates import spawn, spawn_below

BUILTINS = frozenset(dir(builtins))
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign)
ADVICE = "load it with the statement that loads the instance"


class ImplicitLoads:
    """Decides on the places of one module that read what nothing loads."""

    def __init__(self, program: Program, module: ModuleInfo, helpers: Helpers, schema_reads: SchemaReads) -> None:
        self.program = program
        self.module = module
        self.source = module.source
        self.helpers = helpers
        self.places = tuple(schema_reads.of(program, module.path))
        self.bases: set[DeclaredBase] = set()  # those that need the attribute

    def decide(self) -> Iterator[Edit | Finding]:
        """Edits, and findings where nothing can be written."""
        for place in self.places:
            context = context_of(self.program, self.program.colouring, self.module, place.node)
            if place.unsure and place.node not in self.program.colouring.points:
                yield from self._unresolved(place)
                continue
            if context not in (Context.AWAIT, Context.MODULE) or self._runs_async(place.node):
                continue
            made = list(self._edits(place))
            if context is Context.MODULE:
                made = list(self._at_top(place, made)) if self.helpers.runner == SCRIPT else []
            yield from made
            if not made:
                yield self._left(place)

    def _at_top(self, place: Unloaded, edits: list[Edit]) -> Iterator[Edit]:
        """The same at the top of a script: run to its end in the loop of the script."""
        run = self.helpers.name(SCRIPT)
        for edit in edits:
            if not isinstance(edit.op, (Replace, InsertStatements)):
                continue
            lines = edit.op.template.splitlines(keepends=True)
            op = replace(edit.op, template="".join(_run(line, run) for line in lines))
            yield from self.helpers.add(SCRIPT, place.node, edit.because)
            yield replace(edit, op=op)

    def _read(self, instance: ast.expr, attribute: str, text: str) -> tuple[str, tuple[Import, ...]]:
        """The read of an attribute, awaited, and what it imports. text: how the instance is written."""
        bases = self.program.async_attributes.bases(instance)
        if bases:
            self.bases |= bases
            return f"await {text}.{AWAITABLE_ATTRS}.{attribute}", ()
        name, imports = bring(self.program, self.module.path, "sqlalchemy.util", "greenlet_spawn")
        return f'await {name}(getattr, {text}, "{attribute}")', imports

    def _edits(self, place: Unloaded) -> Iterator[Edit]:
        node = place.node
        name, imports = bring(self.program, self.module.path, "sqlalchemy.util", "greenlet_spawn")
        if place.reads is Reads.CALL and isinstance(node, ast.Call):
            target = self.source.target(node)
            if self._gives_coroutine(node):
                yield self._edit(place, target, Replace("await $it"), ())
                return
            below = spawn_below(self.source, node, name) if self._builds_late(node) else None
            yield self._edit(place, target, below or spawn(self.source, node, name), imports)
        elif place.reads is Reads.ITEMS and isinstance(node, ast.Attribute):
            text, more = self._read(node.value, node.attr, "$o")
            op = Replace(f"await {name}(list, {text})", (Hole("o", self.source.span(node.value)),))
            yield self._edit(place, self.source.target(node), op, (*imports, *more))
        elif place.reads is Reads.ATTRIBUTE and isinstance(node, ast.Attribute):
            text, imports = self._read(node.value, node.attr, "$o")
            op = Replace(text, (Hole("o", self.source.span(node.value)),))
            yield self._edit(place, self.source.target(node), op, imports)
        elif place.reads is Reads.WRITE and isinstance(node, ast.Attribute) and _is_steady(node.value):
            statement = self.source.statement(node)
            if isinstance(statement, SIMPLE):
                text, imports = self._read(node.value, node.attr, self.source.segment(node.value))
                yield from self._before(place, statement, f"{text}\n", imports)
        elif place.reads is Reads.TOUCH and is_path(node) and place.attribute and place.many:
            one = free_name(self.program, self.module.path, "one")
            text, imports = self._read(node, place.attribute, one)
            loop = f"for {one} in {self.source.segment(node)}:\n    {text}\n"
            yield from self._before(place, self.source.statement(node), loop, imports)
        elif place.reads is Reads.TOUCH and is_path(node) and place.attribute:
            text, imports = self._read(node, place.attribute, self.source.segment(node))
            text = f"{text}\n" if place.there else f"if {self.source.segment(node)} is not None:\n    {text}\n"
            yield from self._before(place, self.source.statement(node), text, imports)
        elif place.reads is Reads.ANSWER:
            yield from self._answer(place, name, imports)

    def _before(self, place: Unloaded, statement: ast.stmt, text: str, imports: tuple[Import, ...]) -> Iterator[Edit]:
        target = Target(self.source.span(statement), Place.STATEMENT)
        yield self._edit(place, target, InsertStatements(text, "before"), imports)

    def _answer(self, place: Unloaded, name: str, imports: tuple[Import, ...]) -> Iterator[Edit]:
        """FastAPI validates an answer outside of the greenlet: done once before in it, everything is loaded. Where that
        is not enough, what was validated is the answer, which FastAPI takes as it is."""
        validator = self._validator(place)
        statement = self.source.statement(place.node)
        once = place.attributes and not place.again and self._all_have(place)
        bases = self.program.async_attributes.bases(place.node) if once else frozenset()
        if bases and isinstance(statement, ast.Return):
            self.bases |= bases
            reads = "".join(f"await {{name}}.{AWAITABLE_ATTRS}.{attribute}\n" for attribute in place.attributes)
            yield from self._before_answer(place, statement, reads, ())
            return
        if validator is None or not isinstance(statement, ast.Return) or (place.again and place.writes):
            return
        call, arguments, more = validator
        prepared = self._as_prepared(place.node)
        if place.again:
            named = isinstance(place.node, ast.Name)
            made = place.node.id if isinstance(place.node, ast.Name) else self._free_name(place.node)
            text = f"return await {name}({call}, {made}{prepared}{arguments})\n"
            text = text if named else f"{made} = $made\n{text}"
            op = ReplaceStatement(text, () if named else (Hole("made", self.source.span(place.node)),))
            yield self._edit(place, Target(self.source.span(statement), Place.STATEMENT), op, (*imports, *more))
            return
        read = f"await {name}({call}, {{name}}{prepared}{arguments})\n"
        if self.program.function_of(place.node) in self._called:
            hide, needed = bring(self.program, self.module.path, "contextlib", "suppress")
            error, also = bring(self.program, self.module.path, "pydantic", "ValidationError")
            read, more = f"with {hide}({error}):\n    {read}", (*more, *needed, *also)
        yield from self._before_answer(place, statement, read, (*imports, *more))

    def _before_answer(
        self, place: Unloaded, statement: ast.Return, read: str, imports: tuple[Import, ...]
    ) -> Iterator[Edit]:
        """Read what a route returns before it does. read: lines, in which `{name}` stands for it."""
        if isinstance(place.node, ast.Name):
            yield from self._before(place, statement, read.replace("{name}", place.node.id), imports)
            return
        name = self._free_name(place.node)
        text = f"{name} = $made\n{read.replace('{name}', name)}return {name}\n"
        op = ReplaceStatement(text, (Hole("made", self.source.span(place.node)),))
        yield self._edit(place, Target(self.source.span(statement), Place.STATEMENT), op, imports)

    def _free_name(self, node: ast.expr) -> str:
        function = self.program.function_of(node)
        taken = function.local_names if function is not None else frozenset[str]()
        return next(n for n in ("answer", "answer_", "the_answer") if n not in taken)

    def _as_prepared(self, node: ast.expr) -> str:
        """What FastAPI does to a schema of pydantic 1 before it validates it as another one, which might not be able to
        read it itself. Source: `fastapi.routing._prepare_response_content`."""
        values = self.program.values(node)
        schemas = [v for v in values if isinstance(v, Obj) and is_schema(self.program, v.info)]
        alone = len(schemas) == len(values) > 0 and not any(self.program.orm.is_model(v.info) for v in schemas)
        return ".dict(by_alias=True)" if alone and is_pydantic_1(self.program) else ""

    def _validator(self, place: Unloaded) -> tuple[str, str, tuple[Import, ...]] | None:
        """What validates a response model, its further arguments and imports. Source: `fastapi._compat.ModelField`:
        a `TypeAdapter` with `from_attributes`; with pydantic 1 the field of a model."""
        assert place.model is not None
        model, path = place.model
        if not self._is_named_there(model, path, place.node):
            return None
        text = self.program.modules[path].source.segment(model)
        if place.writes and not isinstance(self.program.names.resolve_expression(path, model), ClassInfo):
            return None
        if is_pydantic_1(self.program):
            name, imports = bring(self.program, self.module.path, "pydantic", "parse_obj_as")
            return f"{name}, {text}", "", imports
        if isinstance(self.program.names.resolve_expression(path, model), ClassInfo):
            made = f"{text}.model_validate(value, from_attributes=True)"
            if place.writes:
                return f"lambda value: {made}.model_dump()", "", ()
            if self._has_late_schemas:
                return f"lambda value: {made}", "", ()
            return f"{text}.model_validate", ", from_attributes=True", ()
        name, imports = bring(self.program, self.module.path, "pydantic", "TypeAdapter")
        return f"{name}({text}).validate_python", ", from_attributes=True", imports

    def _all_have(self, place: Unloaded) -> bool:
        """Whether all that may be returned has the attributes that a response model reads of some of it."""
        infos = {o.info for o in objects(self.program.values(place.node)) if self.program.orm.is_model(o.info)}
        return len(infos) < 2 or all(self._has(info, name) for info in infos for name in place.attributes)

    def _has(self, info: ClassInfo, name: str) -> bool:
        bases = self.program.classes.program_ancestors(info)
        own = any(name in base.attributes or name in base.methods for base in bases)
        return own or self.program.orm.relationship(info, name) is not None

    def _is_named_there(self, model: ast.expr, path: str, node: ast.expr) -> bool:
        """Whether the names in a model mean the same where a route returns: none is local to a function around the
        model alone, as where a class of views is told its schema, or to another file. `self` is the same in methods of
        a class and of those that derive from it."""
        here, function = self.program.function_of(model), self.program.function_of(node)
        around = []
        while function is not None:
            around.append(function)
            function = function.parent
        if here in around:
            return True
        names = {name.id for name in ast.walk(model) if isinstance(name, ast.Name)}
        if here is not None and here.cls is not None and here.parameters:
            own = here.parameters[0].arg
            names -= {own for f in around if f.parameters and f.parameters[0].arg == own and self._is_of(f, here.cls)}
        if path != self.module.path and not names <= BUILTINS:
            return False
        return here is None or names.isdisjoint(here.local_names)

    def _is_of(self, function: FunctionInfo, info: ClassInfo) -> bool:
        """Whether a function is a method of a class, or of one that derives from it."""
        return function.cls is not None and info in self.program.classes.program_ancestors(function.cls)

    @cached_property
    def _called(self) -> frozenset[FunctionInfo]:
        """What code calls, too: a caller may answer something else, to which a response model says nothing."""
        program = self.program
        calls = (c for c in program.facts.calls if isinstance(c, ast.Call) and not has(program.values(c), DEPENDS))
        return frozenset(target.info for call in calls for target in program.facts.calls[call])

    @cached_property
    def _has_late_schemas(self) -> bool:
        return has_late_schemas(self.program)

    def _builds_late(self, node: ast.Call) -> bool:
        """Whether a call may be the first that uses a schema, which is built then."""
        values = self.program.values(node.func)
        makes = any(isinstance(v, Cls) and is_schema(self.program, v.info) for v in values)
        validates = isinstance(node.func, ast.Attribute) and node.func.attr in VALIDATORS
        return (makes or validates) and self._has_late_schemas

    def _runs_async(self, node: ast.expr) -> bool:
        """Whether a call runs a function that is async already: it reads in there, and its caller waits.

        The async one of two wrappers, between which a decorator chooses, runs for async functions only.
        """
        targets = self.program.calls(node) if isinstance(node, ast.Call) else ()
        known = self.program.colouring.wrappers.known
        return any(t.info.is_async and not (t.info in known and known[t.info].told_apart) for t in targets)

    def _gives_coroutine(self, node: ast.Call) -> bool:
        colouring = self.program.colouring
        return any(colouring.runs(t) in colouring.becomes_async for t in self.program.calls(node))

    def _edit(self, place: Unloaded, target: Target, op: Op, imports: tuple[Import, ...]) -> Edit:
        return Edit("await", self.module.path, target, op, imports, (), "flip", f"{place.what}, loaded there")

    def _unresolved(self, place: Unloaded) -> Iterator[Finding]:
        """Where nothing waits, a method may only have the name of one that reads. Tests are full of stand-ins."""
        if not is_test_path(self.module.path):
            called = self.source.segment(place.node)
            message = f"{called} may need what nothing loads ({place.what}), and what this object is here is not known"
            advice = "annotate it, so that it is found, or await greenlet_spawn(...) of the call if it is one of these"
            span = self.source.span(place.node)
            yield Finding("await", self.module.path, span, "unresolved-call", message, advice)

    def _left(self, place: Unloaded) -> Finding:
        message = f"{place.what}, and nothing loads it before"
        return Finding("await", self.module.path, self.source.span(place.node), "implicit-load", message, ADVICE)


def _is_steady(node: ast.expr) -> bool:
    """Whether an expression is the same one when it is evaluated twice: `self.user`, `users[0]`."""
    while isinstance(node, ast.Subscript) and (isinstance(node.slice, ast.Constant) or is_path(node.slice)):
        node = node.value
    return is_path(node)


def _run(line: str, run: str) -> str:
    """`await $it` to `run_in_script($it)`."""
    before, _, it = line.partition("await ")
    return f"{before}{run}({it.rstrip()}){it[len(it.rstrip()) :]}" if it else line
