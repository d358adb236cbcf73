"""Alembic's `env.py` on an async engine, as the template `async` of `alembic init` has it.

Each `with engine.connect() as connection:` becomes two functions where it stands: one for what runs on the connection,
which stays synchronous, and one that opens it. Source: Alembic, template `async`; `AsyncConnection.run_sync`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.environments import Block, Environment, environments
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import AppendToModule, Hole, ReplaceStatement
from asyncify.model.span import Place
from asyncify.transforms.awaiting.entry import RUN, SOURCES

GROUP = "flip"
BECAUSE = "alembic of [tool.asyncify] is async"
#: what runs an environment inside of a program. Source: Alembic "Commands", `alembic.command`; `alembic.config.main`
PROGRAMMATIC = ("alembic.command.", "alembic.config.main")
BODY = """\
def {do}({connection}){returns}:
    $body

"""
CONNECT = """\
async def {run}(){none}:
{named}    async with {engine}.{opener}() as {name}:
        await {name}.run_sync({do})
    await {engine}.dispose()

{runner}({run}())"""


def environment_edits(program: Program, transform: str) -> Iterator[Edit | Finding]:
    """Everything for the environments of a program but what makes their engines."""
    runner = RUN if _is_programmatic(program) else ""
    for one in environments(program):
        module = program.modules[one.path]
        if one.obstacle is not None:
            message = "this engine is not only connected to in a `with`, and the environment stays synchronous"
            span, advice = module.source.span(one.obstacle), "see the template of `alembic init -t async`"
            yield Finding(transform, one.path, span, "alembic-sync", message, advice)
        else:
            yield from _environment(program, module, one, transform, runner)


def _environment(
    program: Program, module: ModuleInfo, one: Environment, transform: str, runner: str
) -> Iterator[Edit]:
    run = free_name(program, one.path, runner) if runner else "asyncio.run"
    text, imports = SOURCES[RUN] if runner else ("", (Import("asyncio"),))
    for number, block in enumerate(one.blocks):
        if runner and not number:
            op = AppendToModule(text.strip("\n").replace(RUN, run), "imports")
            yield Edit(transform, one.path, module.source.target(block.node), op, imports, (), GROUP, BECAUSE)
        yield _block(program, module, block, transform, run, imports)


def _block(
    program: Program, module: ModuleInfo, block: Block, transform: str, runner: str, imports: tuple[Import, ...]
) -> Edit:
    annotated = block.function is not None and block.function.node.returns is not None
    parameter, none = block.name, " -> None" if annotated else ""
    direct = _given(block)
    if annotated and not direct:
        kind, more = bring(program, module.path, "sqlalchemy.engine", "Connection")
        parameter, imports = f"{block.name}: {kind}", (*imports, *more)
    do = direct or free_name(program, module.path, "do_run_migrations")
    source = module.source
    engine, named = source.segment(block.engine), ""
    if not isinstance(block.engine, (ast.Name, ast.Attribute)):
        engine = free_name(program, module.path, "connectable")
        named = f"    {engine} = $engine\n"
    text = "" if direct else BODY.format(do=do, connection=parameter, returns=none)
    text += CONNECT.format(
        run=free_name(program, module.path, "run_async_migrations"),
        none=none,
        named=named,
        engine=engine,
        opener=block.opened.func.attr,  # type: ignore[attr-defined]
        name=block.name,
        do=do,
        runner=runner,
    )
    first, last = block.node.body[0], block.node.body[-1]
    holes = [] if direct else [Hole("body", source.span(first), Place.STATEMENT, source.span(last))]
    holes += [Hole("engine", source.span(block.engine))] if named else []
    op = ReplaceStatement(text, tuple(holes))
    return Edit(transform, module.path, source.target(block.node), op, imports, (), GROUP, BECAUSE)


def _given(block: Block) -> str:
    """`do_run_migrations(connection)` alone in the block: the name of that function."""
    stmt = block.node.body[0]
    call = stmt.value if isinstance(stmt, ast.Expr) else None
    if len(block.node.body) > 1 or not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return ""
    alone = len(call.args) == 1 and not call.keywords
    given = call.args[0] if alone else None
    return call.func.id if isinstance(given, ast.Name) and given.id == block.name else ""


def _is_programmatic(program: Program) -> bool:
    """Whether the program runs migrations itself, perhaps where a loop is running."""
    return any(
        isinstance(value, Ext) and value.name.startswith(PROGRAMMATIC)
        for module in program.modules.values()
        for call in module.source.nodes_of(ast.Call)
        if isinstance(call.func, (ast.Name, ast.Attribute))
        for value in program.values(call.func)
    )
