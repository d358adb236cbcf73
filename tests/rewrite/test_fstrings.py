"""What is written into an f-string can be read by every Python, also by those before 3.12."""

from __future__ import annotations

import ast

import pytest
from conftest import File

from asyncify.model.ops import Replace

READ = 'spawn(getattr, $it, "id")'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('x = f"task {task.id} failed"\n', "x = f\"task {spawn(getattr, task, 'id')} failed\"\n"),
        ("x = f'task {task.id} failed'\n", "x = f'task {spawn(getattr, task, \"id\")} failed'\n"),
        ('x = f"""task {task.id}"""\n', 'x = f"""task {spawn(getattr, task, "id")}"""\n'),
        ("x = f\"{task.id:>{n}} {d['k']}\"\n", "x = f\"{spawn(getattr, task, 'id'):>{n}} {d['k']}\"\n"),
        ('x = g("a", f"{f(task.id)!r}")\n', "x = g(\"a\", f\"{f(spawn(getattr, task, 'id'))!r}\")\n"),
    ],
)
def test_quotes(text: str, wanted: str) -> None:
    file = File(text)
    span = file.expr("task.id")
    after = file.apply(file.at("task.id", Replace(READ.replace("$it", "task"))))
    assert span and after == wanted
    ast.parse(after, feature_version=(3, 8))


def test_a_line_break_goes() -> None:
    file = File('x = f"all of {tasks}"\n')
    after = file.apply(file.at("tasks", Replace("read(\n    one,\n    two\n)")))
    assert after == 'x = f"all of {read(one,two)}"\n'


def test_no_quotes_are_left() -> None:
    text = "x = f\"{f'{task.id}'}\"\n"
    file = File(text)
    after, results = file.results(file.at("task.id", Replace(READ.replace("$it", "task"))))
    assert after.files["app.py"].decode() == text
    assert "quotes" in str(results)
