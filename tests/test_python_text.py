"""Syntax newer than the Python that runs the tool: read as what it means, every node where it stands."""

from __future__ import annotations

import ast
import sys
import sysconfig
from pathlib import Path

import pytest

from asyncify.model.python_text import OlderPython, parse_python

FSTRINGS = [
    'x = f"{d["a"]} {"\\n".join(y)}"',
    "x = f'{a['b']!r:>{w['x']}} {{no}} {x != y}'",
    'x = f"""{\n  d["a"]  # why "so"\n  + """b"""}"""',
    'x = f"{", ".join(f"{i["n"]}" for i in q)}"',
    'x = f"{q.run("it\'s", f"{r}")}" f\'{a["b"]}\'',
    'x = rf"{d["a"]}\\d" + f"\\N{EM DASH}{d["q"]}\\"{x:%Y-{d["m"]}}"',
]
GENERICS = [
    "class A[T: Base, *U](B[T]):\n    def first[S](self, x: S) -> S:\n        return x\n",
    "class A[\n    T: Base,\n    U,\n](B):\n    pass\n",
    "async def f[T: (int, dict[str, int])](x: T): pass\n",
    "type Db[T] = Annotated[S, D(g)]\nif 1:\n    type X = int\n",
]


@pytest.mark.parametrize("text", [*FSTRINGS, *GENERICS])
def test_the_older_spelling_has_the_same_length_and_lines_and_parses(text: str) -> None:
    older = OlderPython(text).written()
    assert [len(line) for line in older.split("\n")] == [len(line) for line in text.split("\n")]
    assert compile(older, "x", "exec", ast.PyCF_ONLY_AST)
    assert not any(word in older for word in ("class A[", "first[", "type "))
    if sys.version_info >= (3, 12):
        assert compile(text, "x", "exec", ast.PyCF_ONLY_AST)


def test_names_in_f_strings_are_seen() -> None:
    names = [n.id for n in ast.walk(parse_python(FSTRINGS[3])) if isinstance(n, ast.Name)]
    assert sorted(names) == ["i", "i", "q", "x"]


def test_type_parameters_are_named_and_aliases_are_assignments() -> None:
    for text, names in zip(GENERICS, (["T", "U"], ["T", "U"], ["T"]), strict=False):
        node = parse_python(text).body[0]
        assert [p.name for p in node.type_params] == names  # type: ignore[attr-defined]
    aliases = [n for n in ast.walk(parse_python(GENERICS[3])) if isinstance(n, ast.Assign)]
    assert [ast.unparse(a.targets[0]) for a in aliases] == ["Db", "X"]


def test_a_word_that_only_looks_like_new_syntax_stays() -> None:
    text = 'type = 3\ntype(x)\nprint(type, "class X[T]", b"def f[T]")  # type X = 3\n'
    assert OlderPython(text).written() == text


def test_older_code_is_not_touched() -> None:
    for file in (Path(sysconfig.get_path("stdlib")) / "json").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert OlderPython(text).written() == text


def test_real_errors_are_told_of_the_real_text() -> None:
    with pytest.raises(SyntaxError) as caught:
        parse_python('x = f"{d["a"]}"\nclass A[T]:\n    def (:\n')
    assert caught.value.text is None or "older" not in caught.value.text
    with pytest.raises(SyntaxError):
        parse_python("class A[T]:\n  x = f'{'")
