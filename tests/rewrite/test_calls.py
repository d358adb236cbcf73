"""Arguments, parameters and decorators: what is not named keeps its layout."""

from __future__ import annotations

import pytest
from conftest import File

from asyncify.model.ops import EditCall, EditDecorators, EditParameters, Op, SetAsync
from asyncify.model.plan import Failed


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("f(a, b, c=1, **k)", EditCall((1, "c"), (("d", "x.y"),), ("z",)), "f(a, z, d=x.y, **k)"),
        ("f(a)", EditCall(remove=(0,)), "f()"),
        ("f(\n    a,\n)", EditCall(remove=(0,)), "f()"),
        ("f()", EditCall(set=(("a", "1"),), append=("b",)), "f(b, a=1)"),
        ("f(a,)", EditCall(append=("b",)), "f(a, b,)"),
        ("f(*a, k=1)", EditCall(append=("b",)), "f(*a, b, k=1)"),
        ("f(k=1)", EditCall(append=("b",)), "f(b, k=1)"),
        ("f(k=1)", EditCall(set=(("k", "2"),)), "f(k=2)"),
        ("f(x for x in y)", EditCall(set=(("k", "2"),)), "f((x for x in y), k=2)"),
        ("f(a,\n  b)", EditCall(append=("c",)), "f(a,\n  b,\n  c)"),
        ("f(\n    a,  # one\n    b,  # two\n)", EditCall(remove=(1,)), "f(\n    a,  # one\n)"),
        ("f(\n    a,  # one\n    b  # two\n)", EditCall(remove=(0,)), "f(\n    b  # two\n)"),
        (
            "f(\n    a,  # one\n    b,  # two\n)",
            EditCall(set=(("k", "1"),)),
            "f(\n    a,  # one\n    b,  # two\n    k=1,\n)",
        ),
        ("f(\n    a,\n    b\n)", EditCall(set=(("k", "1"),)), "f(\n    a,\n    b,\n    k=1\n)"),
        ("f(\n    a\n)", EditCall(append=("b",)), "f(\n    a,\n    b\n)"),
        ("f(a, b, c)", EditCall(remove=(0, 1)), "f(c)"),
    ],
)
def test_edit_call(before: str, op: EditCall, after: str) -> None:
    file = File(before + "\n")
    assert file.apply(file.at(before, op)) == after + "\n"


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("def f(): pass", EditParameters(("a: int", "b=1")), "def f(a: int, b=1): pass"),
        ("def f(a, *, b): pass", EditParameters(("c: int",), ("b",)), "def f(a, c: int): pass"),
        ("def f(a=1, **k): pass", EditParameters(("c",)), "def f(a=1, *, c, **k): pass"),
        ("def f(a=1, *x): pass", EditParameters(("c",)), "def f(a=1, *x, c): pass"),
        ("def f(a, /): pass", EditParameters(("c",)), "def f(a, /, c): pass"),
        ("def f(a, /, b): pass", EditParameters((), ("a",)), "def f(b): pass"),
        ("def f(a, *b, c): pass", EditParameters(("d",), ("a", "b")), "def f(d, *, c): pass"),
        ("def f(a, b,): pass", EditParameters((), ("b",)), "def f(a,): pass"),
        (
            "def f(\n    a: int,\n    b: str = '',  # x\n) -> int: pass",
            EditParameters(("c: A = D(e, f)",), ("a",)),
            "def f(\n    b: str = '',  # x\n    c: A = D(e, f),\n) -> int: pass",
        ),
        ("def f(self,\n      a): pass", EditParameters(("b",)), "def f(self,\n      a,\n      b): pass"),
        ("def f(): pass", EditDecorators(("a.b(1)",)), "@a.b(1)\ndef f(): pass"),
        ("# l\n@a\ndef f(): pass", EditDecorators(("b",)), "# l\n@a\n@b\ndef f(): pass"),
        ("# l\n@a\ndef f(): pass", EditDecorators(("b",), first=True), "# l\n@b\n@a\ndef f(): pass"),
        ("@a\n# c\n@b  # d\ndef f(): pass", EditDecorators(("e",), (0,)), "# c\n@b  # d\n@e\ndef f(): pass"),
        ("# l\n@a\ndef f(): pass", EditDecorators((), (0,)), "# l\ndef f(): pass"),
        ("# l\n@a\ndef f(): pass", EditDecorators(("b",), (0,)), "# l\n@b\ndef f(): pass"),
        ("def f(): pass", SetAsync(), "async def f(): pass"),
        ("async  def f(): pass", SetAsync(False), "def f(): pass"),
    ],
)
def test_heads_of_functions(before: str, op: Op, after: str) -> None:
    file = File(before + "\n")
    start = next(line for line in before.splitlines() if line.startswith(("def", "async")))
    assert file.apply(file.on(start, op)) == after + "\n"


def test_classes_have_decorators_too() -> None:
    file = File("class B:\n    # l\n    class A: pass\n")
    assert file.apply(file.on("class A", EditDecorators(("d",)))) == ("class B:\n    # l\n    @d\n    class A: pass\n")


def test_with_and_for_and_several_edits_of_one_function() -> None:
    file = File("@a\ndef f(b):\n    with c(b): pass\n    for d in e: pass\n")
    edits = [
        file.on("with", SetAsync()),
        file.on("for", SetAsync()),
        file.on("def", SetAsync()),
        file.on("def", EditParameters(("c",), ("b",))),
        file.on("def", EditDecorators(("x",), (0,))),
    ]
    after = file.apply(*edits)
    assert after == "@x\nasync def f(c):\n    async with c(b): pass\n    async for d in e: pass\n"
    back = File(after)
    off = [back.on(start, SetAsync(False)) for start in ("async with", "async for", "async def")]
    assert back.apply(*off) == "@x\ndef f(c):\n    with c(b): pass\n    for d in e: pass\n"


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (EditParameters(("a",)), "already"),
        (EditParameters((), ("b",)), "no parameter 'b'"),
        (EditParameters(("a, b",)), "not one parameter"),
        (EditDecorators((), (0,)), "no decorator 0"),
    ],
)
def test_what_is_not_there_fails(op: Op, words: str) -> None:
    file = File("def f(a): pass\n")
    _, (result,) = file.results(file.on("def", op))
    assert isinstance(result, Failed) and words in result.message


@pytest.mark.parametrize("op", [EditCall(remove=("k",)), EditCall(remove=(1,)), EditCall(append=("a b",))])
def test_arguments_that_are_not_there_fail(op: EditCall) -> None:
    file = File("f(a)\n")
    _, (result,) = file.results(file.at("f(a)", op))
    assert isinstance(result, Failed) and result.stage == "apply"
