"""Mocks of sessions that the mock of a factory gives: opened with `async with`, each gives itself.

A `Mock` cannot be entered, a `MagicMock` can. Source: `unittest.mock`, "Mocking Magic Methods".
"""

from __future__ import annotations

import ast

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.mock_origins import scope_of_patch
from asyncify.analysis.mock_stands import TestMocks
from asyncify.analysis.nodes import last_name
from asyncify.analysis.values import Cls, Fn, Inst, Obj, has
from asyncify.knowledge import names
from asyncify.model.ops import InsertStatements
from asyncify.transforms.tests.doubles import to_mock_class
from asyncify.transforms.tests.found import Work

#: what of a library a name can hold that is no mock
NO_MOCKS = frozenset({"list", "tuple", "generator", "lambda", "functools.partial", names.SESSIONMAKER})
#: by what a mock is told what it gives when it is called
TOLD_BY = ("return_value", "side_effect")

_WHY = "sessions are opened with `async with`"


def gives_itself(session: str) -> str:
    """The statement after which the mock of a session gives itself when it is entered."""
    return f"{session}.__aenter__.return_value = {session}"


class Entered:
    """Prepares the mocks that tests let a factory of sessions give."""

    def __init__(self, work: Work, mocks: TestMocks) -> None:
        self.work = work
        self.mocks = mocks

    def told(self, path: str, node: ast.Assign, target: ast.Attribute) -> None:
        """`factory.return_value = session`, `factory.side_effect = [first, second]`."""
        if target.attr == "return_value":
            session, scope = self.work.source(path).segment(target), self.work.program.scope_of(node)
            told = any(self._tells(scope, text) for text in (session, ast.unparse(node.value)))
            lines = [] if told else [gives_itself(session)]
            self._can_be_entered(node.value)
        else:
            lines = self._lines(node.value, self.work.program.scope_of(node))
        if lines:
            self.work.edit(path, node, InsertStatements("\n".join(lines), "after"), _WHY)

    def told_by_patch(self, path: str, call: ast.Call) -> bool:
        """`patch("app.db.SessionLocal", return_value=session)`; whether the call says what the factory gives."""
        given = [k.value for k in call.keywords if k.arg in TOLD_BY]
        scope = scope_of_patch(self.work.program, path, call)
        statement = self.work.source(path).statement(call)
        if given and scope is not None and statement is not scope.node:
            lines = [line for value in given for line in self._lines(value, scope)]
            if lines:
                self.work.edit(path, statement, InsertStatements("\n".join(lines), "before"), _WHY)
        return bool(given)

    def _lines(self, value: ast.expr, scope: object) -> list[str]:
        """What makes each named session of a value, or of a list of them, give itself, unless the test does."""
        sessions = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
        lines = []
        for session in sessions:
            if isinstance(session, ast.Name) and not self._tells(scope, session.id) and not self._is_double(session):
                self._can_be_entered(session)
                lines.append(gives_itself(session.id))
        return lines

    def _is_double(self, session: ast.expr) -> bool:
        """Whether what is given is no mock: an instance of a class of the tests, what makes sessions
        (`side_effect=make_session`), a real session, or a list of several."""
        for value in self.work.program.values(session):
            if isinstance(value, (Fn, Cls)) or (isinstance(value, Obj) and is_test(value.info.path)):
                return True
            if isinstance(value, Inst) and value.type in NO_MOCKS:
                return True
        real = has(self.work.program.values(session), names.SESSION, names.ASYNC_SESSION)
        return real and not self.work.program.mock_origins.of(session)

    @staticmethod
    def _tells(scope: object, session: str) -> bool:
        """Whether a test says itself what it gives to enter a session."""
        entered = (n for n in ast.walk(getattr(scope, "node", ast.Pass())) if isinstance(n, ast.Attribute))
        return any(n.attr in ("__enter__", "__aenter__") and ast.unparse(n.value) == session for n in entered)

    def _can_be_entered(self, session: ast.expr) -> None:
        """`Mock(spec=Session)` to `MagicMock(spec=Session)`."""
        for origin in sorted(self.work.program.mock_origins.of(session), key=lambda o: o.call.lineno):
            if origin.text or last_name(origin.call.func) != "Mock":
                continue
            path, _ = self.mocks.sites[origin.call]
            to_mock_class(self.work, self.work.source(path), origin.call.func, _WHY, "MagicMock")
