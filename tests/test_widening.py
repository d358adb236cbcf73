"""Values that would grow without end are cut, and what is read of them is still known."""

from __future__ import annotations

import ast
from pathlib import Path

from asyncify.analysis.infer.widening import DEPTHS, Widening
from asyncify.analysis.program import build
from asyncify.analysis.values import NOTHING, Inst, Rec, Values, collection, has
from asyncify.knowledge import names
from asyncify.model.plan import Workspace
from asyncify.transforms.registry import TRANSFORMS

TREE = """\
from fastapi import FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def passed_on(function):
    def wrapper(*found, **more):
        return function(*found, **more)

    return wrapper


@passed_on
def one(db: Session):
    return db


@passed_on
def both(db: Session):
    return [one(db), {"one": one(db)}]


@app.get("/")
def root(db: Session):
    rows = both(db)
    return [rows, rows[0]]
"""


def nested(values: Values) -> int:
    """How deep values are, seen from outside."""
    parts = [p for v in values for p in (v.args if isinstance(v, Inst) else [])]
    parts += [p for v in values if isinstance(v, Rec) for _, p in v.items]
    return 1 + max(map(nested, parts), default=-1)


def test_a_function_that_nests_what_it_gives_is_understood_in_no_time() -> None:
    program = build(Workspace(Path(), {"app.py": TREE.encode()}))
    for transform in TRANSFORMS:
        transform.plan(program)
    reads = [n for n in program.modules["app.py"].source.nodes if isinstance(n, ast.Subscript)]
    assert [has(program.values(n), names.SESSION) for n in reads] == [True]


def test_what_is_too_deep_is_forgotten_and_the_rest_kept() -> None:
    session = frozenset({Inst(names.SESSION)})
    deep = session
    for _ in range(DEPTHS[0] + 5):
        deep = frozenset({Rec((("more", deep), ("it", session)))})
    cut = Widening().cut(deep)
    assert nested(cut) == DEPTHS[0] + 1  # the innermost are empty
    assert any(isinstance(v, Rec) and has(v.get("it"), names.SESSION) for v in cut)
    for _ in range(12):
        deep = frozenset(collection(kind, deep) for kind in ("list", "set", "tuple", "deque"))
    assert nested(Widening().cut(deep)) == DEPTHS[1] + 1  # 4 ** 6 of them are more than any code says
    flat = frozenset({collection("list", NOTHING)})
    assert Widening().cut(flat) == flat


def test_a_dictionary_that_is_made_of_itself_has_each_key_once() -> None:
    text = """\
from sqlalchemy.orm import Session

found = {"db": 1, "other": 2}


def more(db: Session):
    global found
    found = {**found, **found, "db": db, **found}
    return found["db"]
"""
    program = build(Workspace(Path(), {"app.py": text.encode()}))
    nodes = program.modules["app.py"].source.nodes
    assert [has(program.values(n), names.SESSION) for n in nodes if isinstance(n, ast.Subscript)] == [True]
    sizes = [len(v.items) for n in nodes for v in program.values(n) if isinstance(v, Rec)]
    assert max(sizes) == 2
