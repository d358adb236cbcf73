"""Test clients that stay for their WebSockets, where the app uses the database once a socket is closed.

TestClient tells the app of the disconnect and cancels it at once. A plain handler did all of its work before the
cancellation could reach it; an async one is cancelled where it waits for the database, and its connection is lost.
Source: Starlette `testclient.py`, `WebSocketTestSession.__enter__`.
"""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Import
from asyncify.model.ops import AppendToModule, Replace
from asyncify.transforms.tests.found import Work

FINISHING = "FinishingClient"
_WHY = "TestClient would cancel what the app does after a disconnect"
_CLASS = """\
class {name}({base}):
    \"\"\"Lets the app finish what it does once it knows that a WebSocket is closed.\"\"\"

    def __init__(self, app, *args, **kwargs):
        async def finishing(scope, receive, send):
            with CancelScope() as work:

                async def note():
                    message = await receive()
                    work.shield = work.shield or message["type"] == "websocket.disconnect"
                    return message

                await app(scope, note, send)

        super().__init__(finishing, *args, **kwargs)
        self.app = app"""


def plan_sockets(work: Work) -> None:
    """Another class for each such client."""
    if not any(_waits_after_disconnect(work.program, f) for f in work.program.functions):
        return
    added: set[str] = set()
    for call, path in work.clients.made.items():
        if not isinstance(call, ast.Call) or call not in work.clients.kept:
            continue
        if not any(_connects(o.node) for o in work.clients.kept[call]):
            continue
        base = work.source(path).segment(call.func)
        if path not in added:
            added.add(path)
            text = _CLASS.format(name=FINISHING, base=base)
            work.edit(path, call, AppendToModule(text, "imports"), _WHY, (Import("anyio", "CancelScope"),))
        work.edit(path, call.func, Replace(FINISHING), _WHY)


def _connects(node: ast.AST) -> bool:
    func = node.func if isinstance(node, ast.Call) else node
    return isinstance(func, ast.Attribute) and func.attr == "websocket_connect"


def _waits_after_disconnect(program: Program, function: FunctionInfo) -> bool:
    """Whether a WebSocket handler waits for the database in an `except` or `finally`."""
    if not any(_is_socket_route(program, d) for d in function.node.decorator_list):
        return False
    for block in function.nodes:
        if isinstance(block, ast.Try):
            behind = [*(s for h in block.handlers for s in h.body), *block.finalbody]
            if any(_waits(program, node) for stmt in behind for node in ast.walk(stmt)):
                return True
    return False


def _is_socket_route(program: Program, node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("websocket", "websocket_route")
        and has(program.values(node.func.value), names.FASTAPI, names.ROUTER)
    )


def _waits(program: Program, node: ast.AST) -> bool:
    changes = program.colouring.becomes_async
    return node in program.colouring.points or any(t.info in changes for t in program.calls(node))
