"""Runs in a process of its own: sends each request to an app whose database holds just its first rows."""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flip.driver import prepare, through_test_client, through_transport

FIRST, OWN = "first.db", "app.db"


def serve(folder: Path, form: str, requests: Sequence[Sequence[str]]) -> None:
    """The body of the process: `answers.json` holds for each request the answer and the rows afterwards."""
    errors = prepare(folder)
    _copy(OWN, FIRST)
    from main import app

    told = asyncio.run(_tell(app, form, requests))
    gc.collect()
    errors.flush()
    Path("answers.json").write_text(json.dumps(told))


async def _tell(app: Any, form: str, requests: Sequence[Sequence[str]]) -> list[Any]:
    told: list[Any] = []
    for request in requests:
        _copy(FIRST, OWN)
        one = [list(request)]
        answers = through_test_client(app, one) if form == "sync" else await through_transport(app, one)
        told.append([answers[0], _rows()])
    return told


def _copy(source: str, target: str) -> None:
    one, other = sqlite3.connect(source), sqlite3.connect(target)
    one.backup(other)
    one.close()
    other.close()


def _rows() -> list[Any]:
    connection = sqlite3.connect(OWN)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")]
    rows = [[t, sorted(connection.execute(f"SELECT * FROM {t}").fetchall(), key=repr)] for t in tables]
    connection.close()
    return rows
