"""Expressions are replaced where they stand: parentheses, nesting, holes, lines."""

from __future__ import annotations

import pytest
from conftest import File

from asyncify.model.ops import AppendCall, RenameAttribute, Replace, SetAsync
from asyncify.model.plan import Failed

AWAIT = Replace("await $it")


def test_an_awaited_child_gets_parentheses_where_the_parent_binds_tighter() -> None:
    file = File("async def f():\n    x = g().y, g()[0], g()()\n")
    edits = [file.at("g()", AWAIT, nth) for nth in range(3)]
    assert file.apply(*edits) == "async def f():\n    x = (await g()).y, (await g())[0], (await g())()\n"


def test_awaits_nest() -> None:
    file = File("async def f():\n    return a(b()())\n")
    edits = [file.at(code, AWAIT) for code in ("a(b()())", "b()()", "b()")]
    expected = "async def f():\n    return await a(await (await b())())\n"
    assert file.apply(*edits) == expected
    assert file.apply(*reversed(edits)) == expected


@pytest.mark.parametrize(
    ("before", "target", "after"),
    [
        ("x = (g()).y", "g()", "x = (await g()).y"),
        ("x = not g() ** -g()", "g()", "x = not await g() ** -g()"),
        ("x = a or b", "a or b", "x = await (a or b)"),
        ("x = (a or b)", "a or b", "x = (await (a or b))"),
        ("x = lambda: 0", "lambda: 0", "x = await (lambda: 0)"),
        ("x = f'{g()!r}'", "g()", "x = f'{await g()!r}'"),
        ("if (n := g()): pass", "g()", "if (n := await g()): pass"),
        ("x = [g()for i in y]", "g()", "x = [(await g())for i in y]"),
        ('ß = "é", g("ü").x', 'g("ü")', 'ß = "é", (await g("ü")).x'),
        ("x = y \\\n        .z()", "y \\\n        .z()", "x = await y \\\n        .z()"),
        ("@g()\n    def h(): pass", "g()", "@await g()\n    def h(): pass"),
        ("def h(a=g()): pass", "g()", "def h(a=await g()): pass"),
        ("match g():\n        case 1 if h(): pass", "h()", "match g():\n        case 1 if await h(): pass"),
        ("print(*g(), **h)", "g()", "print(*await g(), **h)"),
        ("assert g(), g", "g()", "assert await g(), g"),
        ("a = b; c = g(); d = e", "g()", "a = b; c = await g(); d = e"),
        ("if a: b = g()  # c", "g()", "if a: b = await g()  # c"),
    ],
)
def test_await(before: str, target: str, after: str) -> None:
    file = File(f"async def f():\n    {before}\n")
    assert file.apply(file.at(target, AWAIT)) == f"async def f():\n    {after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = (\n    'a'\n    'b'\n)", "x = (\n    'c'\n    'b'\n)"),
        ("x = ('a'\n     'b')", "x = ('c'\n     'b')"),
        ("f(\n    'a'  # why\n    'b',\n    d,\n)", "f(\n    'c'  # why\n    'b',\n    d,\n)"),
        ("x = (\n    f'a{y}'\n    f'b{z}'\n)", "x = (\n    f'c{y}'\n    f'b{z}'\n)"),
    ],
)
def test_what_stands_on_several_lines_by_the_brackets_around_it(before: str, after: str) -> None:
    """Strings that follow each other, as in a URL of parts, whose first one changes."""
    file = File(before + "\n")
    start, end = before.index("'a"), before.rindex("'") + 1
    start -= before[start - 1] == "f"
    old = before[start:end]
    assert file.apply(file.at(old, Replace(old.replace("a", "c", 1)))) == after + "\n"


def test_two_edits_of_one_node_are_done_in_order() -> None:
    file = File("async def f():\n    return a(1)\n")
    edits = [file.at("a(1)", Replace("b($it)")), file.at("a(1)", AWAIT)]
    assert file.apply(*edits) == "async def f():\n    return await b(a(1))\n"


def test_holes_take_what_is_already_edited() -> None:
    file = File("x = db.query(A).filter(A.b).first()\n")
    edits = [
        file.at(
            "db.query(A).filter(A.b).first()",
            Replace(
                "$s.scalars($base.limit(1)).first()",
                (file.hole("s", "db"), file.hole("base", "db.query(A).filter(A.b)")),
            ),
        ),
        file.at("db.query(A).filter", RenameAttribute("where")),
        file.at("db.query(A)", Replace("select(A)")),
    ]
    assert file.apply(*edits) == "x = db.scalars(select(A).where(A.b).limit(1)).first()\n"


def test_a_chain_over_lines_stays_readable() -> None:
    file = File(
        """\
def f(db):
    x = (
        db.query(A)
        # only mine
        .filter(A.b)
        .first()
    )
"""
    )
    base = "db.query(A)\n        # only mine\n        .filter(A.b)"
    edits = [
        file.at("db.query(A)", Replace("select(A)")),
        file.at(
            base + "\n        .first()",
            Replace("$s.scalars($base.limit(1)).first()", (file.hole("s", "db"), file.hole("base", base))),
        ),
    ]
    query = file.apply(*edits)
    assert query == (
        """\
def f(db):
    x = db.scalars(
        select(A)
        # only mine
        .filter(A.b)
        .limit(1)
    ).first()
"""
    )
    flip = File(query)
    call = query[query.index("db.scalars") : query.index(".first")]
    edits = [flip.at(call, AWAIT), flip.on("def f", SetAsync())]
    assert "x = (await db.scalars(\n        select(A)\n" in flip.apply(*edits)


@pytest.mark.parametrize(
    ("template", "after"),
    [
        ("$h", "x = (a\n    .b())\n"),
        ("[$h]", "x = [a\n    .b()]\n"),
        ("q($h)", "x = q(\n        a\n        .b()\n    )\n"),
        ("1 + $h", "x = (1 + a\n    .b())\n"),
    ],
)
def test_a_broken_line_that_leaves_its_brackets_gets_new_ones(template: str, after: str) -> None:
    file = File("x = g(\n    a\n    .b(),\n    1,\n)\n")
    edit = file.at(file.text[4:-1], Replace(template, (file.hole("h", "a\n    .b()"),)))
    assert file.apply(edit) == after


@pytest.mark.parametrize(
    ("template", "after"),
    [
        ("$a.c", "x = (a + b).c\n"),
        ("await_($a)", "x = await_(a + b)\n"),
        ("$a * 2", "x = (a + b) * 2\n"),
        ("2 - $a", "x = 2 - (a + b)\n"),
        ("$a if $a else 1", "x = a + b if a + b else 1\n"),
        ("-$a", "x = -(a + b)\n"),
        ("y[$a]", "x = y[a + b]\n"),
    ],
)
def test_a_hole_gets_the_parentheses_that_its_place_needs(template: str, after: str) -> None:
    file = File("x = f(a + b)\n")
    assert file.apply(file.at("f(a + b)", Replace(template, (file.hole("a", "a + b"),)))) == after


@pytest.mark.parametrize(
    "template", ["y[$it]", "$it", "[$it]", "$it.z", "f($it, 1)", "f(a=$it)", "f(*$it)", "await $it"]
)
def test_a_bare_generator_gets_parentheses(template: str) -> None:
    file = File("async def g():\n    x = f(i for i in y)\n")
    target = "(i for i in y)"
    hole = template.replace("$it", "$h")
    assert template.replace("$it", target) in file.apply(
        file.at("f(i for i in y)", Replace(hole, (file.hole("h", target),)))
    )


def test_strings_and_comments_of_a_template_hold_no_holes() -> None:
    file = File("x = f()\n")
    assert file.apply(file.at("f()", Replace('g(\'$it\', """$it""", $it)'))) == ('x = g(\'$it\', """$it""", f())\n')


def test_a_tuple_and_a_generator_own_their_parentheses() -> None:
    file = File("x = (1, 2)\ny = sum(i for i in z)\ny = sum((i for i in z), 1)\n")
    edits = [
        file.at("(1, 2)", Replace("f($it)")),
        file.at("(i for i in z)", Replace("[*$it]"), 0),
        file.at("(i for i in z)", Replace("list($it)"), 1),
    ]
    assert file.apply(*edits) == "x = f((1, 2))\ny = sum([*(i for i in z)])\ny = sum(list((i for i in z)), 1)\n"


@pytest.mark.parametrize(
    ("before", "target", "after"),
    [
        ("x = a.b()", "a.b()", "x = a.b().c(1)"),
        ("x = (a.b())", "a.b()", "x = (a.b().c(1))"),
        ("x = (yield)", "yield", "x = ((yield).c(1))"),
        ("x = -1", "1", "x = -(1).c(1)"),
        ("x = (\n    a  # d\n    .b()  # e\n)", "a  # d\n    .b()", "x = (\n    a  # d\n    .b()\n    .c(1)  # e\n)"),
        ("x = a \\\n  .b()", "a \\\n  .b()", "x = a \\\n  .b() \\\n  .c(1)"),
    ],
)
def test_append_call(before: str, target: str, after: str) -> None:
    text = f"{before}\n"
    if "yield" in text:
        text, after = f"def f():\n    {text}", f"def f():\n    {after}"
    file = File(text)
    assert file.apply(file.at(target, AppendCall("c", "1"))) == after + "\n"


def test_append_call_with_a_hole() -> None:
    file = File("x = a.b(c)\n")
    edit = file.at("a.b(c)", AppendCall("d", "$c, k=$c", (file.hole("c", "c"),)))
    assert file.apply(edit) == "x = a.b(c).d(c, k=c)\n"


def test_rename_attribute_keeps_what_stands_around_the_dot() -> None:
    file = File("x = (\n    a  # c\n    .b\n    . c()\n)\n")
    edits = [
        file.at("a  # c\n    .b", RenameAttribute("bb")),
        file.at("a  # c\n    .b\n    . c", RenameAttribute("cc")),
    ]
    assert file.apply(*edits) == "x = (\n    a  # c\n    .bb\n    . cc()\n)\n"


def test_generators_of_comprehensions() -> None:
    file = File("async def f():\n    a = [x for y in z for x in y]\n    b = sum(x for x in z)\n    {k: v for k in z}\n")
    edits = [
        file.at("[x for y in z for x in y]", SetAsync(generators=(1,))),
        file.at("sum(x for x in z)", SetAsync(generators=(0,))),
        file.at("{k: v for k in z}", SetAsync(generators=(0,))),
    ]
    after = file.apply(*edits)
    assert after == (
        "async def f():\n    a = [x for y in z async for x in y]\n    b = sum(x async for x in z)\n"
        "    {k: v async for k in z}\n"
    )
    back = File(after)
    edit = back.at("[x for y in z async for x in y]", SetAsync(False, (1,)))
    assert "a = [x for y in z for x in y]\n" in back.apply(edit)


@pytest.mark.parametrize(
    ("target", "op", "stage", "words"),
    [
        ("f(x)", Replace("await $nope"), "apply", "$nope"),
        ("f(x)", Replace("x = 1"), "apply", "is no expression"),
        ("f(x)", RenameAttribute("y"), "apply", "no attribute"),
        ("f(x)", SetAsync(generators=(0,)), "apply", "no comprehension"),
        ("f(x)", AWAIT, "verify", "outside"),
    ],
)
def test_what_cannot_be_done_fails(target: str, op: Replace, stage: str, words: str) -> None:
    file = File("x = f(x)\n")
    workspace, (result,) = file.results(file.at(target, op))
    assert isinstance(result, Failed)
    assert result.stage == stage
    assert words in result.message
    assert result.message.startswith("app.py:1: test: ")
    assert workspace.files["app.py"] == b"x = f(x)\n"


def test_a_hole_may_lie_further_up_in_the_same_statement_but_not_around_the_target() -> None:
    file = File("x = [a(), b(c)]\n")
    assert file.apply(file.at("a()", Replace("A")), file.at("b(c)", Replace("$h + 1", (file.hole("h", "a()"),)))) == (
        "x = [A, A + 1]\n"
    )
    for code in ("[a(), b(c)]", "b(c)"):
        _, (result,) = file.results(file.at("a()" if code == "b(c)" else "c", Replace("$h", (file.hole("h", code),))))
        assert isinstance(result, Failed) and result.stage == "locate"


def test_a_line_that_an_edit_makes_too_long_is_broken() -> None:
    chain = "db.query(Account).filter(Account.owner_id == owner.id, Account.is_open)"
    file = File(f"def f():\n    if x:\n        account = x.y(1) or {chain}.first()\n")
    hole = (file.hole("s", "db"), file.hole("b", chain))
    query = file.apply(file.at(f"{chain}.first()", Replace("$s.scalars($b.limit(1)).first()", hole)))
    assert query == (
        "def f():\n    if x:\n        account = x.y(1) or db.scalars(\n"
        f"            {chain}.limit(1)\n        ).first()\n"
    )
    flip = File(query)
    call = query[query.index("db.scalars") : query.index(".first()")]
    after = flip.apply(flip.at(call, AWAIT), flip.on("def", SetAsync()))
    assert after == (
        f"async def f():\n    if x:\n        account = x.y(1) or (await db.scalars(\n            {chain}.limit(1)\n"
        "        )).first()\n"
    )


def test_a_long_line_in_an_f_string_stays() -> None:
    text = f'x = f"{"a" * 60}{{f(b, c)}}{"d" * 30}"\n'
    file = File(text)
    assert file.apply(file.at("f(b, c)", Replace("g(bbbbbbbbbbbb, c)"))) == text.replace(
        "f(b, c)", "g(bbbbbbbbbbbb, c)"
    )


def test_what_goes_around_a_node_that_is_written_anew_stays() -> None:
    file = File("x = f(a for a in b)\n")
    around = file.at("f(a for a in b)", Replace("spawn($it)"))
    anew = file.at("f(a for a in b)", Replace("$f([a for a in b])", (file.hole("f", "f"),)))
    assert file.apply(around, anew) == file.apply(anew, around) == "x = spawn(f([a for a in b]))\n"
