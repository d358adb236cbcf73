"""Going over nodes, the order of walks, rounds of loops, and what steps share."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path

from asyncify.analysis.infer.schedule import in_import_order
from asyncify.analysis.names import Names
from asyncify.analysis.nodes import below
from asyncify.analysis.program import Program, build
from asyncify.analysis.values import Obj
from asyncify.model.plan import Workspace

EVERYTHING = """
import a.b as c
from . import d
def f(a, /, b=1, *c, d, e=2, **k) -> int:
    global x
    async with a as b, c: del a[1:2, ...]
    match a:
        case {"k": 1, **r}: pass
        case P(1, b=-2) | None: pass
        case [*q] as z if z: pass
    try: assert a < b <= c, f"{c!r:>{d}}"
    except E as e: raise e from None
    finally: return {**a, "b": not a}, [i async for i in x if y], lambda: (yield), (w := 1)
"""
NEWER = {
    (3, 11): "try: pass\nexcept* E: pass\n",
    (3, 12): "type X[T: int] = list[T]\nclass A[T]: pass\ndef g[T, *U, **P](): pass\n",
}
#: operators and contexts, which have no place in a file
SHARED = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def program_of(files: dict[str, str], before: Program | None = None) -> Program:
    contents = {path: text.encode() for path, text in files.items()}
    return build(Workspace(Path("/nowhere"), contents), before=before)


def test_all_nodes_are_gone_over_in_the_order_of_ast() -> None:
    sources = [EVERYTHING, *(text for version, text in NEWER.items() if sys.version_info >= version)]
    for tree in map(ast.parse, sources):
        assert below(tree) == [node for node in ast.walk(tree) if not isinstance(node, SHARED)]


def test_modules_stand_behind_what_they_import() -> None:
    files = {
        "app/a.py": "from app.b import B\nfrom app.c import C\n",
        "app/b.py": "from app.c import C\nB = 1\n",
        "app/c.py": "C = 1\n",
    }
    names = Names(program_of(files).modules)
    assert list(in_import_order(names)) == ["app/c.py", "app/b.py", "app/a.py"]


def test_imports_that_go_round_come_to_an_end() -> None:
    files = {"a.py": "import b\n", "b.py": "import c\n", "c.py": "import a\n"}
    assert sorted(in_import_order(Names(program_of(files).modules))) == ["a.py", "b.py", "c.py"]


def known_class(program: Program, call: str) -> set[str]:
    """The classes of the first argument of a call."""
    (module,) = program.modules.values()
    (found,) = (n for n in module.source.nodes_of(ast.Call) if getattr(n.func, "id", "") == call)
    return {v.info.name for v in program.values(found.args[0]) if isinstance(v, Obj)}


def test_what_a_round_sets_is_seen_by_the_next() -> None:
    code = "class Thing: ...\ndef f(names):\n    last = None\n    for name in names:\n        {}\n"
    for body in ("look(last); last = Thing()", "first = last; look(first); last = Thing()"):
        assert known_class(program_of({"m.py": code.format(body)}), "look") == {"Thing"}


def test_what_a_branch_sets_is_seen_before_it_in_the_next_round() -> None:
    code = """
class Thing: ...
class Other: ...
def f(names):
    for name in names:
        if name:
            found = Thing()
        look(found)
        found = Other()
"""
    assert known_class(program_of({"m.py": code}), "look") == {"Thing", "Other"}


def test_a_step_reads_again_only_what_changed() -> None:
    first = program_of({"a.py": "A = 1\n", "b.py": "B = 1\n"})
    second = program_of({"a.py": "A = 1\n", "b.py": "B = 2\n"}, first)
    assert second.modules["a.py"] is first.modules["a.py"]
    assert second.modules["b.py"] is not first.modules["b.py"]
    assert build(replace(second.workspace), before=second) is second


def test_a_file_that_is_gone_or_broken_is_not_kept() -> None:
    first = program_of({"a.py": "A = 1\n", "b.py": "B = 1\n"})
    second = program_of({"b.py": "B = = 1\n"}, first)
    assert not second.modules
    assert list(second.broken) == ["b.py"]
