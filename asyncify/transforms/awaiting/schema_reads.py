"""Properties that wait, read by a schema: pydantic reads them plainly, where nobody can await."""

from __future__ import annotations

from collections.abc import Iterator

from asyncify.analysis.infer.attributes import is_property
from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.analysis.unloaded import Reads
from asyncify.analysis.values import Fn
from asyncify.model.edit import Finding
from asyncify.transforms.eager.reading import Reading
from asyncify.transforms.eager.validation import Validation

#: reads that are done in the greenlet, the ones of such a property with them
GREENLET = frozenset({Reads.CALL, Reads.ANSWER})


def properties_in_schemas(program: Program) -> Iterator[Finding]:
    """Findings for response models, and for instances handed to pydantic."""
    waiting = {f for f in program.colouring.bridged if f.cls is not None and is_property(Fn(f))}
    if not waiting:
        return
    reading = Reading(program)
    Validation(reading, routes(program)).read()
    for method, reader in sorted(reading.properties, key=lambda p: (p[1].path, p[0].path, p[0].qualname, p[1].what)):
        source = program.modules[reader.path].source
        in_greenlet = {place.node for place in program.unloaded.get(reader.path, ()) if place.reads in GREENLET}
        if method in waiting and in_greenlet.isdisjoint({reader.node, source.holder(reader.node)}):
            span = source.span(reader.node)
            message = f"{reader.what} reads {method.qualname}, which waits for the database"
            advice = "validate in SQLAlchemy's greenlet: await greenlet_spawn(Schema.model_validate, instance)"
            yield Finding("await", reader.path, span, "schema-property", message, advice)
