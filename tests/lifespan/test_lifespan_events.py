"""The same application before and after the transform does the same things in the same order."""

from __future__ import annotations

import asyncio
import warnings
from textwrap import dedent
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.lifespan.cases import convert

HEAD = """
from fastapi import FastAPI

events = []
"""

MANY = """
def built():
    events.append("built")

app = FastAPI(on_startup=[built])

@app.on_event("startup")
def first():
    events.append("first")

@app.on_event("startup")
async def second():
    events.append("second")

app.router.add_event_handler("startup", lambda: events.append("lambda"))

@app.on_event("shutdown")
async def close_first():
    events.append("close first")

@app.on_event("shutdown")
def close_second():
    events.append("close second")

@app.get("/")
def root():
    events.append("request")
"""

FAILING_START = """
app = FastAPI()

@app.on_event("startup")
def first():
    events.append("first")

@app.on_event("startup")
def second():
    raise LookupError("start")

@app.on_event("startup")
def third():
    events.append("third")

@app.on_event("shutdown")
def close():
    events.append("close")
"""

FAILING_END = """
app = FastAPI()

@app.on_event("shutdown")
async def close_first():
    raise LookupError("end")

@app.on_event("shutdown")
def close_second():
    events.append("close second")
"""

TWICE = """
app = FastAPI()

@app.on_event("startup")
@app.on_event("shutdown")
def both():
    events.append("both")
"""


def load(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, "app.py", "exec"), namespace)
    return namespace


def both_forms(body: str) -> tuple[dict[str, Any], dict[str, Any]]:
    before = dedent(HEAD + body)
    files, findings = convert({"app.py": before})
    after = files["app.py"]
    assert not findings
    assert "lifespan=lifespan" in after and "on_event" not in after and "add_event_handler" not in after
    return load(before), load(after)


def serve(namespace: dict[str, Any]) -> list[str]:
    try:
        with TestClient(namespace["app"]) as client:
            client.get("/")
    except LookupError as error:
        namespace["events"].append(f"raised {error}")
    return list(namespace["events"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (MANY, ["built", "first", "second", "lambda", "request", "close first", "close second"]),
        (FAILING_START, ["first", "raised start"]),
        (FAILING_END, ["raised end"]),
        (TWICE, ["both", "both"]),
    ],
    ids=["order", "failing start", "failing end", "one function for both"],
)
def test_events_of_a_server(body: str, expected: list[str]) -> None:
    before, after = both_forms(body)
    assert serve(before) == serve(after) == expected


def test_shutdown_handlers_run_after_an_error_inside() -> None:
    async def fail_inside(namespace: dict[str, Any]) -> list[str]:
        app = namespace["app"]
        with pytest.raises(ZeroDivisionError):
            async with app.router.lifespan_context(app):
                raise ZeroDivisionError
        return list(namespace["events"])

    before, after = both_forms(MANY)
    expected = ["built", "first", "second", "lambda", "close first", "close second"]
    assert asyncio.run(fail_inside(before)) == asyncio.run(fail_inside(after)) == expected


def test_without_lifespan_nothing_runs() -> None:
    before, after = both_forms(MANY)
    for namespace in (before, after):
        TestClient(namespace["app"]).get("/")
        assert namespace["events"] == ["request"]


@pytest.mark.parametrize(
    ("requirement", "kept"),
    [("fastapi==0.92.0", True), ("fastapi>=0.68,<0.69", True), ("fastapi>=0.68", False), ("fastapi", False)],
)
def test_versions_without_lifespan(requirement: str, kept: bool) -> None:
    before = dedent(HEAD + FAILING_END)
    files, findings = convert({"app.py": before, "requirements.txt": requirement + "\n"})
    assert (files["app.py"] == before) == kept
    assert [code for code, _ in findings] == (["lifespan-version"] if kept else [])
