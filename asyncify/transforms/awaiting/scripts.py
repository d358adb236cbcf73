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
from asyncify.transforms.awaiting.entry import SCRIPT, Helpers


def script_edits(program: Program, colouring: Colouring, module: ModuleInfo, helpers: Helpers) -> Iterator[Edit]:
    """The edits of all such statements of a module."""
    blocks = [b for b in dict.fromkeys(colouring.scripts.values()) if b.statement in module.source.tree.body]
    for number, block in enumerate(sorted(blocks, key=lambda b: (b.guarded, b.statement.lineno)), 1):
        yield from _block(program, module, helpers, block, f"run_script_{number}" if number > 1 else "run_script")


def _block(program: Program, module: ModuleInfo, helpers: Helpers, block: ScriptBlock, wish: str) -> Iterator[Edit]:
    source = module.source
    because = "nothing can be awaited at the top of a module"
    name = free_name(program, module.path, "main" if block.guarded else wish)
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
        run = "asyncio.run"
        if helpers.runner == SCRIPT:
            yield from helpers.add(SCRIPT, block.statement, because)
            run = helpers.name(SCRIPT)
        lines += ["if $test:", f"    {run}({name}())"]
        if block.behind:
            lines.append("    $behind")
            first, last = block.behind[0], block.behind[-1]
            holes.append(Hole("behind", source.span(first), Place.STATEMENT, source.span(last)))
        imports = (Import("asyncio"),)
    else:
        yield from helpers.add(helpers.runner, block.statement, because)
        lines.append(f"{helpers.name(helpers.runner)}({name}())")
    op = ReplaceStatement("\n".join(lines), tuple(holes))
    yield Edit("await", module.path, source.target(block.statement), op, imports, (), "flip", because)
