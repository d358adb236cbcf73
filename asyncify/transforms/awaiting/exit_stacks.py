"""`ExitStack` to `AsyncExitStack` where it enters or leaves something that becomes async.

Source: contextlib reference, `AsyncExitStack`, `push_async_exit` and `push_async_callback`: it enters plain context
managers as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType

from asyncify.analysis.bindings import bring
from asyncify.analysis.exit_stacks import Stack, exit_stacks
from asyncify.analysis.points import waits_as_context
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.knowledge.barriers import ASYNC_METHODS
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Op, RenameAttribute, Replace, SetAsync
from asyncify.transforms.awaiting.calls import GROUP
from asyncify.transforms.awaiting.closing import closing_edits
from asyncify.transforms.awaiting.context import generator_targets

BECAUSE = "the stack enters an async context manager"
#: the methods with which a stack is closed, and with which it is given what it calls then; their async forms
CLOSING = MappingProxyType({"close": "aclose", "__exit__": ASYNC_METHODS["__exit__"]})
HANDING = MappingProxyType({"push": "push_async_exit", "callback": "push_async_callback"})


def exit_stack_edits(program: Program, module: ModuleInfo) -> Iterator[Edit | Finding]:
    """The stacks of a module, and what is reported of those that others hold as well."""
    colouring = program.colouring
    for stack in exit_stacks(program, module):
        entered = [(call, manager) for call, manager in stack.entered if _waits(program, manager)]
        handed = any(_hands(program, call) for call in stack.calls)
        if not (entered or handed) or stack.function in colouring.kept:
            continue
        if not stack.local or not colouring.is_async_context(stack.function):
            text = "a stack of context managers enters one that becomes async, and is not only used here"
            advice = "make it an AsyncExitStack, and await what enters and closes it"
            yield Finding("await", module.path, module.source.span(stack.made), "exit-stack", text, advice)
            continue
        yield from _stack(program, module, stack, [call for call, _ in entered])


def _waits(program: Program, manager: ast.expr) -> bool:
    return waits_as_context(program.values(manager), program.async_clients) or bool(
        generator_targets(program, program.colouring, manager)
    )


def _stack(program: Program, module: ModuleInfo, stack: Stack, entered: list[ast.Call]) -> Iterator[Edit]:
    source = module.source

    def edit(node: ast.AST, op: Op) -> Edit:
        return Edit("await", module.path, source.target(node), op, (), (), GROUP, BECAUSE)

    name, imports = bring(program, module.path, "contextlib", "AsyncExitStack")
    drops = tuple(n.id for n in ast.walk(stack.made.func) if isinstance(n, ast.Name))
    made = source.target(stack.made.func)
    yield Edit("await", module.path, made, Replace(name), imports, drops, GROUP, BECAUSE)
    if stack.block is not None:
        yield edit(stack.block, SetAsync())
    for call in stack.calls:
        assert isinstance(call.func, ast.Attribute)
        if call in entered:
            yield edit(call.func, RenameAttribute("enter_async_context"))
            yield from closing_edits(program, module, call.args[0])
            if call not in program.colouring.points:  # what waits by itself is awaited with all such places
                yield edit(call, Replace("await $it"))
        elif call.func.attr in CLOSING:
            yield edit(call.func, RenameAttribute(CLOSING[call.func.attr]))
            yield edit(call, Replace("await $it"))
        elif _hands(program, call):
            yield edit(call.func, RenameAttribute(HANDING[call.func.attr]))
            if left_by(program, call.args[0]) is not None:
                yield edit(call.args[0], RenameAttribute(ASYNC_METHODS["__exit__"]))


def left_by(program: Program, node: ast.expr) -> ast.expr | None:
    """The context manager in `manager.__exit__`, where it becomes async."""
    left = isinstance(node, ast.Attribute) and node.attr == "__exit__" and _waits(program, node.value)
    return node.value if left and isinstance(node, ast.Attribute) else None


def _hands(program: Program, call: ast.Call) -> bool:
    """Whether a call hands a stack what becomes async: `push(manager)`, `push(manager.__exit__)`, and
    `callback(session.close)`, a method of a session that waits."""
    method, given = getattr(call.func, "attr", ""), call.args[0] if call.args else None
    if given is None or method not in HANDING:
        return False
    if left_by(program, given) is not None or (method == "push" and _waits(program, given)):
        return True
    closes = isinstance(given, ast.Attribute) and waits_as_context(program.values(given.value), frozenset())
    return method == "callback" and closes
