"""Counts the statements of an app, and finds those that nobody wrote."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from dataclasses import replace
from types import FrameType
from typing import Any

from asyncify.model.evidence import Evidence, ImplicitLoad, Statements
from asyncify.runtime.recording.origins import Origins
from asyncify.runtime.recording.stack import EXPLICIT, Attribute, Project, frames, statement_of


class Recorder:
    """One for a process. root: absolute path of the repository whose lines are named.

    Statements are told apart at the cursor, whatever engine runs them, so nothing of the app changes.
    """

    def __init__(self, root: str) -> None:
        self._project = Project(root.replace("\\", "/").rstrip("/") + "/")
        self._origins = Origins(self._project)
        self._test = ""
        self._counts: dict[ImplicitLoad, Counter[str]] = defaultdict(Counter)
        self._explicit: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to listen, on every engine there is and will be. Raises ImportError without SQLAlchemy."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.listen(Engine, "before_cursor_execute", self._before)
        self._origins.listen()

    def begin_test(self, name: str) -> str:
        """What is sent from now on belongs to a test; to none, where the name is empty. Returns the one before."""
        before, self._test = self._test, name
        return before

    def evidence(self) -> Evidence:
        """What was seen so far."""
        loads, implicit = [], Counter[str]()
        for load, tests in self._counts.items():
            worst, count = max(tests.items(), key=lambda pair: (pair[1], pair[0]))
            loads.append(replace(load, count=sum(tests.values()), worst=count, worst_test=worst))
            implicit += tests
        names = sorted(self._explicit.keys() | implicit.keys())
        return Evidence(tuple(loads), {name: Statements(self._explicit[name], implicit[name]) for name in names})

    def _before(self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        found = statement_of(sys._getframe(1))
        if found.attribute is None:
            self._explicit[self._test] += 1
        else:
            self._counts[self._load(found.attribute, found.outside)][self._test] += 1

    def _load(self, attribute: Attribute, outside: FrameType | None) -> ImplicitLoad:
        origin = self._origins.of(attribute.instance)
        reader, route = self._project.reader(outside)
        return ImplicitLoad(
            attribute.kind,
            type(attribute.instance).__name__,
            attribute.key,
            origin.through,
            self._project.place(outside) if reader != "response" else None,
            reader,
            route,
            origin.place,
            self._origins.expired_by(attribute.expired) if attribute.expired is not None else "",
            _call_around(outside),
        )


def _call_around(start: FrameType | None) -> str:
    """The method of a session or the like in whose middle a frame runs."""
    found = ""
    for frame in frames(start):
        if frame.f_globals.get("__name__", "").startswith(EXPLICIT):
            found = frame.f_code.co_name.lstrip("_")
        elif found:
            return found
    return found
