"""Close the sessions that tests and routes left to the garbage collector."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.unclosed import Leak, Unclosed, opening_lambdas, unclosed_sessions
from asyncify.analysis.unclosed_answers import LeftOpen, sessions_left_open
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import EncloseRest, Hole, InsertStatements, Op, Replace, ReplaceStatement

BECAUSE = "the garbage collector cannot give an async connection back"


def unclosed_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """All such edits of a file, in functions that become async."""
    for one in unclosed_sessions(program, module):
        function = program.function_of(one.place)
        if function in program.colouring.becomes_async:
            target, op = module.source.target(one.place), _op(program, module, one)
            yield Edit("await", module.path, target, op, group="flip", because=BECAUSE)
            if one.made is not None:
                target, named = module.source.target(one.made), Replace(free_name(program, module.path, "session"))
                yield Edit("await", module.path, target, named, group="flip", because=BECAUSE)
    opener, session = free_name(program, module.path, "new_session"), free_name(program, module.path, "session")
    for number, node in enumerate(opening_lambdas(program, module), 1):
        name = f"{opener}_{number}" if number > 1 else opener
        template = f"async def {name}():\n    async with $made as {session}:\n        yield {session}\n"
        made = Hole("made", module.source.span(node.body))
        before = InsertStatements(template, "before", (made,))
        target = module.source.target(module.source.statement(node))
        yield Edit("await", module.path, target, before, group="flip", because=BECAUSE)
        yield Edit("await", module.path, module.source.target(node), Replace(name), group="flip", because=BECAUSE)


def left_open_edits(
    program: Program, module: ModuleInfo, answering: Collection[FunctionInfo]
) -> Iterator[Edit | Finding]:
    """The sessions that functions of an app leave open. answering: the functions of routes."""
    for one in sessions_left_open(program, module, answering):
        function = program.function_of(one.stmt)
        if one.ends and function in program.colouring.becomes_async:
            target, op = module.source.target(one.stmt), _enclosed(module, one)
            yield Edit("await", module.path, target, op, group="flip", because=BECAUSE)
            for closing in one.closings:
                target = module.source.target(closing)
                yield Edit("await", module.path, target, ReplaceStatement(), group="flip", because=BECAUSE)
        elif not one.ends and function not in program.colouring.kept:
            text = f"nothing closes the session {one.name}, and {BECAUSE}"
            opened = module.source.segment(one.value)
            advice = f"open it by `async with {opened} as {one.name}:`, around all that needs it"
            yield Finding("await", module.path, module.source.span(one.value), "unclosed-session", text, advice)


def _enclosed(module: ModuleInfo, one: LeftOpen) -> EncloseRest:
    if one.taken or isinstance(one.stmt, ast.AnnAssign):  # a `with` has no room for the annotation
        return EncloseRest(f"$it\ntry:\n    $rest\nfinally:\n    await {one.name}.close()")
    made = Hole("made", module.source.span(one.value))
    return EncloseRest(f"async with $made as {one.name}:\n    $rest", (made,))


def _op(program: Program, module: ModuleInfo, one: Unclosed) -> Op:
    if one.leak is Leak.LOCAL:
        return InsertStatements(f"await {one.name}.close()", "before" if one.before else "after")
    assert one.value is not None
    hole = (Hole("made", module.source.span(one.value)),)
    if one.name:
        return ReplaceStatement(f"yield $made\nawait {one.name}.close()", hole)
    name = free_name(program, module.path, "session")
    if one.made is not None:
        opened = module.source.segment(one.made)
        return ReplaceStatement(f"async with {opened} as {name}:\n    yield $made", hole)
    if one.leak is Leak.OVERRIDE:
        return ReplaceStatement(f"async with $made as {name}:\n    yield {name}", hole)
    return ReplaceStatement(f"{name} = $made\nyield {name}\nawait {name}.close()", hole)
