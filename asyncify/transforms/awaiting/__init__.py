"""The transform `await`: `async def` through the call graph, and an `await` at every call that waits."""

from __future__ import annotations

from asyncify.analysis.async_attrs import DeclaredBase
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.model.edit import Edit, Finding
from asyncify.transforms.awaiting.absent import absent_members
from asyncify.transforms.awaiting.blocks import block_edits
from asyncify.transforms.awaiting.calls import CallEdits
from asyncify.transforms.awaiting.captured import captured_edits
from asyncify.transforms.awaiting.class_dependencies import ClassDependencies
from asyncify.transforms.awaiting.concurrent_sessions import concurrent_sessions
from asyncify.transforms.awaiting.driven import DrivenEdits
from asyncify.transforms.awaiting.entry import Helpers
from asyncify.transforms.awaiting.examples import EXAMPLES
from asyncify.transforms.awaiting.examples_objects import OBJECTS
from asyncify.transforms.awaiting.exit_stacks import exit_stack_edits
from asyncify.transforms.awaiting.forgotten import forgotten_awaits
from asyncify.transforms.awaiting.generators import generator_edits
from asyncify.transforms.awaiting.implicit_loads import ImplicitLoads
from asyncify.transforms.awaiting.inner_attributes import attribute_edits
from asyncify.transforms.awaiting.kept_conflicts import kept_conflicts
from asyncify.transforms.awaiting.legacy_queries import legacy_query_edits
from asyncify.transforms.awaiting.library_sessions import library_sessions
from asyncify.transforms.awaiting.locks import lock_edits
from asyncify.transforms.awaiting.mended import mended
from asyncify.transforms.awaiting.mixins import mixin_edits
from asyncify.transforms.awaiting.notebooks import notebooks
from asyncify.transforms.awaiting.operators import operator_edits
from asyncify.transforms.awaiting.reflection import reflection_edits
from asyncify.transforms.awaiting.schema_reads import properties_in_schemas
from asyncify.transforms.awaiting.scripts import script_edits
from asyncify.transforms.awaiting.shared_context import shared_contexts
from asyncify.transforms.awaiting.shared_sessions import shared_sessions
from asyncify.transforms.awaiting.statements import StatementEdits
from asyncify.transforms.awaiting.stream_options import StreamOptions
from asyncify.transforms.awaiting.streams import stream_edits
from asyncify.transforms.awaiting.told_factories import told_factories
from asyncify.transforms.awaiting.unclosed import left_open_edits, unclosed_edits
from asyncify.transforms.awaiting.unresolved import unresolved_calls
from asyncify.transforms.awaiting.unused_loops import unused_loops
from asyncify.transforms.awaiting.written_out import written_out_edits
from asyncify.transforms.base import Decisions, Transform


def plan(program: Program) -> Decisions:
    """Await what waits, make async what must be, bridge what cannot be, and report the rest."""
    colouring = program.colouring
    edits: list[Edit] = []
    findings: list[Finding] = list(colouring.findings)
    stream_options = StreamOptions(program)
    bases: set[DeclaredBase] = set()
    answering = {route.function for route in routes(program)}
    schema_reads = properties_in_schemas(program)
    for path in sorted(program.modules):
        if kept_sync(program, path):
            continue
        module = program.modules[path]
        helpers = Helpers(program, module)
        statements = StatementEdits(program, colouring, module, program.async_clients, helpers)
        calls = CallEdits(program, colouring, module, helpers)
        edits.extend(statements.edits())
        edits.extend(calls.edits())
        edits.extend(legacy_query_edits(program, module))
        edits.extend(script_edits(program, colouring, module, helpers))
        classes = ClassDependencies(program, module)
        edits.extend(classes.edits())
        implicit = ImplicitLoads(program, module, helpers, schema_reads)
        both = (
            *stream_edits(program, colouring, module, stream_options),
            *mended(program, colouring, module),
            *exit_stack_edits(program, module),
            *implicit.decide(),
            *left_open_edits(program, module, answering),
        )
        for item in both:
            (edits if isinstance(item, Edit) else findings).append(item)  # type: ignore[arg-type]
        bases |= implicit.bases
        driven = DrivenEdits(program, colouring, module, helpers)
        edits.extend(driven.edits())
        edits.extend(block_edits(program, module))
        edits.extend(attribute_edits(program, module))
        edits.extend(captured_edits(program, module))
        edits.extend(reflection_edits(program, module, helpers))
        edits.extend(written_out_edits(program, module))
        edits.extend(operator_edits(program, module))
        edits.extend(unclosed_edits(program, module))
        edits.extend(generator_edits(program, module))
        edits.extend(unused_loops(program, colouring, module))
        findings.extend((*statements.findings, *calls.findings, *driven.findings, *classes.findings))
        findings.extend(unresolved_calls(program, module))
        findings.extend(absent_members(program, module))
        findings.extend(forgotten_awaits(program, module))
        findings.extend(told_factories(program, module))
        findings.extend(library_sessions(program, module))
        findings.extend(shared_contexts(program, module))
        for found in concurrent_sessions(program, module):
            (edits if isinstance(found, Edit) else findings).append(found)  # type: ignore[arg-type]
    edits.extend(mixin_edits(program, bases))
    for item in lock_edits(program):
        (edits if isinstance(item, Edit) else findings).append(item)  # type: ignore[arg-type]
    findings.extend(shared_sessions(program))
    findings.extend(kept_conflicts(program))
    findings.extend(notebooks(program))
    findings.extend(schema_reads.findings)
    return Decisions(tuple(edits), (), tuple(findings))


AWAIT = Transform(
    name="await",
    step="flip",
    summary="Make every function async that waits for the database, and await its calls through the whole program.",
    plan=plan,
    examples=(*EXAMPLES, *OBJECTS),
)
