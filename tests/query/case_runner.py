"""Runs functions of a session, each on the same rows, and tells what they gave: a script for any SQLAlchemy version.

Reads from standard input and writes to standard output, as JSON; see `run`.
"""

from __future__ import annotations

import json
import re
import sys
import types
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

#: labels of columns and subqueries differ between the styles, and so do the names of parameters
LABELS = re.compile(r" AS \w+|\banon_1\.\w+")
NAMED = re.compile(r"%\((\w+)\)s")


def outcome(function: Any, engine: Any, tables: list[Any]) -> dict[str, Any]:
    """What a function gives or raises, all rows afterwards, and the SQL that was sent, labels left out.

    It happens inside a transaction that is rolled back, so that each function finds the same rows.
    """
    sql: list[tuple[str, str]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        names = NAMED.findall(statement)
        values = [parameters[name] for name in names] if names else parameters
        sql.append((LABELS.sub("", NAMED.sub("%s", statement)), repr(values)))

    with engine.connect() as connection:
        connection.begin()
        with Session(connection) as session:
            event.listen(connection, "before_cursor_execute", note)
            try:
                answer = {"result": repr(plain(function(session)))}
                session.commit()
            except Exception as error:
                answer = {"error": type(error).__name__, "message": str(error)}
                session.rollback()
            event.remove(connection, "before_cursor_execute", note)
        rows = [sorted(map(repr, connection.execute(table.select()).all())) for table in tables]
    return {**answer, "sql": sql, "rows": rows}


def plain(value: Any) -> object:
    """Instances as class and key, rows and containers as what they hold; rows and tuples differ."""
    state = sa.inspect(value, raiseerr=False) if not isinstance(value, (str, int, tuple, list, dict, set)) else None
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


def run(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Outcomes by name of an app and name of a function.

    given: `url` of an empty database; `models`, source of the module `models` that apps import, with
    `Base` and `fill(session)`; `apps`, sources by name, each with the functions `case_NAME(db)`; `cases`, the NAMEs.
    """
    found: dict[str, dict[str, Any]] = {}
    for key, text in given["apps"].items():
        models = sys.modules["models"] = types.ModuleType("models")
        exec(compile(given["models"], "models.py", "exec"), vars(models))
        app = types.ModuleType("app")
        exec(compile(text, f"{key}.py", "exec"), vars(app))
        engine = sa.create_engine(given["url"], poolclass=StaticPool)
        metadata = vars(models)["Base"].metadata
        metadata.drop_all(engine)
        metadata.create_all(engine)
        with Session(engine) as session:
            vars(models)["fill"](session)
        found[key] = {
            name: outcome(vars(app)[f"case_{name}"], engine, metadata.sorted_tables) for name in given["cases"]
        }
        engine.dispose()
        del sys.modules["models"]
    return found


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
