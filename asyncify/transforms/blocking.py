"""The transform `blocking`: calls that block go back to a thread where their function leaves it.

Only functions that *become* async are looked at: one that was `async def` before blocked the loop before.
Source: FastAPI "Concurrency and async / await"; Starlette "Thread Pool".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.barriers import library_name
from asyncify.analysis.bindings import bring
from asyncify.analysis.blocked import Blocked, gives_handle, has_loop_alone
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.operators import Operation, operations
from asyncify.analysis.own_loops import is_own_loop
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.knowledge.blocking import LOOKS
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Hole, Replace, SetAsync
from asyncify.transforms.awaiting.operators import run_through
from asyncify.transforms.awaiting.templates import spawn
from asyncify.transforms.base import Decisions, Example, Transform

GROUP = "flip"
#: libraries of which other transforms know what waits, and builtins
OWN = frozenset("sqlalchemy sqlmodel fastapi starlette contextlib list dict set generator lambda".split())


def plan(program: Program) -> Decisions:
    """Put `await run_in_threadpool(...)` around the smallest call that blocks."""
    scripts = {path for path, module in program.modules.items() if has_loop_alone(program, module)}
    served = Blocked(program)
    alone = Blocked(program, loops=True) if scripts else served
    edits: list[Edit] = []
    findings: list[Finding] = []
    for path in sorted(program.modules):
        if kept_sync(program, path) or is_test_path(path):
            continue
        module = program.modules[path]
        blocked = alone if path in scripts else served
        known = blocked.helpers
        operators: dict[ast.AST, Operation] = {o.node: o for o in operations(program, module) if o.method in known}
        for function in module.functions.values():
            if program.colouring.is_async_context(function) and not function.is_async:
                found = list(_in_function(program, module, function, blocked, operators))
                findings.extend(_not_known(program, module, function, blocked))
                # the same edit as that of `await`, for who runs this transform alone
                if found and function not in program.colouring.forked:
                    target = program.modules[path].source.target(function.node)
                    found.append(Edit("blocking", path, target, SetAsync(), group=GROUP, because=found[0].because))
                edits.extend(found)
    return Decisions(tuple(edits), (), tuple(findings))


def _in_function(
    program: Program,
    module: ModuleInfo,
    function: FunctionInfo,
    blocked: Blocked,
    operators: dict[ast.AST, Operation],
) -> Iterator[Edit]:
    lazy = {n for g in own_nodes(function.node) if isinstance(g, ast.GeneratorExp) for n in ast.walk(g)}
    outside = {n for d in function.node.decorator_list for n in ast.walk(d)}
    for node in own_nodes(function.node):
        if node in lazy or node in outside or _inside_other(module, function, node):
            continue
        if node in operators:
            yield _operator(program, module, operators[node], blocked)
            continue
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node in program.facts.calls:
            yield from _property(program, module, node, blocked)
        if not isinstance(node, ast.Call):
            continue
        if node in program.colouring.points or is_own_loop(program, node):
            continue
        why = blocked.why(node)
        if why is None or gives_handle(program, node) or _given_session(program, node):
            continue
        name, imports = bring(program, module.path, "fastapi.concurrency", "run_in_threadpool")
        because = f"{function.qualname} leaves the thread pool, and {why}"
        op = spawn(module.source, node, name)
        yield Edit("blocking", module.path, module.source.target(node), op, imports, (), GROUP, because)


def _not_known(
    program: Program, module: ModuleInfo, function: FunctionInfo, blocked: Blocked
) -> Iterator[Finding]:
    """Calls that look like I/O and are not known, and those that block where they can go to no thread.

    Such are those in generators, and files that are read and written where they are opened.
    """
    if blocked.loops:
        return
    lazy = {n for g in function.nodes if isinstance(g, ast.GeneratorExp) for n in ast.walk(g)}
    for node in function.nodes:
        if not isinstance(node, ast.Call) or isinstance(module.source.parent(node), ast.Await):
            continue
        advice = "name it in `blocking` of [tool.asyncify] if it blocks, and it goes to a thread"
        why = blocked.why(node)
        if why is not None and gives_handle(program, node):
            advice = "if its file is large, move what uses it into a plain function: that goes to a thread"
        elif why is not None and node in lazy:
            advice = "make a list of it, or call it in a thread by hand"
        elif why is not None or node in program.colouring.points or not _looks_blocking(program, node):
            continue
        text = f"{function.qualname} leaves the thread pool, and {why or ast.unparse(node.func) + '() looks like I/O'}"
        yield Finding("blocking", module.path, module.source.span(node), "may-block", text, advice)


def _looks_blocking(program: Program, node: ast.Call) -> bool:
    for value in program.values(node.func):
        name = library_name(value)
        if name.rpartition(".")[2] in LOOKS and not name.startswith(
            ("sqlalchemy.", "sqlmodel.", "fastapi.", "starlette.")
        ):
            return True
    return False


def _operator(program: Program, module: ModuleInfo, operation: Operation, blocked: Blocked) -> Edit:
    """`len(users)`, `key in users` where the special method opens a sync session of its own."""
    name, imports = bring(program, module.path, "fastapi.concurrency", "run_in_threadpool")
    op, more = run_through(module, operation, name)
    because = f"{operation.method.qualname} blocks: {blocked.helpers[operation.method]}"
    target = module.source.target(operation.node)
    return Edit("blocking", module.path, target, op, (*imports, *more), (), GROUP, because)


def _property(
    program: Program, module: ModuleInfo, node: ast.Attribute, blocked: Blocked
) -> Iterator[Edit]:
    """A property that opens a sync session of its own."""
    targets = program.calls(node)
    if not targets or not all(t.info in blocked.helpers for t in targets):
        return
    name, imports = bring(program, module.path, "fastapi.concurrency", "run_in_threadpool")
    op = Replace(f'await {name}(getattr, $o, "{node.attr}")', (Hole("o", module.source.span(node.value)),))
    because = f"{targets[0].info.qualname} blocks: {blocked.helpers[targets[0].info]}"
    yield Edit("blocking", module.path, module.source.target(node), op, imports, (), GROUP, because)


def _inside_other(module: ModuleInfo, function: FunctionInfo, node: ast.AST) -> bool:
    """Decorators and defaults of functions defined inside run when they are defined; leave those alone."""
    parent = module.source.parent(node)
    return isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.arguments)) and parent is not function.node


def _given_session(program: Program, node: ast.Call) -> bool:
    """A session does not go to another thread."""
    arguments = (*node.args, *(k.value for k in node.keywords))
    return any(has(program.values(a), names.SESSION, names.ASYNC_SESSION) for a in arguments)


EXAMPLES = (
    Example(
        name="a call that blocks goes to a thread, itself or in a plain helper",
        before="""\
import requests
from sqlalchemy.orm import Session


def rate(currency):
    return requests.get(f"https://rates.example/{currency}").json()["rate"]


def price(db: Session, item_id: int):
    item = db.get(Item, item_id)
    requests.post("https://log.example", json={"item": item_id}, timeout=3)
    return item.price * rate("EUR")
""",
        after="""\
import requests
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session


def rate(currency):
    return requests.get(f"https://rates.example/{currency}").json()["rate"]


async def price(db: Session, item_id: int):
    item = db.get(Item, item_id)
    await run_in_threadpool(requests.post, "https://log.example", json={"item": item_id}, timeout=3)
    return item.price * await run_in_threadpool(rate, "EUR")
""",
    ),
    Example(
        name="a function that stays plain keeps its blocking calls",
        before="""\
import time


def wait():
    time.sleep(1)
""",
        after=None,
    ),
)

BLOCKING = Transform(
    name="blocking",
    step="flip",
    summary="Run calls that block in a thread, where their function becomes async and leaves the thread pool.",
    plan=plan,
    examples=EXAMPLES,
)
