"""The scope of a scoped session: the task that asks for it.

A thread of the pool lives on and keeps its session for the next request; a task ends with its request, and what it
leaves in the registry is never closed. Where the app does not call `remove()`, the end of the task does that. Not where
tests use the same registry: a fixture has a task of its own, and hands its session to the test. A registry that tests
make for themselves, or that nothing but tests asks, stays one for the thread: each test and each of its fixtures is a
task.
Source: SQLAlchemy asyncio documentation, "Using asyncio scoped session" (its warning about `remove()`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.fixtures import is_test, is_test_path
from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import EditCall, InsertStatements

TASK = "asyncio.current_task"
THREAD = "threading.get_ident"
SCOPE_SOURCE = '''
def SCOPE():
    """The task that asks for a session. When it ends its session is closed: nothing else does that."""
    task = asyncio.current_task()
    in_use = REGISTRY.registry.registry
    if task is not None and task not in in_use:
        task.add_done_callback(CLOSE)
    return task


def CLOSE(task):
    """Close the session of a task that has ended."""
    ended = REGISTRY.registry.registry.pop(task, None)
    if ended is not None:
        closing = asyncio.ensure_future(ended.close())
        closing.add_done_callback(CLOSING.discard)
        CLOSING.add(closing)


CLOSING = set()
'''


def scope_edits(program: Program, module: ModuleInfo, node: ast.Call) -> Iterator[Edit]:
    """What a `scoped_session(...)` without `scopefunc` gets."""
    if is_test(module.path) or _is_only_tested_with(program):
        because = "fixtures and tests are tasks of their own, and share this session"
        yield _edit(module, node, EditCall(set=(("scopefunc", THREAD),)), because, "threading")
        return
    stmt = module.source.parent(node)
    scope = TASK
    if isinstance(stmt, ast.Assign) and stmt in module.source.tree.body and isinstance(stmt.targets[0], ast.Name):
        if _is_left_open(program):
            words = {
                "SCOPE": free_name(program, module.path, "session_scope"),
                "CLOSE": free_name(program, module.path, "close_session_of"),
                "CLOSING": free_name(program, module.path, "_closing"),
                "REGISTRY": stmt.targets[0].id,
            }
            scope = words["SCOPE"]
            text = SCOPE_SOURCE.strip("\n")
            for word in sorted(words, key=len, reverse=True):
                text = text.replace(word, words[word])
            because = "a task keeps its session in the registry for ever, and nothing here removes it"
            yield _edit(module, stmt, InsertStatements(text, "before"), because)
    yield _edit(module, node, EditCall(set=(("scopefunc", scope),)), "one session for each task")


def _readers(program: Program, module: ModuleInfo) -> Iterator[ast.Name | ast.Attribute]:
    """What is a registry of scoped sessions in a file."""
    nodes: tuple[ast.Name | ast.Attribute, ...] = (
        *module.source.nodes_of(ast.Name),
        *module.source.nodes_of(ast.Attribute),
    )
    yield from (node for node in nodes if has(program.values(node), names.SCOPED_SESSION))


def _asks(program: Program, module: ModuleInfo) -> bool:
    """Whether a file reads a registry, and not only one that its functions are handed."""
    readers = (node for node in _readers(program, module) if isinstance(node.ctx, ast.Load))
    return any(_is_global(program, module, node) for node in readers)


def _is_global(program: Program, module: ModuleInfo, node: ast.Name | ast.Attribute) -> bool:
    function = program.function_of(node)
    while function is not None:
        if isinstance(node, ast.Name) and any(parameter.arg == node.id for parameter in function.parameters):
            return False
        function = function.parent
    return isinstance(program.names.resolve_expression(module.path, node), Assigned)


def _is_only_tested_with(program: Program) -> bool:
    """Whether tests ask for scoped sessions, and nothing else does."""
    asking = {is_test(path) for path, module in program.modules.items() if _asks(program, module)}
    return asking == {True}


def _is_left_open(program: Program) -> bool:
    """Whether the app asks for scoped sessions, never calls `remove()`, and no test uses them."""
    asked = False
    for path, module in program.modules.items():
        if is_test_path(path):
            if any(True for _ in _readers(program, module)):
                return False
            continue
        for call in module.source.nodes_of(ast.Call):
            member = call.func.value if isinstance(call.func, ast.Attribute) else call.func
            if has(program.values(member), names.SCOPED_SESSION):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "remove":
                    return False
                asked = True
    return asked


def _edit(
    module: ModuleInfo, node: ast.AST, op: EditCall | InsertStatements, because: str, needs: str = "asyncio"
) -> Edit:
    target = module.source.target(node)
    return Edit("session", module.path, target, op, (Import(needs),), (), "flip", because)
