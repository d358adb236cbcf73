"""Tests that ask a response for the template that was rendered."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

SITE = {
    **APP,
    "app/templates/notes.html": "{% for text in texts %}<li>{{ text }}</li>{% endfor %}\n",
    "app/main.py": APP["app/main.py"]
    + """

from pathlib import Path

from fastapi.templating import Jinja2Templates

from app.db import Base, engine

templates = Jinja2Templates(directory=Path(__file__).parent / "templates")


@app.get("/page")
def page(request: Request, db: Session = Depends(get_db)):
    Base.metadata.create_all(engine)
    return templates.TemplateResponse(request, "notes.html", {"texts": crud.texts(db)})
""",
}
TESTS = {
    "tests/test_page.py": """\
import pytest
from fastapi.testclient import TestClient

from app.main import app


@pytest.fixture
def client():
    with TestClient(app) as client:
        yield client


def test_page(client):
    response = client.get("/page")
    assert response.template.name == "notes.html"
    assert response.context["texts"] == []


def test_json(client):
    assert client.get("/page").status_code == 200
    client.post("/notes", params={"text": "a"})
    response = client.get("/notes")
    assert response.json() == ["a"]
    assert not hasattr(response, "template")
"""
}


def test_async_clients_tell_the_template(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**SITE, **TESTS}, "--rootdir=.", "-o", "pythonpath=.")
    assert code == 0, output
    migrated, findings = flip(TESTS, SITE)
    assert not [f for f in findings if f.code == "test-client-only"]
    text = migrated["tests/test_page.py"]
    assert "TestClient(" not in text
    assert "transport=TemplateTransport(app=app" in text
    code, output = pytest_run(tmp_path / "after", migrated, "--rootdir=.", "-o", "pythonpath=.")
    assert code == 0, output
    assert "2 passed" in output
