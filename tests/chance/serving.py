"""Runs in a process of its own: sends each request to an app whose database holds just its first rows."""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from flip.driver import content, failure, prepare
from httpx import ASGITransport, AsyncClient

FIRST, OWN = "first.db", "app.db"


def serve(folder: Path, form: str, requests: Sequence[Sequence[str]]) -> None:
    """The body of the process: `answers.json` holds for each request the answer and the rows afterwards."""
    errors = prepare(folder)
    _copy(OWN, FIRST)
    from main import app

    told = _with_threads(app, requests) if form == "sync" else asyncio.run(_on_loop(app, requests))
    gc.collect()
    errors.flush()
    Path("answers.json").write_text(json.dumps(told))


def _with_threads(app: Any, requests: Sequence[Sequence[str]]) -> list[Any]:
    told: list[Any] = []
    with TestClient(app) as client:
        for method, url in requests:
            _copy(FIRST, OWN)
            try:
                answer = content(client.request(method, url))
            except Exception as error:
                answer = failure(error)
            told.append([answer, _rows()])
    return told


async def _on_loop(app: Any, requests: Sequence[Sequence[str]]) -> list[Any]:
    told: list[Any] = []
    client = AsyncClient(transport=ASGITransport(app), base_url="http://testserver")
    async with app.router.lifespan_context(app), client:
        for method, url in requests:
            _copy(FIRST, OWN)
            try:
                answer = content(await client.request(method, url))
            except Exception as error:
                answer = failure(error)
            told.append([answer, _rows()])
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
