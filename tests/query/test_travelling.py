"""Programs whose queries travel, run as they are and converted: results, errors, rows and the SQL must be equal."""

from __future__ import annotations

import case_runner
import pytest
from query_models import FILL, MODELS
from query_world import convert
from travel_cases import CONVERTED, HEADER, KEPT


@pytest.mark.parametrize("name", CONVERTED)
def test_same(name: str) -> None:
    before = HEADER + CONVERTED[name]
    after, findings = convert({"models.py": MODELS, "app.py": before})
    app = after["app.py"]
    assert not findings, app
    assert ".query(" not in app
    apps = {"legacy": before, "new": app}
    found = case_runner.run({"url": "sqlite://", "models": MODELS + FILL, "apps": apps, "cases": ["run"]})
    legacy, new = found["legacy"]["run"], found["new"]["run"]
    assert "error" not in legacy, legacy
    assert [new.get(what) for what in ("result", "error", "rows")] == [legacy["result"], None, legacy["rows"]], app
    assert convert({"models.py": MODELS, "app.py": app})[0]["app.py"] == app


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str) -> None:
    source, codes = KEPT[name]
    before = HEADER + source
    after, findings = convert({"models.py": MODELS, "app.py": before})
    assert after["app.py"] == before
    assert tuple(f.code for f in findings) == codes
