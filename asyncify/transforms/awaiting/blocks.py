"""`db = SessionLocal(); try: ... finally: db.close()` to `async with SessionLocal() as db:`.

An explicit `await db.close()` in a `finally` can be interrupted by a cancelled request and then leaks the connection;
the context manager shields its close. Source: SQLAlchemy 2.0 `AsyncSession.__aexit__` (asyncio.shield).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ModuleInfo, own_statements
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, ReplaceStatement
from asyncify.model.span import Place


def block_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """All such blocks in functions that become async."""
    for body, index, block in _blocks(program, module):
        yield from _block(program, module, body, index, block)


def opened_by_blocks(program: Program, module: ModuleInfo) -> Iterator[ast.expr]:
    """What these blocks open."""
    for body, index, block in _blocks(program, module):
        opening = _opening(program, body, index, block)
        if opening is not None:
            yield opening[0].value


def _blocks(program: Program, module: ModuleInfo) -> Iterator[tuple[list[ast.stmt], int, ast.Try]]:
    for function in module.functions.values():
        if not program.colouring.is_async_context(function):
            continue
        bodies = [function.node.body]
        for stmt in own_statements(function.node.body):
            bodies += [b for n in ("body", "orelse", "finalbody") if isinstance(b := getattr(stmt, n, None), list)]
        for body in bodies:
            for index, stmt in enumerate(body):
                if isinstance(stmt, ast.Try):
                    yield body, index, stmt


def _opening(program: Program, body: list[ast.stmt], index: int, block: ast.Try) -> tuple[ast.Assign, str, bool] | None:
    """The statement that opens the session of a block, its name, and whether it stands before the block."""
    closed = _closed_name(block.finalbody)
    if closed is None:
        return None
    before = body[index - 1] if index else None
    inner = block.body
    outside = before is not None and _makes(program, before, closed)
    made = before if outside else inner[0]
    if not outside and not (_makes(program, made, closed) and len(inner) > 1):
        return None
    assert isinstance(made, ast.Assign)
    return None if _rebound(block, made, closed) else (made, closed, outside)


def _block(program: Program, module: ModuleInfo, body: list[ast.stmt], index: int, block: ast.Try) -> Iterator[Edit]:
    opening_of = _opening(program, body, index, block)
    if opening_of is None:
        return
    made, closed, outside = opening_of
    source = module.source
    inner = block.body if outside else block.body[1:]
    holes = [Hole("made", source.span(made.value)), _run("body", source, inner)]
    opening = f"async with $made as {closed}:{_comment_behind(source, made)}"
    if block.handlers or block.orelse:
        lines, more = _kept_try(source, block)
        template = "\n".join([opening, *(f"    {line}" for line in lines)])
        holes += more
    else:
        template = f"{opening}\n    $body"
    because = "the session is closed even when the request is cancelled"
    if outside:
        gone = ReplaceStatement("")
        yield Edit("await", module.path, source.target(made), gone, group="flip", because=because)
    yield Edit(
        "await", module.path, source.target(block), ReplaceStatement(template, tuple(holes)), (), (), "flip", because
    )


def _comment_behind(source: SourceFile, stmt: ast.stmt) -> str:
    """The comment on the line of a statement that moves."""
    span = source.span(stmt)
    rest = source.lines[span.end_line - 1][span.end_column :].strip()
    return f"  {rest}" if rest.startswith("#") else ""


def _closed_name(final: list[ast.stmt]) -> str | None:
    """The name that a `finally` closes and does nothing else."""
    if len(final) != 1 or not isinstance(final[0], ast.Expr) or not isinstance(final[0].value, ast.Call):
        return None
    func = final[0].value.func
    if isinstance(func, ast.Attribute) and func.attr == "close" and isinstance(func.value, ast.Name):
        return func.value.id
    return None


def _makes(program: Program, stmt: ast.stmt | None, name: str) -> bool:
    """Whether a statement opens a new session under a name."""
    if not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1 or not isinstance(stmt.value, ast.Call):
        return False
    target = stmt.targets[0]
    if not isinstance(target, ast.Name) or target.id != name or not has(program.values(stmt.value), names.SESSION):
        return False
    # only a call of a factory or of the class itself makes a new session; `next(get_db())` does not
    called = program.values(stmt.value.func)
    return has(called, names.SESSIONMAKER) or any(
        getattr(v, "name", "") in (names.SESSION, names.SQLMODEL_SESSION) for v in called
    )


def _rebound(block: ast.Try, made: ast.Assign, name: str) -> bool:
    return any(
        isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load) and n is not made.targets[0]
        for n in ast.walk(block)
    )


def _run(name: str, source: SourceFile, body: list[ast.stmt]) -> Hole:
    return Hole(name, source.span(body[0]), Place.STATEMENT, source.span(body[-1]))


def _kept_try(source: SourceFile, block: ast.Try) -> tuple[list[str], list[Hole]]:
    """The rest of a try statement once its `finally` is gone."""
    lines = ["try:", "    $body"]
    holes: list[Hole] = []
    for number, handler in enumerate(block.handlers):
        text = "except"
        if handler.type is not None:
            holes.append(Hole(f"type{number}", source.span(handler.type)))
            text += f" $type{number}"
        if handler.name:
            text += f" as {handler.name}"
        lines += [f"{text}:", f"    $handler{number}"]
        holes.append(_run(f"handler{number}", source, handler.body))
    if block.orelse:
        lines += ["else:", "    $orelse"]
        holes.append(_run("orelse", source, block.orelse))
    return lines, holes
