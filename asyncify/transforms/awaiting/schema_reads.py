"""Properties that wait, read by a schema: pydantic reads them plainly, where nobody can await."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from asyncify.analysis.infer.attributes import is_property
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.analysis.unloaded import Reads, Unloaded
from asyncify.analysis.values import Fn
from asyncify.model.edit import Finding
from asyncify.transforms.awaiting.context import Context, context_of
from asyncify.transforms.eager.reading import Reading
from asyncify.transforms.eager.unplaced import places
from asyncify.transforms.eager.validation import Validation

#: reads that can be done in the greenlet, the ones of such a property with them
GREENLET = frozenset({Reads.CALL, Reads.ANSWER})


@dataclass(frozen=True)
class SchemaReads:
    """places: by file, what reads such properties and can do so in the greenlet. Where it reads again, as FastAPI does
    with an answer, so do they. findings: where nothing can be written."""

    places: Mapping[str, tuple[Unloaded, ...]]
    findings: tuple[Finding, ...]

    def of(self, program: Program, path: str) -> Iterator[Unloaded]:
        """All places of a file that read in the greenlet, these among them."""
        waiting = {place.node: place for place in self.places.get(path, ())}
        for place in program.unloaded.get(path, ()):
            yield replace(place, again=place.node in waiting)
            waiting.pop(place.node, None)
        yield from waiting.values()


def properties_in_schemas(program: Program) -> SchemaReads:
    """What response models, and instances handed to pydantic, read."""
    waiting = {f for f in program.colouring.bridged if f.cls is not None and is_property(Fn(f))}
    if not waiting:
        return SchemaReads({}, ())
    known = routes(program)
    answering = {route.function: route for route in known}
    reading = Reading(program)
    Validation(reading, known).read()
    found: dict[str, dict[ast.AST, Unloaded]] = defaultdict(dict)
    findings = []
    for method, reader in sorted(reading.properties, key=lambda p: (p[1].path, p[0].path, p[0].qualname, p[1].what)):
        module = program.modules[reader.path]
        if method not in waiting:
            continue
        in_greenlet = {place.node for place in program.unloaded.get(reader.path, ()) if place.reads is Reads.CALL}
        if not in_greenlet.isdisjoint({reader.node, module.source.holder(reader.node)}):
            continue
        for place in places(program, answering, reader, {(method.name,)}):
            context = context_of(program, program.colouring, module, place.node)
            if place.reads in GREENLET and context is Context.AWAIT and not kept_sync(program, reader.path):
                again = place.reads is Reads.ANSWER
                found[reader.path][place.node] = replace(place, attributes=(), again=again)
                continue
            message = f"{reader.what} reads {method.qualname}, which waits for the database"
            advice = "validate in SQLAlchemy's greenlet: await greenlet_spawn(Schema.model_validate, instance)"
            span = module.source.span(reader.node)
            findings.append(Finding("await", reader.path, span, "schema-property", message, advice))
    return SchemaReads({path: tuple(by_node.values()) for path, by_node in found.items()}, tuple(findings))
