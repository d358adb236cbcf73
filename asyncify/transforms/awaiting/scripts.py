"""`with SessionLocal() as db: ...` at the top of a script: into `async def main()`, which is run to its end."""

from __future__ import annotations

from collections.abc import Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.colouring import Colouring
from asyncify.analysis.program import Program
from asyncify.analysis.script_blocks import ScriptBlock
from asyncify.analysis.symbols import ModuleInfo
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import Hole, ReplaceStatement
from asyncify.model.span import Place
from asyncify.transforms.awaiting.entry import RUN, Helpers


def script_edits(program: Program, colouring: Colouring, module: ModuleInfo, helpers: Helpers) -> Iterator[Edit]:
    """The edits of all such statements of a module."""
    for block in dict.fromkeys(colouring.scripts.values()):
        if block.statement in module.source.tree.body:
            yield from _block(program, module, helpers, block)


def _block(program: Program, module: ModuleInfo, helpers: Helpers, block: ScriptBlock) -> Iterator[Edit]:
    source = module.source
    because = "nothing can be awaited at the top of a module"
    name = free_name(program, module.path, "main" if block.guarded else "run_script")
    lines = [f"async def {name}():"]
    if block.outside:
        lines.append(f"    global {', '.join(block.outside)}")
    lines += ["    $body", "", ""]
    first, last = block.body[0], block.body[-1]
    imports: tuple[Import, ...] = ()
    holes = [Hole("body", source.span(first), Place.STATEMENT, source.span(last))]
    if block.guarded:
        test = block.statement.test  # type: ignore[attr-defined]
        holes.append(Hole("test", source.span(test)))
        lines += ["if $test:", f"    asyncio.run({name}())"]
        imports = (Import("asyncio"),)
    else:
        yield from helpers.add(RUN, block.statement, because)
        lines.append(f"{helpers.name(RUN)}({name}())")
    op = ReplaceStatement("\n".join(lines), tuple(holes))
    yield Edit("await", module.path, source.target(block.statement), op, imports, (), "flip", because)
