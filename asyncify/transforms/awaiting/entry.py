"""Entry points that a synchronous framework calls: async inside, `asyncio.run` around."""

from __future__ import annotations

from collections.abc import Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import AppendToModule, EditDecorators

HELPER = "run_async"
TEMPLATE = '''
def {name}(function):
    """Let a synchronous caller run an async function to its end."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return asyncio.run(function(*args, **kwargs))

    return wrapper
'''


def entry_edits(program: Program, module: ModuleInfo, function: FunctionInfo, because: str) -> Iterator[Edit]:
    """The decorator nearest to the function, and its definition once in the module."""
    present = module.bound and HELPER in module.bound
    name = HELPER if present else free_name(program, module.path, HELPER)
    target = module.source.target(function.node)
    yield Edit("await", module.path, target, EditDecorators(add=(name,)), group="flip", because=because)
    first = next(f for f in module.functions.values() if f.node in _entries(program, module))
    if not present and first is function:
        helper = AppendToModule(TEMPLATE.format(name=name).strip("\n"), "imports")
        imports = (Import("asyncio"), Import("functools"))
        yield Edit("await", module.path, target, helper, imports, group="flip", because=because)


def _entries(program: Program, module: ModuleInfo) -> set[object]:
    return {f.node for f in program.colouring.entries if f.path == module.path}
