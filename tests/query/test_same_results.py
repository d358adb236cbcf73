"""Legacy code and what the transform makes of it, executed on SQLite: results, errors and data must be equal."""

from __future__ import annotations

import re
import textwrap
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from query_cases import CASES, HEADER, STAY
from query_models import MODELS, fill
from query_world import convert
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

#: labels of columns and subqueries differ between the styles
LABELS = re.compile(r" AS \w+|\banon_1\.\w+")
#: what may differ more: a count without a subquery, `EXISTS (SELECT 1`, and `q[2:2]`, which Query never sends
OTHER_SQL = ("count", "comprehension", "exists", "filter_exists", "filter_not_exists", "slice_empty")

SOURCE = HEADER + "".join(
    f"\n\ndef case_{name}(db: Session):\n{textwrap.indent(body.strip(), '    ')}\n" for name, body in CASES.items()
)


@cache
def converted() -> str:
    after, _ = convert({"models.py": MODELS, "app.py": SOURCE})
    return after["app.py"]


@cache
def functions_of(source: str) -> dict[str, str]:
    """Each function's own text."""
    parts = source.split("\n\n\ndef case_")
    return {part.partition("(")[0]: part for part in parts[1:]}


@cache
def load(app: str) -> tuple[types.ModuleType, types.ModuleType]:
    """Both files as modules of their own."""
    models = types.ModuleType("models")
    exec(compile(MODELS, "models.py", "exec"), vars(models))
    module = types.ModuleType("app")
    text = app.replace("from models import", "from __models import")

    def importer(name: str, *rest: Any) -> Any:
        return models if name == "__models" else __import__(name, *rest)

    vars(module)["__builtins__"] = {**vars(__import__("builtins")), "__import__": importer}
    exec(compile(text, "app.py", "exec"), vars(module))
    return models, module


@dataclass(frozen=True)
class Outcome:
    """What a function gives or raises, all rows afterwards, and the SQL that was sent, labels left out."""

    result: object
    rows: list[list[str]]
    sql: list[tuple[str, str]]


def outcome(app: str, name: str) -> Outcome:
    """Run one function on a fresh database."""
    models, module = load(app)
    engine = create_engine("sqlite://", poolclass=StaticPool)
    base = models.Base
    base.metadata.create_all(engine)
    with Session(engine) as session:
        fill(models, session)
    sql: list[tuple[str, str]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: object, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        sql.append((LABELS.sub("", statement), repr(parameters)))

    with Session(engine) as session:
        try:
            result: object = plain(vars(module)["case_" + name](session))
            session.commit()
        except Exception as error:
            result = type(error).__name__
            session.rollback()
        sent = list(sql)
        rows = [sorted(map(repr, session.execute(t.select()).all())) for t in base.metadata.sorted_tables]
    return Outcome(result, rows, sent)


def plain(value: Any) -> object:
    """Instances as class and key, rows and containers as what they hold; rows and tuples differ."""
    state = inspect(value, raiseerr=False) if not isinstance(value, (str, int, tuple, list, dict, set)) else None
    if state is not None and hasattr(state, "identity"):
        return type(value).__name__, state.identity
    if isinstance(value, Row):
        return "row", [plain(v) for v in value]
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (set, frozenset)):
        return "set", sorted(map(repr, map(plain, value)))
    return value


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The legacy half warns of being legacy."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", CASES)
def test_same(name: str) -> None:
    after = converted()
    own = functions_of(after)[name]
    assert (".query(" in own) == (name in STAY), own
    legacy, new = outcome(SOURCE, name), outcome(after, name)
    assert (new.result, new.rows) == (legacy.result, legacy.rows), own
    if not name.startswith(OTHER_SQL):
        assert new.sql == legacy.sql, own


def test_second_run_changes_nothing() -> None:
    once = {"models.py": MODELS, "app.py": converted()}
    assert convert(once)[0] == once
