"""A pytest plugin for the test suite of an app: counts statements, and forbids lazy loads when asked to.

Environment: EAGER_COUNTS is the file for the counts, one JSON object, test to number; EAGER_GUARD=1 makes every
relationship without a loader setting raise as soon as it needs SQL, and sessions keep what they have over a commit
(as the async sessions of a migrated app do).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from sqlalchemy.orm.relationships import RelationshipProperty

COUNTS: dict[str, int] = {}


def forbid_lazy_loads() -> None:
    make = RelationshipProperty.__init__

    def relationship(self: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("lazy", "select") in ("select", True):
            kwargs["lazy"] = "raise_on_sql"
        make(self, *args, **kwargs)

    RelationshipProperty.__init__ = relationship  # type: ignore[method-assign]
    start = Session.__init__

    def session(self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs["expire_on_commit"] = False
        start(self, *args, **kwargs)

    Session.__init__ = session  # type: ignore[method-assign]


if os.environ.get("EAGER_GUARD"):
    forbid_lazy_loads()


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    def count(*_: object) -> None:
        COUNTS[request.node.nodeid] = COUNTS.get(request.node.nodeid, 0) + 1

    COUNTS[request.node.nodeid] = 0
    event.listen(Engine, "before_cursor_execute", count)
    yield
    event.remove(Engine, "before_cursor_execute", count)


def pytest_sessionfinish() -> None:
    target = os.environ.get("EAGER_COUNTS")
    if target:
        Path(target).write_text(json.dumps(COUNTS))
