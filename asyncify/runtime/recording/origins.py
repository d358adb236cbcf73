"""Where each instance comes from: the line that loaded or made it, and the relationships walked since."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from types import FrameType
from typing import Any

from asyncify.model.evidence import CodePlace
from asyncify.runtime.recording.stack import Project, is_sqlalchemy, statement_of

#: under which name an origin is kept in `InstanceState.info`, SQLAlchemy's own place for notes of others
NOTE = "asyncify.origin"
EXPIRED_BY = "asyncify.expired"
#: functions of `sqlalchemy.orm.session.SessionTransaction` that expire all instances, in 1.4 to 2.1
ENDS = {"_remove_snapshot": "commit", "_restore_snapshot": "rollback"}


@dataclass(frozen=True)
class InstanceOrigin:
    """place: of the statement or construction; through: from what it gave to this instance."""

    place: CodePlace | None
    through: tuple[str, ...] = ()


class _Current(threading.local):
    """The statement whose rows a thread makes instances of, and who asked for it: looked up once for all rows. It holds
    no instance and no session, which would live longer than without it.

    run: the number that SQLAlchemy gives the run of a statement (`QueryContext.runid`).
    loads: the relationship that loads itself with the statement; parent: of its instance, and path: what the statement
    that gave that one had walked. origins: of the rows, by the relationships that the statement itself has walked.
    """

    run: int | None = None
    place: CodePlace | None = None
    loads: str | None = None
    parent = InstanceOrigin(None)
    path: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.origins: dict[tuple[str, ...], InstanceOrigin] = {}

    def origin(self, keys: tuple[str, ...]) -> InstanceOrigin:
        """Of a row. keys: what the statement has walked to it."""
        if self.loads is None:
            return InstanceOrigin(self.place, keys)
        start = len(self.path)
        below = keys[start + 1 :] if keys[start : start + 1] == (self.loads,) else ()
        return InstanceOrigin(self.parent.place, (*self.parent.through, self.loads, *below))


class Origins:
    """Notes on every instance where it comes from."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._current = _Current()

    def listen(self) -> None:
        """Begin. The events and their signatures: "ORM Events", InstanceEvents, in SQLAlchemy 1.4 to 2.1."""
        from sqlalchemy import event
        from sqlalchemy.orm import Mapper

        event.listen(Mapper, "load", self._loaded, raw=True)
        event.listen(Mapper, "refresh", self._refreshed, raw=True)
        event.listen(Mapper, "init", self._made, raw=True)
        event.listen(Mapper, "expire", self._expired, raw=True)

    def of(self, instance: Any) -> InstanceOrigin:
        """What is noted of an instance."""
        state = _state(instance)
        found = state.info.get(NOTE) if state is not None else None
        return found if isinstance(found, InstanceOrigin) else InstanceOrigin(None)

    def expired_by(self, instance: Any) -> str:
        """What expired an instance last: "commit", "rollback" or "expire"."""
        state = _state(instance)
        return str(state.info.get(EXPIRED_BY, "")) if state is not None else ""

    def _expired(self, state: Any, attributes: object) -> None:
        if attributes is None:
            state.info[EXPIRED_BY] = _end_around(sys._getframe(1))

    def _made(self, state: Any, args: object, kwargs: object) -> None:
        state.info[NOTE] = InstanceOrigin(self._project.place(sys._getframe(1)))

    def _loaded(self, state: Any, context: Any) -> None:
        frame = sys._getframe(1)
        current = self._of_statement(context, frame)
        keys = _keys(_loading_path(frame))
        if keys not in current.origins:
            current.origins[keys] = current.origin(keys)
        state.info[NOTE] = current.origins[keys]

    def _refreshed(self, state: Any, context: Any, attributes: object) -> None:
        frame = sys._getframe(1)
        current = self._of_statement(context, frame)
        if current.loads is None and not _keys(_loading_path(frame)):
            state.info[NOTE] = InstanceOrigin(current.place)

    def _of_statement(self, context: Any, frame: FrameType) -> _Current:
        current = self._current
        run = getattr(context, "runid", None)
        if run is None or run != current.run:
            found = statement_of(frame)
            current.run, current.origins = run, {}
            current.place = self._project.place(found.outside)
            current.loads = None
            if found.attribute is not None:
                parent = found.attribute.instance
                current.loads, current.parent = found.attribute.key, self.of(parent)
                current.path = _keys(getattr(_state(parent), "load_path", None))
        return current


def _end_around(frame: FrameType | None) -> str:
    """The end of a transaction that expires instances, or "expire" where a call for it does."""
    while frame is not None and is_sqlalchemy(frame.f_globals.get("__name__", "")):
        if frame.f_code.co_name in ENDS:
            return ENDS[frame.f_code.co_name]
        frame = frame.f_back
    return "expire"


def _state(instance: Any) -> Any:
    from sqlalchemy import inspect

    return inspect(instance, raiseerr=False)


def _loading_path(frame: FrameType | None) -> Any:
    """The path that is being loaded, a local of `sqlalchemy.orm.loading._instance`, which sends the events."""
    for _ in range(8):
        if frame is None:
            return None
        if frame.f_code.co_name == "_instance":
            return frame.f_locals.get("load_path")
        frame = frame.f_back
    return None


def _keys(path: Any) -> tuple[str, ...]:
    """The relationships in a path of SQLAlchemy, which is: entity, relationship, entity, ..."""
    steps = getattr(path, "path", ())
    return tuple(step.key for step in steps[1::2] if hasattr(step, "key")) if len(steps) > 1 else ()
