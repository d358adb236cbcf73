"""Methods of a session that a test replaces, `patch.object(db, "commit", ...)`, for code that gets the session inside.

What stays synchronous runs in SQLAlchemy's greenlet with `db.sync_session`, whose methods are not those of `db`.
Source: SQLAlchemy, `AsyncSession.run_sync`; `unittest.mock`, `patch.object`; pytest, `monkeypatch.setattr`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.mock_patches import is_patch
from asyncify.analysis.nodes import last_name
from asyncify.analysis.session_like import waits_on_session
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.transforms.tests.found import Work


def plan_inner_sessions(work: Work) -> None:
    """Say where a replaced method is not the one that runs."""
    for function in sorted(work.changing, key=lambda f: (f.path, f.node.lineno)):
        for call, session, method in _replaced(work, function):
            inner = next((name for name in _run_inside(work, function, session, call.lineno)), "")
            if inner:
                message = (
                    f"{inner} stays synchronous and runs with {session}.sync_session, of which this replaces nothing"
                )
                advice = f"replace `{method}` of {session}.sync_session, by a plain function"
                work.report(function.path, call, "mock-session", message, advice)


def _replaced(work: Work, function: FunctionInfo) -> Iterator[tuple[ast.Call, str, str]]:
    """The calls that replace a method of a session, with the name of that and the method."""
    for node in function.nodes:
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        owner, method = node.args[:2]
        replaces = (is_patch(node) and last_name(node.func) == "object") or last_name(node.func) == "setattr"
        if replaces and isinstance(owner, ast.Name) and isinstance(method, ast.Constant):
            if has(work.program.values(owner), names.SESSION) and waits_on_session(str(method.value)):
                yield node, owner.id, str(method.value)


def _run_inside(work: Work, function: FunctionInfo, session: str, line: int) -> Iterator[str]:
    """The functions that stay synchronous and get the session from a line on."""
    for node in function.nodes:
        if isinstance(node, ast.Call) and node.lineno >= line:
            if any(isinstance(argument, ast.Name) and argument.id == session for argument in node.args):
                called = (target.info for target in work.program.calls(node))
                yield from sorted(info.name for info in called if info in work.program.colouring.kept)
