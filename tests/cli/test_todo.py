"""`--todo` writes what is left into the code, each at its place and once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from asyncify.model.edit import Finding
from asyncify.model.plan import StepResult, Workspace
from asyncify.model.span import Span
from asyncify.rewrite.todo import write_todos
from tests.cli.conftest import Run, git
from tests.fakes import put

LAMBDAS = """\
import os

def work(x):
    if x:
        return list(map(
            lambda y: y, x))
    return x.legacy
"""


def test_each_comment_stands_above_its_statement(run: Run, repo: Path) -> None:
    """Below a decorator and inside a call, too; the rest of the file changes as without the option."""
    put(repo, {"l.py": LAMBDAS})
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "more")
    done = run("migrate", "--todo")
    assert "Wrote 4 files" in done.err
    expected = LAMBDAS.replace("def work", "async def work").replace("legacy", "modern")
    comment = "        # TODO(asyncify): a lambda [red]here[/red]; write a function [a-lambda]\n"
    assert (repo / "l.py").read_text() == expected.replace("        return list", comment + "        return list")


def test_a_second_run_adds_nothing(run: Run, repo: Path) -> None:
    put(repo, {"l.py": LAMBDAS})
    run("migrate", "--todo", "--allow-dirty")
    before = (repo / "l.py").read_text()
    assert run("migrate", "--todo", "--allow-dirty").err.splitlines()[-1] == "Nothing to change."
    assert (repo / "l.py").read_text() == before
    assert before.count("TODO(asyncify)") == 1


def test_other_words_of_the_same_code_are_not_added(run: Run, repo: Path) -> None:
    """Each run sees the code that the one before has left, and may say it with other names."""
    text = "# TODO(asyncify): a lambda in other\n#   words [a-lambda]\nf = lambda: 0\n"
    put(repo, {"l.py": text})
    run("migrate", "--todo", "--allow-dirty")
    assert (repo / "l.py").read_text() == text


def test_the_diff_shows_them_and_a_commit_has_them_alone(run: Run, repo: Path) -> None:
    put(repo, {"l.py": "f = lambda: 0\n"})
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "more")
    assert "+# TODO(asyncify): a lambda" in run("diff", "--todo").out
    assert "TODO" not in run("diff").out
    run("migrate", "--todo", "--commit")
    assert git(repo, "log", "-1", "--format=%s").strip() == "asyncify: todo"
    assert git(repo, "show", "--name-only", "--format=", "HEAD").strip() == "l.py"


def todo(old: str, new: str, line: int, message: str = "look here") -> str:
    """The new text with the comment for a finding that was made at a line of the old one."""
    finding = Finding("t", "a.py", Span(line, 0, line, 1), "c", message)
    before = Workspace(Path("/nowhere"), {"a.py": old.encode()})
    step = StepResult("s", before.with_files({"a.py": new.encode()}), (), (finding,))
    after = write_todos(before, (step,)).workspace.files["a.py"].decode()
    ast.parse(after)
    assert after.replace("\r", "").count("# TODO(asyncify)") == 1
    return after


@pytest.mark.parametrize(
    ("old", "new", "line", "comes_before"),
    [
        (
            "def f():\n    return g()\n",
            "import a\n\n\nasync def f():\n    return await g()\n",
            2,
            "    return await g()",
        ),
        ("@a\n@b\ndef f():\n    pass\n", "@a\n@b\ndef f():\n    pass\n", 3, "@a"),
        ("if x: y()\n", "if x: y()\n", 1, "if x: y()"),
        ("a = 1; b = 2\n", "a = 1; b = 2\n", 1, "a = 1; b = 2"),
        ("if x:\n    y()\nelif z:\n    w()\n", "if x:\n    y()\nelif z:\n    w()\n", 4, "    w()"),
        ("if x: \\\n  y()\n", "if x: \\\n  y()\n", 2, "if x: \\"),
        ("x = '''\na\nb\n'''\n", "x = '''\na\nb\n'''\n", 3, "x = '''"),
        ("def f():\n\treturn g()\n", "def f():\n\treturn g()\n", 2, "\treturn g()"),
        ("a = 1\r\nb = 2\r\n", "a = 1\r\nb = 3\r\n", 2, "b = 3"),
        (
            "with a() as b, c() as d:\n    x()\n",
            "async with a() as b:\n    with c() as d:\n        x()\n",
            2,
            "        x()",
        ),
    ],
)
def test_the_line_is_found_again(old: str, new: str, line: int, comes_before: str) -> None:
    lines = todo(old, new, line).splitlines()
    at = next(i for i, text in enumerate(lines) if "TODO" in text)
    assert lines[at + 1] == comes_before
    assert lines[at].index("#") == len(comes_before) - len(comes_before.lstrip())


def test_a_long_one_is_wrapped() -> None:
    text = todo("def f():\n    return 1\n", "def f():\n    return 1\n", 2, "word " * 40)
    rows = [row for row in text.splitlines() if "#" in row]
    assert len(rows) > 2
    assert all(len(row) <= 92 and row.startswith("    #") for row in rows)
