"""Runs in a folder with an app, in a process of its own: fills its database, sends requests, keeps the answers."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import logging
import os
import sqlite3
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import aiosqlite  # noqa: F401 - this and those marked so are imported once, before processes are forked
import anyio._backends._asyncio  # noqa: F401
import httpx
import pydantic.v1  # noqa: F401
import sqlalchemy.dialects.sqlite.aiosqlite
import sqlalchemy.ext.asyncio  # noqa: F401
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session


def seed() -> None:
    """Tables and rows, by means that the tool does not touch: users and posts, or what a file `filling.py` has."""
    import models

    engine = create_engine("sqlite:///app.db")
    models.Base.metadata.create_all(engine)
    with Session(engine) as db:
        if Path("filling.py").exists():
            importlib.import_module("filling").fill(db)
        else:
            fill(db)
        db.commit()
    engine.dispose()


def fill(db: Session) -> None:
    import models

    db.add_all(
        [
            models.User(id=1, name="ann", age=30),
            models.User(id=2, name="bob", age=20),
            models.User(id=3, name="cy", age=40),
        ]
    )
    db.add_all([models.Post(id=1, title="one", user_id=1), models.Post(id=2, title="two", user_id=2)])


def content(response: httpx.Response) -> list[Any]:
    try:
        return [response.status_code, response.json()]
    except ValueError:
        return [response.status_code, response.text]


def failure(error: Exception) -> list[Any]:
    """An error that reached the client, and on stderr the lines of the app that raised it."""
    here = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(str(Path.cwd()))]
    sys.stderr.write("".join(traceback.format_list(here)) + f"{type(error).__name__}: {error}\n")
    return ["error", type(error).__name__]


def through_test_client(app: Any, requests: list[list[Any]]) -> list[Any]:
    answers: list[Any] = []
    with TestClient(app) as client:
        for method, url, *body in requests:
            try:
                if method == "WS":
                    with client.websocket_connect(url) as socket:
                        for text in body[0]:
                            socket.send_text(text)
                            answers.append(socket.receive_json())
                else:
                    answers.append(content(client.request(method, url, json=body[0] if body else None)))
            except Exception as error:
                answers.append(failure(error))
    return answers


async def through_transport(app: Any, requests: list[list[Any]]) -> list[Any]:
    answers: list[Any] = []
    async with app.router.lifespan_context(app) as state:

        async def started(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(started)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            for method, url, *body in requests:
                try:
                    answers.append(content(await client.request(method, url, json=body[0] if body else None)))
                except Exception as error:
                    answers.append(failure(error))
    return answers


def told(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
    """A warning goes to stderr, as in a process of its own."""
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))


def unsynchronized(connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    """Makes connections that don't wait for the disk: that took as long as the app."""

    def connected(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection = connect(*args, **kwargs)
        connection.execute("PRAGMA synchronous=OFF").close()
        return connection

    return connected


def prepare(folder: Path) -> IO[str]:
    """Make of a process that is forked from the tests one of its own, in a folder with an app. Gives its stderr."""
    gc.freeze()  # what the tests have in memory is not looked at here: that took longer than the app
    os.chdir(folder)
    errors = Path("stderr.txt").open("w")  # noqa: SIM115 - for the rest of the process
    os.dup2(errors.fileno(), 2)
    sys.stderr = errors
    sys.path.insert(0, str(folder))
    for module in folder.iterdir():  # the tests may have modules of these names
        sys.modules.pop(module.stem, None)
    warnings.simplefilter("always", RuntimeWarning)
    warnings.showwarning = told  # pytest keeps warnings and what is logged for itself
    logging.getLogger().handlers.clear()
    sqlite3.connect = sqlite3.dbapi2.connect = unsynchronized(sqlite3.connect)
    seed()
    return errors


def serve(folder: Path, form: str, requests: Sequence[Sequence[Any]]) -> None:
    """The body of the process: `answers.json` and `stderr.txt` of the folder are its results."""
    errors = prepare(folder)
    answers: list[Any] = []
    if requests:
        from main import app

        listed = [list(r) for r in requests]
        if form == "sync" or any(r[0] == "WS" for r in listed):
            answers = through_test_client(app, listed)
        else:
            answers = asyncio.run(through_transport(app, listed))
    gc.collect()
    errors.flush()
    Path("answers.json").write_text(json.dumps(answers))
