"""Which session may refresh an instance in a function that opens sessions for itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from asyncify.analysis.program import build
from asyncify.model.plan import Workspace
from asyncify.transforms.eager.sessions import is_at_hand


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("user = make()\n    read(user)\n    with open_db() as db:\n        pass", False),
        ("user = make()\n    with open_db() as db:\n        read(user)", True),
        ("user = make()\n    with open_db() as db:\n        pass\n    read(user)", False),
        ("with open_db() as db:\n        user = db.get(User, 1)\n        read(user)", True),
        ("with open_db() as db:\n        user = 1\n    with open_db() as db:\n        read(user)", False),
        ("user = make()\n    with open_db() as db:\n        print(user.name)", False),
        ("db = open_db()\n    user = make()\n    read(user)", True),
        ("user = make()\n    read(user)", True),
    ],
)
def test_at_hand(body: str, expected: bool) -> None:
    source = f"def work():\n    {body}\n"
    program = build(Workspace(Path("/nowhere"), {"work.py": source.encode()}))
    function = program.functions[0]
    users = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == "user" and isinstance(n.ctx, ast.Load)]
    statement = function.source.statement(users[-1])
    assert is_at_hand(function, "db", statement, users[-1]) is expected
