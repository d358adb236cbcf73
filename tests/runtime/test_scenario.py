"""`demo.toml` fills the database of an app and says who asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.cli.demo import APPS, bundled
from asyncify.model.errors import UsageError
from asyncify.runtime import routes
from asyncify.runtime.scenario import Request, Scenario, load_scenario
from tests.fakes import put

APP = """\
from pathlib import Path
from typing import Annotated
from fastapi import Body, FastAPI, Form, Header, HTTPException

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
notes = Path("notes.db")

@app.post("/notes")
def add(text: Annotated[str, Form()], x_name: Annotated[str, Header()]):
    notes.write_text(notes.read_text() + f" {x_name}:{text}")

@app.get("/notes")
def show(x_name: Annotated[str, Header()] = ""):
    if not x_name:
        raise HTTPException(401)
    return f"{x_name} reads {notes.read_text()}"
"""

SCENARIO = """\
prepare = [["-c", "open('notes.db', 'w').write('first')"]]

[visitors.ann]
X-Name = "Ann"

[[requests]]
as = "ann"
method = "POST"
path = "/notes"
form = { text = "hello" }
"""


def test_the_form_of_the_file(tmp_path: Path) -> None:
    put(tmp_path, {"demo.toml": SCENARIO})
    scenario = load_scenario(tmp_path)
    assert scenario.prepare == (("-c", "open('notes.db', 'w').write('first')"),)
    assert scenario.visitors == {"ann": {"X-Name": "Ann"}}
    assert scenario.requests == (Request("POST", "/notes", "ann", form={"text": "hello"}),)


def test_without_a_file_nobody_is_named(tmp_path: Path) -> None:
    assert load_scenario(tmp_path) == Scenario()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prepare = [", "demo.toml is not as it should be"),
        ("visitor = {}", "visitor"),
        ("[[requests]]\nmethod = 'GET'", "path"),
        ("[[requests]]\nmethod = 'GET'\npath = '/'\nas = 'bob'", "there is no visitor 'bob'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    put(tmp_path, {"demo.toml": text})
    with pytest.raises(UsageError, match=said):
        load_scenario(tmp_path)


def test_each_visitor_is_answered(tmp_path: Path) -> None:
    put(tmp_path, {"main.py": APP, "demo.toml": SCENARIO})
    scenario = load_scenario(tmp_path)
    routes.fill(tmp_path, "main:app", scenario)
    answers = routes.record(tmp_path, "main:app", Scenario(visitors=scenario.visitors)).answers
    assert answers["/notes"].status == 401
    assert answers["/notes as ann"].body == '"Ann reads first Ann:hello"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SCENARIO.replace("'w'", "'r'"), "`python -c .* failed"),
        (SCENARIO.replace('path = "/notes"', 'path = "/nowhere"'), "POST /nowhere was answered with 404"),
    ],
)
def test_data_that_cannot_be_made_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    put(tmp_path, {"main.py": APP, "demo.toml": text})
    with pytest.raises(UsageError, match=said):
        routes.fill(tmp_path, "main:app", load_scenario(tmp_path))


@pytest.mark.parametrize("app", APPS)
def test_every_bundled_app_has_visitors(app: str) -> None:
    assert load_scenario(bundled(app)).visitors
