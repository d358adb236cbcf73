"""Statements come and go: comments, blank lines, one-line suites and semicolons."""

from __future__ import annotations

import pytest
from conftest import File

from asyncify.model.ops import AddBase, EncloseRest, InsertStatements, Replace, ReplaceStatement, SetAsync
from asyncify.model.plan import Failed


def test_a_with_is_replaced_and_keeps_its_body() -> None:
    file = File(
        """\
def f():
    # lead
    with Session() as db:  # why
        # first
        a(db)  # behind

        b(db); c()
        # tail
    # after
    d()
"""
    )
    edits = [
        file.on(
            "with",
            ReplaceStatement(
                "async with $ctx as db:\n    $body",
                (file.hole("ctx", "Session()"), file.body("body", "a(db)", "c()")),
            ),
        ),
        file.at("b(db)", Replace("await $it")),
        file.on("def", SetAsync()),
    ]
    assert file.apply(*edits) == (
        """\
async def f():
    # lead
    async with Session() as db:  # why
        # first
        a(db)  # behind

        await b(db); c()
        # tail
    # after
    d()
"""
    )


def test_a_body_takes_the_place_of_its_statement() -> None:
    file = File("def f():\n\tif x:\n\t\t# one\n\t\ta()  # two\n\n\t\tif b:\n\t\t\tc()\n\t\t# three\n\td()\n")
    edit = file.on("if x", ReplaceStatement("$body", (file.body("body", "a()", "if b"),)))
    assert file.apply(edit) == "def f():\n\t# one\n\ta()  # two\n\n\tif b:\n\t\tc()\n\t# three\n\td()\n"


def test_a_part_of_a_line_can_be_a_run() -> None:
    file = File("with a:\n    b(); c(); d()\n")
    edit = file.on("with", ReplaceStatement("if x:\n    $h", (file.body("h", "b()", "c()"),)))
    assert file.apply(edit) == "if x:\n    b()\n    c()\n"


def test_the_statement_itself_is_a_hole() -> None:
    file = File("async def f():\n    # lead\n    x = a()  # behind\n    d()\n")
    edit = file.on("x =", ReplaceStatement("try:\n    $it\nfinally:\n    await close()"))
    assert file.apply(edit) == (
        "async def f():\n    # lead\n    try:\n        x = a()  # behind\n"
        "    finally:\n        await close()\n    d()\n"
    )


@pytest.mark.parametrize(
    ("before", "target", "op", "after"),
    [
        ("if x: f(); g()  # c", "g()", InsertStatements("h()", "before"), "if x:\n    f()\n    h()\n    g()  # c"),
        ("a(); b(); c()  # d", "b()", InsertStatements("h()"), "a()\nb()\nh()\nc()  # d"),
        ("a(); b()  # d", "a()", ReplaceStatement(), "b()  # d"),
        ("# l\na(); b()", "a()", ReplaceStatement(), "# l\nb()"),
        ("if x: f()\nelse: g()", "g()", ReplaceStatement(), "if x: f()\nelse:\n    pass"),
        ("class A:\n    # l\n    x = 1  # y", "x", ReplaceStatement(), "class A:\n    pass\n    # l"),
        ("if a:\n    b\n\n    # l\n    c\n\n    d", "c", ReplaceStatement(), "if a:\n    b\n\n    # l\n\n    d"),
        ("a\n\nb\nc", "b", ReplaceStatement(), "a\n\nc"),
        ("a\n\n\ndef b(): pass\n\n\nc", "def", ReplaceStatement(), "a\n\n\nc"),
        ("a\n\n# l\ndef b(): pass\n\n\nc", "def", ReplaceStatement(), "a\n\n# l\n\n\nc"),
        ("a = 1\n\n\nb = 2", "a", ReplaceStatement(), "b = 2"),
        ("a = 1  # c", "a", ReplaceStatement("b = 2\nc = 3"), "b = 2\nc = 3  # c"),
        ("# l\na = 1", "a", ReplaceStatement("# m\nb = 2"), "# l\n# m\nb = 2"),
        ("# l\na = 1", "a", InsertStatements("b = 2", "before"), "b = 2\n# l\na = 1"),
        ("# l\n\na = 1", "a", InsertStatements("b = 2", "before"), "# l\n\nb = 2\na = 1"),
        (
            "for i in x:\n    i()\nelse:\n    k()",
            "k()",
            InsertStatements("b"),
            "for i in x:\n    i()\nelse:\n    k()\n    b",
        ),
        ("if x:\n\ta()\n", "a()", InsertStatements("if y:\n    z()"), "if x:\n\ta()\n\tif y:\n\t\tz()\n"),
        ("match x:\n  case 1: a()", "a()", InsertStatements("b()"), "match x:\n  case 1:\n    a()\n    b()"),
        ("x = 1 \\\n  + 2\ny = 3", "x", InsertStatements("z = 0"), "x = 1 \\\n  + 2\nz = 0\ny = 3"),
        ("x = 1; \\\n  y = 3", "y", InsertStatements("z = 0"), "x = 1\ny = 3\nz = 0"),
        ("a\ndef f(): b()", "b()", InsertStatements("c()"), "a\ndef f():\n    b()\n    c()"),
        ("a\n    # indented\nb", "b", InsertStatements("c", "before"), "a\n    # indented\nc\nb"),
        ("    # indented\nb", "b", InsertStatements("c", "after"), "    # indented\nb\nc"),
        ("def f(): a()", "def", InsertStatements("b()", "inside"), "def f():\n    b()\n    a()"),
        (
            'def f():\n    """D."""\n\n    # l\n    a()',
            "def",
            InsertStatements("b()", "inside"),
            'def f():\n    """D."""\n\n    b()\n    # l\n    a()',
        ),
        ('class A:\n    """D."""', "class", InsertStatements("b = 1", "inside"), 'class A:\n    """D."""\n    b = 1'),
        (
            "a = 1\nb = 2",
            "a",
            InsertStatements("def f():\n    pass"),
            "a = 1\n\n\ndef f():\n    pass\n\n\nb = 2",
        ),
        (
            "class A:\n    x = 1\n    y = 2",
            "x",
            InsertStatements("def f(self):\n    pass"),
            "class A:\n    x = 1\n\n    def f(self):\n        pass\n\n    y = 2",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_one_statement(before: str, target: str, op: ReplaceStatement, after: str, newline: str) -> None:
    file = File(before.replace("\n", newline) + newline)
    assert file.apply(file.on(target, op)) == after.replace("\n", newline) + newline


def test_several_inserts_keep_their_order() -> None:
    file = File("a()\n")
    edits = [
        file.on("a()", InsertStatements("b()", "before")),
        file.on("a()", InsertStatements("c()", "before")),
        file.on("a()", InsertStatements("d()", "after")),
        file.on("a()", InsertStatements("e()", "after")),
        file.at("a()", Replace("f()")),
    ]
    assert file.apply(*edits) == "b()\nc()\nf()\nd()\ne()\n"


def test_a_broken_line_put_into_a_statement_gets_brackets() -> None:
    file = File("g(\n    a\n    .b(),\n)\n")
    hole = file.hole("h", "a\n    .b()")
    edit = file.on("g(", ReplaceStatement("x = $h\ny = q(1, $h)", (hole,)))
    after = file.apply(edit)
    assert after.startswith("x = (a\n    .b())\ny = q(\n")
    assert "((" not in after


def test_the_end_of_a_file_without_a_last_newline_stays_so() -> None:
    file = File("def f():\n    a()")
    assert file.apply(file.on("a()", InsertStatements("b()"))) == "def f():\n    a()\n    b()"


def test_statements_cannot_stand_around_an_elif() -> None:
    file = File("if a:\n    b\nelif c:\n    d\n")
    _, (result,) = file.results(file.on("elif", InsertStatements("x", "before")))
    assert isinstance(result, Failed) and result.stage == "locate"


def test_what_follows_a_statement_goes_into_its_block() -> None:
    file = File(
        """\
def f(q):
    \"\"\"One
    text.\"\"\"
    # lead
    db = Session()  # why

    # first
    if q:
        return \"\"\"a
        b\"\"\"
    b(db); c()

    return db.all()
    # tail
# after
d()
"""
    )
    edits = [
        file.on("db =", EncloseRest("async with $made as db:\n    $rest", (file.hole("made", "Session()"),))),
        file.at("b(db)", Replace("await $it")),
        file.on("def", SetAsync()),
    ]
    assert file.apply(*edits) == (
        """\
async def f(q):
    \"\"\"One
    text.\"\"\"
    # lead
    async with Session() as db:  # why

        # first
        if q:
            return \"\"\"a
        b\"\"\"
        await b(db); c()

        return db.all()
    # tail
# after
d()
"""
    )


def test_a_statement_stays_before_what_encloses_the_rest() -> None:
    file = File("if x:\n    db: Session = make()\n    if db: one = Session(); two(one)\n    three()\n")
    template = "$it\ntry:\n    $rest\nfinally:\n    $db.close()"
    first = file.on("db: Session", EncloseRest(template, (file.hole("db", "db"),)))
    assert file.apply(first) == (
        "if x:\n    db: Session = make()\n    try:\n        if db: one = Session(); two(one)\n        three()\n"
        "    finally:\n        db.close()\n"
    )
    _, (result,) = file.results(file.on("one =", EncloseRest("with $it:\n    $rest")))
    assert isinstance(result, Failed) and "shares its line" in result.message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class A:\n    pass", "class A(M):\n    pass"),
        ("class A():\n    pass", "class A(M):\n    pass"),
        ("class A(B, C): pass  # c", "class A(M, B, C): pass  # c"),
        ("class A(metaclass=T):\n    pass", "class A(M, metaclass=T):\n    pass"),
        ("@d\nclass A(\n    B,  # b\n):\n    pass", "@d\nclass A(\n    M, B,  # b\n):\n    pass"),
    ],
)
def test_a_class_gets_a_base(before: str, after: str) -> None:
    file = File(before)
    start = "@d" if before.startswith("@") else "class"
    assert file.apply(file.on(start if start != "@d" else "class", AddBase("M"))) == after
