"""Every node that the analysis can name is found, over code that tries everything Python can say."""

from __future__ import annotations

import ast
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest

from asyncify.model.span import Place, Span, Target
from asyncify.rewrite.locate import locate
from asyncify.rewrite.source import column, decode, split_lines

STDLIB = Path(sysconfig.get_path("stdlib"))
FILES = sorted(
    [
        *(STDLIB / "json").glob("*.py"),
        *(STDLIB / "asyncio").glob("[b-s]*s.py"),
        STDLIB / "dataclasses.py",
        STDLIB / "contextlib.py",
    ]
)
NASTY = """\
f(x for x in y)
f (x for x in y)
f((x for x in y), 1)
(f)(x for x in y)
x = (1,
 2)
x = 1, 2
((a, b)) = ()
a[1:2, (3, 4)], a[()], a[(1, 2)]
(((a) + b).c)
"é", ß.straße("ü").x
x = (  # comment
  a.b
  .c()
)
"a" "b", f"{a}" 'b'
(
 'a'
 'b')
lambda: (yield)
lambda x=f(), *y, z=g(): x
for x, y in *a, b: pass
while (n := f()): n
del (a), b
assert a, (b)
not a, -a ** -b, a not in b is c
x = *a, *b
with (open(a) as b, c): pass
with (a, b) as c: pass
@d.e
@f(1)

# comment
class A(B, metaclass=C):
\tx: int = 1; y = 2
\t@property
\tdef f(self, a=b()): return self.x
async def f():
    async  def g(): await x
    async with a as b, c: pass
    async for i in j: pass
    return [await i async for i in j if await k()]
if a:
    b; c
elif d: e
else:
    try: pass
    except (E, F) as g: raise H from i
match x:
    case A(b=c) if d(): e
    case [1, *_] | {"a": f.g}: pass
x = y \\
    .z \\
    .w()
print(a, *b, **c); print(d)
x = {**a, 'b': c, **{d: e for d, e in f}}
def f() -> g[h]: global x; nonlocal_ = 1
x[a] = y.b = c; x.d += e
x: "A" = b
"""


def expected(text: str) -> Iterator[tuple[Target, ast.AST]]:
    """What `ast` says: the target of each node, and the node."""
    lines = split_lines(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    inside = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in _parts(node)}
    slices = {id(node.slice) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr | ast.stmt) or (id(node) in inside and not isinstance(node, ast.stmt)):
            continue
        if isinstance(node, ast.Starred | ast.Slice) or (isinstance(node, ast.Tuple) and id(node) in slices):
            continue
        span = Span(
            node.lineno,
            column(lines[node.lineno - 1], node.col_offset),
            node.end_lineno,
            column(lines[node.end_lineno - 1], node.end_col_offset),
        )
        yield Target(span, Place.EXPRESSION if isinstance(node, ast.expr) else Place.STATEMENT), node


def _parts(node: ast.JoinedStr) -> Iterator[ast.AST]:
    """What is no expression of its own in an f-string: its texts and fields; before Python 3.12, which gave no right
    positions there, everything in it."""
    if sys.version_info < (3, 12):
        yield from ast.walk(node)
        return
    for part in node.values:
        yield part
        spec = part.format_spec if isinstance(part, ast.FormattedValue) else None
        if isinstance(spec, ast.JoinedStr):
            yield spec
            yield from _parts(spec)


def missing(text: str) -> list[str]:
    targets = list(expected(text))
    located = locate(cst.parse_module(text), 1, [target.span for target, _ in targets])
    problems = []
    for target, node in targets:
        table = located.expressions if target.place is Place.EXPRESSION else located.statements
        key = target.span if target.place is Place.EXPRESSION else (target.span.line, target.span.column)
        if key not in table or not _alike(node, table[key]):
            problems.append(f"{type(node).__name__} {target.span}: {table.get(key)}")
    return problems


KINDS = {
    ast.Call: cst.Call,
    ast.Name: cst.Name,
    ast.Attribute: cst.Attribute,
    ast.Subscript: cst.Subscript,
    ast.Await: cst.Await,
    ast.Lambda: cst.Lambda,
    ast.Tuple: cst.Tuple,
    ast.GeneratorExp: cst.GeneratorExp,
    ast.ListComp: cst.ListComp,
    ast.FunctionDef: cst.FunctionDef,
    ast.AsyncFunctionDef: cst.FunctionDef,
    ast.ClassDef: cst.ClassDef,
    ast.With: cst.With,
    ast.AsyncWith: cst.With,
    ast.For: cst.For,
    ast.AsyncFor: cst.For,
    ast.If: cst.If,
    ast.Return: cst.Return,
    ast.Expr: cst.Expr,
    ast.Assign: cst.Assign,
    ast.JoinedStr: (cst.FormattedString, cst.ConcatenatedString),
}


def _alike(node: ast.AST, found: cst.CSTNode) -> bool:
    return isinstance(found, KINDS.get(type(node), cst.CSTNode))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_node_of_nasty_code_is_found(newline: str) -> None:
    assert missing(NASTY.replace("\n", newline)) == []


def test_every_node_is_found_when_it_alone_is_wanted() -> None:
    for target, node in expected(NASTY):
        located = locate(cst.parse_module(NASTY), 1, [target.span])
        assert _alike(node, located.find(target))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_node_of_the_standard_library_is_found(path: Path) -> None:
    assert missing(decode(path.read_bytes()).text) == []


def test_lines_are_counted_from_the_given_first_line() -> None:
    located = locate(cst.parse_module("f(a)\n"), 41, [Span(41, 0, 41, 4)])
    assert isinstance(located.find(Target(Span(41, 0, 41, 4))), cst.Call)
