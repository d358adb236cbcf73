"""An expression that is replaced leaves lines, parentheses and comments to what takes its place."""

from __future__ import annotations

import textwrap

import pytest
from conftest import File

from asyncify.model.ops import Replace


def replaced(before: str, template: str) -> str:
    """`db.query(A)<links>.all()` in a text becomes the template, `$q` being `db.query(A)<links>`."""
    file = File(textwrap.dedent(before).lstrip("\n"))
    call = file.text[file.text.index("db.query(A)") : file.text.index(".all()") + len(".all()")]
    base = call.removesuffix(".all()").rstrip().removesuffix("# why").rstrip()
    edits = [
        file.at("db.query", Replace("select")),
        file.at(call, Replace(template, (file.hole("q", base),))),
    ]
    return file.apply(*edits)


ALL = "db.scalars($q).all()"
FIRST = "db.scalar($q.limit(1))"


@pytest.mark.parametrize(
    ("template", "after"),
    [
        (ALL, "x = db.scalars(\n    select(A)\n    .filter(A.b)\n    .order_by(A.c)\n).all()\n"),
        (FIRST, "x = db.scalar(\n    select(A)\n    .filter(A.b)\n    .order_by(A.c)\n    .limit(1)\n)\n"),
        ("$q is None", "x = (\n    select(A)\n    .filter(A.b)\n    .order_by(A.c) is None\n)\n"),
    ],
)
def test_brackets_take_the_place_of_the_parentheses(template: str, after: str) -> None:
    before = "x = (\n    db.query(A)\n    .filter(A.b)\n    .order_by(A.c)\n    .all()\n)\n"
    assert replaced(before, template) == after


def test_an_argument_keeps_its_name_there() -> None:
    file = File("mock.value = (\n    rows\n)\n")
    assert file.apply(file.at("rows", Replace("Mock(value=$it)"))) == "mock.value = Mock(\n    value=rows\n)\n"


def test_they_do_so_where_the_chain_begins_beside_the_parenthesis() -> None:
    before = """
        def f():
            return (db.query(A)
                      .filter(A.b,
                              A.c)
                      .order_by(A.c)
                      .all())
    """
    after = """
        def f():
            return db.scalars(
                select(A)
                .filter(A.b,
                        A.c)
                .order_by(A.c)
            ).all()
    """
    assert replaced(before, ALL) == textwrap.dedent(after).lstrip("\n")


def test_one_link_is_no_chain() -> None:
    before = "x = (\n    db.query(A)\n    .filter(A.b)\n    .all()\n)\n"
    assert replaced(before, ALL) == "x = db.scalars(\n    select(A).filter(A.b)\n).all()\n"
    wide = before.replace("A.b", "b" * 90)
    assert replaced(wide, ALL) == f"x = db.scalars(\n    select(A)\n    .filter({'b' * 90})\n).all()\n"


def test_what_stood_on_one_line_in_parentheses_does_so_in_brackets() -> None:
    assert replaced("x = (\n    db.query(A).all()\n)\n", ALL) == "x = db.scalars(\n    select(A)\n).all()\n"


def test_parentheses_around_more_than_the_chain_stay() -> None:
    before = "x = (\n    db.query(A)\n    .filter(A.b)\n    .all()\n    or y\n)\n"
    assert replaced(before, FIRST) == (
        "x = (\n    db.scalar(\n        select(A)\n        .filter(A.b)\n        .limit(1)\n    )\n    or y\n)\n"
    )


@pytest.mark.parametrize(
    ("template", "after"),
    [
        (ALL, "x = db.scalars(\n    select(A).filter(A.b)  # why\n).all()\n"),
        (FIRST, "x = db.scalar(\n    select(A)\n    .filter(A.b)  # why\n    .limit(1)\n)\n"),
    ],
)
def test_comments_before_the_last_link_stay_where_they_are(template: str, after: str) -> None:
    assert replaced("x = (\n    db.query(A)\n    .filter(A.b)  # why\n    .all()\n)\n", template) == after


def test_comments_that_have_no_place_go_above_the_statement() -> None:
    before = "if y:\n    x = [\n        db.query(A)  # why\n        .all()\n    ]\n"
    assert replaced(before, ALL) == "if y:\n    # why\n    x = [\n        db.scalars(select(A)).all()\n    ]\n"


def test_a_statement_over_lines_in_brackets_of_its_own_gets_lines_of_its_own() -> None:
    before = """
        x = db.query(A).filter(
            A.b,
            A.c,
        ).all()
    """
    after = """
        x = db.scalars(
            select(A).filter(
                A.b,
                A.c,
            )
        ).all()
    """
    assert replaced(before, ALL) == textwrap.dedent(after).lstrip("\n")


def test_a_line_is_as_long_as_others_of_the_file_are() -> None:
    line = f"xxxxxxxxxxx = db.query(A).filter({'b' * 45}).all()\n"
    same = f"xxxxxxxxxxx = db.scalars(select(A).filter({'b' * 45})).all()\n"
    broken = f"xxxxxxxxxxx = db.scalars(\n    select(A).filter({'b' * 45})\n).all()\n"
    assert len(line) <= 88 < len(same)
    assert replaced(line, ALL) == same, "too short to tell"
    for width, expected in ((80, broken), (100, same)):
        others = f"{'y' * width}\n" * 100
        assert replaced(line + others, ALL) == expected + others


def test_only_the_call_around_the_statement_gets_the_brackets() -> None:
    before = "x = (\n    db.query(A)\n    .filter(A.b)\n    .filter(A.c)\n    .all()\n)\n"
    assert replaced(before, "db.execute($q.values($q).c(1)).rowcount").startswith(
        "x = db.execute(\n    select(A)\n    .filter(A.b)\n    .filter(A.c)\n    .values("
    )
    assert replaced(before, "db.scalar(select(func.count()).select_from($q.subquery()))") == (
        "x = db.scalar(select(func.count()).select_from(\n"
        "    select(A)\n    .filter(A.b)\n    .filter(A.c)\n    .subquery()\n))\n"
    )


def test_a_long_line_in_brackets_is_broken_at_its_own_depth() -> None:
    before = f"if y:\n    x = {{\n        'key': db.query(A).filter({'b' * 66}).all(),\n    }}\n"
    assert replaced(before, ALL) == (
        "if y:\n    x = {\n        'key': db.scalars(\n"
        f"            select(A).filter({'b' * 66})\n        ).all(),\n    }}\n"
    )
