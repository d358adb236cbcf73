"""Places that nobody can await: sync entry points, scripts, and code that runs while a module is imported.

A coroutine is run to its end where it is, in the thread of its caller: what belongs to that thread stays in reach,
such as the request of a Celery task, the context of a click command or the handlers of signals. Where a loop is running
there already (uvicorn imports an app inside its loop; a test calls a command), `asyncio.run` refuses, and a thread of
its own takes its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from asyncify.analysis.bindings import free_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import AppendToModule, EditDecorators

RUN = "run_to_end"
SCRIPT = "run_in_script"
ENTRY = "run_async"
CALL = "run_function"
FIRST = "first_of"
RESOLVED = "resolved"
ENTERED = "entered"

RUN_SOURCE = '''
def run_to_end(awaitable):
    """Wait for something from plain code; in a thread of its own where this thread is running a loop."""

    async def wait():
        return await awaitable

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    if loop is None:
        return asyncio.run(wait())
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(copy_context().run, asyncio.run, wait()).result()
'''
SCRIPT_SOURCE = '''
script_loop = asyncio.new_event_loop()
atexit.register(script_loop.close)


def run_in_script(awaitable):
    """Wait for something at the top of this script: in one loop, as connections belong to the one that opened them."""
    return script_loop.run_until_complete(awaitable)
'''
ENTRY_SOURCE = '''
def run_async(function):
    """Let plain callers run an async function to its end."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return run_to_end(function(*args, **kwargs))

    return wrapper
'''
CALL_SOURCE = '''
def run_function(function, *args, **kwargs):
    """Run an async function to its end; as both have names, another process can be given them."""
    return run_to_end(function(*args, **kwargs))
'''
FIRST_SOURCE = '''
async def first_of(generator):
    """The first item of a generator, which is closed then, as `next()` on a generator that nobody keeps."""
    try:
        return await generator.__anext__()
    finally:
        await generator.aclose()
'''
RESOLVED_SOURCE = '''
async def resolved(value):
    """What a plain or an async function gave, waited for where it has to be; `async with` waits for its own."""
    return await value if isawaitable(value) and not hasattr(value, "__aenter__") else value
'''
ENTERED_SOURCE = '''
@contextmanager
def entered(manager):
    """An async context manager for plain code that runs in SQLAlchemy's greenlet."""
    value = await_only(manager.__aenter__())
    try:
        yield value
    except BaseException as error:
        if not await_only(manager.__aexit__(type(error), error, error.__traceback__)):
            raise
    else:
        await_only(manager.__aexit__(None, None, None))
'''
SOURCES: Mapping[str, tuple[str, tuple[Import, ...]]] = MappingProxyType(
    {
        RUN: (
            RUN_SOURCE,
            (
                Import("asyncio"),
                Import("concurrent.futures", "ThreadPoolExecutor"),
                Import("contextvars", "copy_context"),
            ),
        ),
        SCRIPT: (SCRIPT_SOURCE, (Import("asyncio"), Import("atexit"))),
        ENTRY: (ENTRY_SOURCE, (Import("functools"),)),
        CALL: (CALL_SOURCE, ()),
        FIRST: (FIRST_SOURCE, ()),
        RESOLVED: (RESOLVED_SOURCE, (Import("inspect", "isawaitable"),)),
        ENTERED: (ENTERED_SOURCE, (Import("contextlib", "contextmanager"), Import("sqlalchemy.util", "await_only"))),
    }
)


class Helpers:
    """The helper functions that a module needs, each added once."""

    def __init__(self, program: Program, module: ModuleInfo) -> None:
        self.program = program
        self.module = module
        self._added: set[str] = set()

    @property
    def runner(self) -> str:
        """What runs a coroutine at the top of the module."""
        return SCRIPT if self.module.path in self.program.colouring.one_loop else RUN

    def name(self, helper: str) -> str:
        """The name that a helper has in the module: it may be there from an earlier run."""
        defined = any(f.qualname == helper for f in self.module.functions.values())
        return helper if defined else free_name(self.program, self.module.path, helper)

    def add(self, helper: str, node: ast.AST, because: str) -> Iterator[Edit]:
        """The edit that defines a helper, unless it is defined already."""
        if helper in (ENTRY, CALL):
            yield from self.add(RUN, node, because)
        if helper in self._added or any(f.qualname == helper for f in self.module.functions.values()):
            return
        self._added.add(helper)
        source, imports = SOURCES[helper]
        source = source.replace(helper, self.name(helper)).replace(RUN, self.name(RUN))
        op = AppendToModule(source.strip("\n"), "imports")
        target = self.module.source.target(self.module.source.statement(node))
        yield Edit("await", self.module.path, target, op, imports, group="flip", because=because)

    def entry(self, function: FunctionInfo, because: str) -> Iterator[Edit]:
        """The decorator nearest to a function that a synchronous framework calls."""
        yield from self.add(ENTRY, function.node, because)
        op = EditDecorators(add=(self.name(ENTRY),))
        target = self.module.source.target(function.node)
        yield Edit("await", self.module.path, target, op, group="flip", because=because)
