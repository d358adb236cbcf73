"""Close the sessions that a test suite left to the garbage collector."""

from __future__ import annotations

from collections.abc import Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.unclosed import Leak, Unclosed, unclosed_sessions
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, InsertStatements, Op, ReplaceStatement

BECAUSE = "the garbage collector cannot give an async connection back"


def unclosed_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """All such edits of a file, in functions that become async."""
    for one in unclosed_sessions(program, module):
        function = program.function_of(one.place)
        if function in program.colouring.becomes_async:
            target, op = module.source.target(one.place), _op(program, module, one)
            yield Edit("await", module.path, target, op, group="flip", because=BECAUSE)


def _op(program: Program, module: ModuleInfo, one: Unclosed) -> Op:
    if one.leak is Leak.LOCAL:
        return InsertStatements(f"await {one.name}.close()", "before" if one.before else "after")
    assert one.value is not None
    hole = (Hole("made", module.source.span(one.value)),)
    if one.name:
        return ReplaceStatement(f"yield $made\nawait {one.name}.close()", hole)
    name = free_name(program, module.path, "session")
    if one.leak is Leak.OVERRIDE:
        return ReplaceStatement(f"async with $made as {name}:\n    yield {name}", hole)
    return ReplaceStatement(f"{name} = $made\nyield {name}\nawait {name}.close()", hole)
