"""Close the sessions that tests and routes left to the garbage collector."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.program import Program
from asyncify.analysis.returned_sessions import Returned
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.unclosed import Leak, Unclosed, opening_lambdas, unclosed_sessions
from asyncify.analysis.unclosed_answers import sessions_left_open
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import EncloseRest, Hole, InsertStatements, Op, Replace, ReplaceStatement
from asyncify.transforms.awaiting.generators import yields_annotation

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
    for returned in program.returned_sessions[module.path]:
        if returned.yields and program.colouring.waits(returned.function):
            yield from _yielding(program, module, returned)
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
            target, op = module.source.target(one.stmt), _enclosed(module, one.stmt, one.name, taken=one.taken)
            yield Edit("await", module.path, target, op, group="flip", because=BECAUSE)
            for closing in one.closings:
                target = module.source.target(closing)
                yield Edit("await", module.path, target, ReplaceStatement(), group="flip", because=BECAUSE)
        elif not one.ends and function not in program.colouring.kept:
            yield _told(module, one.value, one.name)
    for returned in program.returned_sessions[module.path]:
        if not returned.yields and returned.function not in program.colouring.kept:
            yield _told(module, returned.value, free_name(program, module.path, "session"))


def _told(module: ModuleInfo, value: ast.expr, name: str) -> Finding:
    opened = module.source.segment(value)
    text = f"nothing closes the session {name}, and {BECAUSE}"
    advice = f"open it by `async with {opened} as {name}:`, around all that needs it"
    return Finding("await", module.path, module.source.span(value), "unclosed-session", text, advice)


def _yielding(program: Program, module: ModuleInfo, one: Returned) -> Iterator[Edit]:
    """A dependency yields its session, and closes it when the request is over."""
    name = one.name or free_name(program, module.path, "session")
    if one.opening is not None:
        op: Op = _enclosed(module, one.opening, one.name)
        yield Edit("await", module.path, module.source.target(one.opening), op, group="flip", because=BECAUSE)
    op = ReplaceStatement(f"yield {name}")
    if not one.name:
        made = Hole("made", module.source.span(one.value))
        op = ReplaceStatement(f"async with $made as {name}:\n    yield {name}", (made,))
    if isinstance(one.stmt, ast.Return) or not one.name:
        yield Edit("await", module.path, module.source.target(one.stmt), op, group="flip", because=BECAUSE)
    if not one.function.is_generator:
        yield from yields_annotation(program, module, one.function, BECAUSE)


def _enclosed(
    module: ModuleInfo, opening: ast.Assign | ast.AnnAssign, name: str, *, taken: bool = False
) -> EncloseRest:
    if taken or opening.value is None or isinstance(opening, ast.AnnAssign):  # a `with` has no room for the annotation
        return EncloseRest(f"$it\ntry:\n    $rest\nfinally:\n    await {name}.close()")
    made = Hole("made", module.source.span(opening.value))
    return EncloseRest(f"async with $made as {name}:\n    $rest", (made,))


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
