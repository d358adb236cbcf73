"""Whole plans: groups, stale plans, unreadable files, encodings; every outcome is a value."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import File

from asyncify.model.edit import Edit, Import, TextEdit
from asyncify.model.ops import AppendToModule, EditCall, InsertStatements, Replace, SetAsync
from asyncify.model.plan import Failed, Plan, Rewritten, Skipped, Workspace, content_hash
from asyncify.model.span import Place, Span, Target
from asyncify.rewrite.apply import apply_plan

NOWHERE = Target(Span(1, 0, 1, 1))


def workspace(**files: str | bytes) -> Workspace:
    return Workspace(
        Path("/repo"),
        {f"{name}.py": data if isinstance(data, bytes) else data.encode() for name, data in files.items()},
    )


def replace(path: str, text: str, code: str, template: str = "y", group: str = "") -> Edit:
    return File(text, path).at(code, Replace(template), group=group)


def test_a_plan_over_two_files() -> None:
    space = workspace(a="x()\n", b="x()\nz()\n", c="x()\n")
    edits = (replace("b.py", "x()\nz()\n", "x()"), replace("a.py", "x()\n", "x()"))
    after, results = apply_plan(Plan("s", edits), space)
    assert dict(after.files) == {"a.py": b"y\n", "b.py": b"y\nz()\n", "c.py": b"x()\n"}
    assert results == (
        Rewritten("a.py", b"x()\n", b"y\n", (edits[1],)),
        Rewritten("b.py", b"x()\nz()\n", b"y\nz()\n", (edits[0],)),
    )
    assert space.files["a.py"] == b"x()\n"


def test_a_file_that_comes_out_the_same_yields_nothing() -> None:
    space = workspace(a="x()\n")
    after, results = apply_plan(Plan("s", (replace("a.py", "x()\n", "x()", "x()"),)), space)
    assert results == () and after == space


def test_an_edit_that_fails_leaves_the_others_of_the_file() -> None:
    text = "x()\nz()\n"
    bad = Edit("test", "a.py", Target(Span(2, 0, 2, 7)), Replace("q"))
    after, results = apply_plan(Plan("s", (bad, replace("a.py", text, "x()"))), workspace(a=text))
    assert after.files["a.py"] == b"y\nz()\n"
    assert {type(result) for result in results} == {Failed, Rewritten}
    (failed,) = [result for result in results if isinstance(result, Failed)]
    assert failed == Failed("a.py", "locate", "a.py:2: test: no expression at 2:0-2:7")


def test_a_group_goes_whole_or_not_at_all() -> None:
    edits = (
        replace("a.py", "x()\nw()\n", "x()", group="g"),
        replace("a.py", "x()\nw()\n", "w()"),
        replace("b.py", "x()\n", "x()", group="g"),
        Edit("test", "c.py", NOWHERE, EditCall(), group="g"),
        replace("d.py", "x()\n", "x()", group="h"),
    )
    space = workspace(a="x()\nw()\n", b="x()\n", c="x()\n", d="x()\n")
    after, results = apply_plan(Plan("s", edits), space)
    assert dict(after.files) == {"a.py": b"x()\ny\n", "b.py": b"x()\n", "c.py": b"x()\n", "d.py": b"y\n"}
    by_path = {(result.path, type(result)) for result in results}
    assert by_path == {
        ("a.py", Rewritten),
        ("a.py", Skipped),
        ("b.py", Skipped),
        ("c.py", Failed),
        ("d.py", Rewritten),
    }
    assert [r.edits for r in results if r.path == "a.py" and isinstance(r, Rewritten)] == [(edits[1],)]
    assert all("c.py:1" in result.reason for result in results if isinstance(result, Skipped))


def test_groups_fall_one_after_another() -> None:
    edits = (
        Edit("test", "a.py", NOWHERE, EditCall(), group="g"),
        replace("b.py", "x()\n", "x()", "await $it", group="h"),
        TextEdit("test", "c.txt", None, "c", group="g"),
        TextEdit("test", "d.txt", None, "d", group="h"),
        TextEdit("test", "e.txt", None, "e"),
    )
    plan = Plan("s", tuple(e for e in edits if isinstance(e, Edit)), tuple(e for e in edits if isinstance(e, TextEdit)))
    after, _ = apply_plan(plan, workspace(a="x()\n", b="x()\n"))
    assert set(after.files) == {"a.py", "b.py", "e.txt"}
    assert after.files["b.py"] == b"x()\n"


def test_what_cannot_be_read_is_skipped_with_its_group() -> None:
    edits = (
        Edit("test", "bad.py", NOWHERE, EditCall(), group="g"),
        Edit("test", "bytes.py", NOWHERE, EditCall()),
        replace("a.py", "x()\n", "x()", group="g"),
    )
    space = workspace(bad="def f(:\n", bytes=b"x = '\xff'\n", a="x()\n")
    after, results = apply_plan(Plan("s", edits), space)
    assert after == space
    assert [(result.path, type(result)) for result in results] == [
        ("a.py", Skipped),
        ("bad.py", Skipped),
        ("bytes.py", Skipped),
    ]
    assert "bad.py" in results[0].reason  # type: ignore[union-attr]


def test_a_stale_plan_is_refused() -> None:
    edit = replace("a.py", "x()\n", "x()")
    after, (result,) = apply_plan(Plan("s", (edit,), hashes={"a.py": content_hash(b"old")}), workspace(a="x()\n"))
    assert isinstance(result, Failed) and result.stage == "locate" and after.files["a.py"] == b"x()\n"
    _, (result,) = apply_plan(Plan("s", (edit,), hashes={"a.py": content_hash(b"x()\n")}), workspace(a="x()\n"))
    assert isinstance(result, Rewritten)


def test_a_file_that_is_not_there_fails() -> None:
    _, (result,) = apply_plan(Plan("s", (Edit("test", "a.py", NOWHERE, EditCall()),)), workspace())
    assert isinstance(result, Failed) and result.stage == "locate"


@pytest.mark.parametrize(
    "data",
    [
        "\ufeffé = x()\n".encode(),
        "# -*- coding: latin-1 -*-\né = x()\n".encode("latin-1"),
        "é = x()\r\nb = 1\n\rc = 2\r\n".encode(),
        "é = x()\n\x0c\nb = '\u2028'\n".encode(),
        b"if a:\n\tb = x()\nelse:\n    c\n",
        b"a = 1; e = x()  \t\n\n\n   \n# end",
    ],
)
def test_other_bytes_stay(data: bytes) -> None:
    encoding = "latin-1" if b"latin-1" in data else "utf-8"
    text = data.decode(encoding).removeprefix("\ufeff")
    edit = replace("a.py", text, "x()", "yy")
    after, results = apply_plan(Plan("s", (edit,)), workspace(a=data))
    assert [type(result) for result in results] == [Rewritten]
    assert after.files["a.py"] == data.replace(b"x()", b"yy")


def test_a_text_that_the_encoding_cannot_say_fails() -> None:
    data = b"# -*- coding: latin-1 -*-\nx()\n"
    edit = replace("a.py", data.decode(), "x()", "'\u20ac'")
    after, (result,) = apply_plan(Plan("s", (edit,)), workspace(a=data))
    assert isinstance(result, Failed) and after.files["a.py"] == data


def test_what_the_compiler_refuses_takes_only_its_statement() -> None:
    text = "def f():\n    return x()\n\nasync def g():\n    return x()\n"
    file = File(text, "a.py")
    edits = (file.at("x()", Replace("await $it"), 0), file.at("x()", Replace("await $it"), 1))
    after, results = apply_plan(Plan("s", edits), workspace(a=text))
    assert after.files["a.py"].decode() == "def f():\n    return x()\n\nasync def g():\n    return await x()\n"
    assert any(isinstance(result, Failed) and result.stage == "verify" for result in results)


def test_imports_come_with_edits_and_names_that_others_import_stay() -> None:
    text = "from k import X, Z\n\nX()\nZ()\n"
    file = File(text, "a.py")
    edits = (
        file.at("X()", Replace("select()"), imports=(Import("s", "select"),), drops=("X",)),
        file.at("Z()", Replace("select()"), imports=(Import("s", "select"),), drops=("Z",)),
    )
    after, _ = apply_plan(Plan("s", edits), workspace(a=text), {"a.py": frozenset({"Z"})})
    assert after.files["a.py"].decode() == "from k import Z\nfrom s import select\n\nselect()\nselect()\n"


def test_imports_of_an_edit_that_failed_are_not_added() -> None:
    edit = Edit("test", "a.py", NOWHERE, EditCall(), imports=(Import("s", "t"),))
    after, _ = apply_plan(Plan("s", (edit,)), workspace(a="x()\n"))
    assert after.files["a.py"] == b"x()\n"


def test_text_edits_want_the_text_that_they_were_made_for() -> None:
    space = Workspace(Path("/repo"), {"a.txt": b"one\r\n", "b.txt": b"\xef\xbb\xbfone", "c.txt": b"x"})
    edits = (
        TextEdit("test", "a.txt", "one\r\n", "two\r\n"),
        TextEdit("test", "a.txt", "two\r\n", "three\r\n"),
        TextEdit("test", "b.txt", "one", "two"),
        TextEdit("test", "c.txt", "y", "z"),
        TextEdit("test", "new.txt", None, "n"),
        TextEdit("test", "new.py", None, "def"),
    )
    after, results = apply_plan(Plan("s", (), edits), space)
    assert dict(after.files) == {
        "a.txt": b"three\r\n",
        "b.txt": b"\xef\xbb\xbftwo",
        "c.txt": b"x",
        "new.txt": b"n",
    }
    assert [(r.path, r.stage) for r in results if isinstance(r, Failed)] == [("c.txt", "locate"), ("new.py", "verify")]
    _, (result,) = apply_plan(Plan("s", (), (TextEdit("test", "a.txt", None, "x"),)), space)
    assert isinstance(result, Failed)


@pytest.mark.parametrize(
    ("before", "where", "template", "after"),
    [
        ("x = 1", "end", "y = 2", "x = 1\n\ny = 2\n"),
        ("x = 1\n\n\n", "end", "def f():\n    pass\n", "x = 1\n\n\ndef f():\n    pass\n"),
        ("if x:\n\ty\n", "end", "if z:\n    y", "if x:\n\ty\n\nif z:\n\ty\n"),
        (
            "import a\nimport b\ndef f(): pass\nimport c\n",
            "imports",
            "x = 1",
            "import a\nimport b\n\nx = 1\n\n\ndef f(): pass\nimport c\n",
        ),
        (
            "import a\n\nif TYPE_CHECKING:\n    import b\n\nx = 1\n",
            "imports",
            "y = 2",
            "import a\n\nif TYPE_CHECKING:\n    import b\n\ny = 2\n\nx = 1\n",
        ),
        ('"""D."""\nx = 1\n', "imports", "y = 2", '"""D."""\n\ny = 2\n\nx = 1\n'),
        ("# c\nx = 1\n", "imports", "y = 2", "# c\n\ny = 2\n\nx = 1\n"),
        (
            "import a\nx = f(a)\nimport b\n",
            "imports",
            "def f(a):\n    return a",
            "import a\n\n\ndef f(a):\n    return a\n\n\nx = f(a)\nimport b\n",
        ),
        (
            "import a\ng = lambda: f(a)\nimport b\n",
            "imports",
            "def f(a):\n    return a",
            "import a\ng = lambda: f(a)\nimport b\n\n\ndef f(a):\n    return a\n",
        ),
        ("", "imports", "y = 2", "y = 2\n"),
        ("", "end", "y = 2", "y = 2\n"),
        ("import a  # c\r\nb\r\n", "imports", "y = 2\nz = 3", "import a  # c\r\n\r\ny = 2\r\nz = 3\r\n\r\nb\r\n"),
    ],
)
def test_append_to_module(before: str, where: str, template: str, after: str) -> None:
    edit = Edit("test", "a.py", NOWHERE, AppendToModule(template, where))
    space, results = apply_plan(Plan("s", (edit,)), workspace(a=before))
    assert [type(result) for result in results] == [Rewritten]
    assert space.files["a.py"].decode() == after


def test_many_edits_of_many_kinds_at_once() -> None:
    text = "import a\n\n\ndef f(db):\n    x = db.q().all()\n    return [y.z for y in x]\n"
    file = File(text, "a.py")
    edits = (
        file.on("def f", SetAsync()),
        file.at("db.q().all()", Replace("(await db.scalars($s)).all()", (file.hole("s", "db.q()"),))),
        file.at("db.q()", Replace("select(Q)"), imports=(Import("sqlalchemy", "select"),), drops=("a",)),
        file.on("return", InsertStatements("await log(db)", "before")),
        Edit("test", "a.py", NOWHERE, AppendToModule("def g():\n    pass")),
    )
    after, _ = apply_plan(Plan("s", edits), workspace(a=text))
    assert after.files["a.py"].decode() == (
        "from sqlalchemy import select\n\n\nasync def f(db):\n    x = (await db.scalars(select(Q))).all()\n"
        "    await log(db)\n    return [y.z for y in x]\n\n\ndef g():\n    pass\n"
    )


def test_a_statement_target_on_an_expression_fails() -> None:
    edit = Edit("test", "a.py", Target(Span(1, 0, 1, 3), Place.STATEMENT), Replace("y"))
    _, (result,) = apply_plan(Plan("s", (edit,)), workspace(a="x()\n"))
    assert isinstance(result, Failed) and result.stage == "apply"
