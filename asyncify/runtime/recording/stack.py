"""What a stack of frames tells about a statement: who asked for it.

A statement is implicit when the outermost SQLAlchemy frame, the one that code of somebody else called, is no method
of a session, query, connection or result, and a loader of attributes stands between. Read in the sources of
SQLAlchemy 1.4.54, 2.0.58 and 2.1.9.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from types import CodeType, FrameType
from typing import Any

from asyncify.model.evidence import CodePlace, LoadKind

#: modules whose functions are calls that somebody wrote in order to talk to the database
EXPLICIT = (
    "sqlalchemy.engine",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.ext.baked",
    "sqlalchemy.ext.horizontal_shard",
    "sqlalchemy.future",
    "sqlalchemy.orm.query",
    "sqlalchemy.orm.scoping",
    "sqlalchemy.orm.session",
    "sqlalchemy.sql",
    # `greenlet_spawn` of 1.4 and 2.0, of 2.1; the outermost frame where an attribute itself is awaited, as
    # `awaitable_attrs` does
    "sqlalchemy.util._concurrency_py3k",
    "sqlalchemy.util.concurrency",
)
FLUSHES = frozenset({"_autoflush", "flush", "_flush"})
WRITES = frozenset({"__set__", "__delete__"})
ATTRIBUTES = "sqlalchemy.orm.attributes"
#: a listener to `do_orm_execute` runs the statement with it. Source: SQLAlchemy "Execute Events", `ORMExecuteState`
INVOKES = "invoke_statement"
#: modules whose decorators wrap methods
WRAPPERS = frozenset({"contextlib", "functools", "typing_extensions", "warnings", "wrapt"})
#: loads columns of an instance, in 1.4 and 2.0, in 2.1
COLUMNS = frozenset({"load_scalar_attributes", "_load_scalar_attributes"})
#: the names of all functions that tell something: other frames are passed quickly
TELLING = COLUMNS | FLUSHES | WRITES | {"__get__", "_emit_lazyload", "_load_for_state", "_load_expired"}


@dataclass(frozen=True)
class Attribute:
    """The attribute that loads itself. instance: whose it is; key: its name.

    expired: the instance that was expired, for the kind `EXPIRED`: that one, or the one that a relationship leads to.
    """

    kind: LoadKind
    instance: Any
    key: str
    expired: Any = None


@dataclass(frozen=True)
class Statement:
    """Who asked for a statement. attribute: None for explicit ones. outside: the first frame not of SQLAlchemy."""

    attribute: Attribute | None
    outside: FrameType | None


def frames(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and those that have called it. What runs in a greenlet was called by that which waits for it: in an app
    that is async, the code that awaits."""
    while frame is not None:
        yield frame
        frame = frame.f_back
    greenlet = sys.modules.get("greenlet")
    waiting = greenlet.getcurrent().parent if greenlet is not None else None
    while waiting is not None:
        frame = waiting.gr_frame
        while frame is not None:
            yield frame
            frame = frame.f_back
        waiting = waiting.parent


def is_sqlalchemy(module: str) -> bool:
    """Whether a module is of SQLAlchemy itself, and not of a library like sqlalchemy_utils."""
    return module.startswith("sqlalchemy.") or module == "sqlalchemy"


def statement_of(start: FrameType | None) -> Statement:
    """Read the stack of a cursor hook, from its caller outwards."""
    loader: LoadKind | None = None
    state: Any = None
    key = ""
    owner: Any = None
    expired: Any = None
    flushes = written = False
    module = ""
    function = ""
    resumes: FrameType | None = None
    outside: FrameType | None = None
    for frame in frames(start):
        if resumes is not None and frame is not resumes:
            continue
        resumes = None
        name = frame.f_globals.get("__name__", "")
        if not is_sqlalchemy(name):
            resumes = _resumes(frame, function)
            if resumes is not None:
                continue
            outside = frame
            break
        module, function = name, frame.f_code.co_name
        if function not in TELLING:
            if loader is not None and state is None:
                state = frame.f_locals.get("state")
            continue
        flushes = flushes or (loader is None and function in FLUSHES)
        if (found := _loader(function, frame)) is not None:
            loader = found  # the outer one: what is refreshed loads its eager relationships too
        elif loader is LoadKind.FETCHED and function == "_load_for_state":
            loader = LoadKind.DEFERRED
        elif loader is LoadKind.FETCHED and function == "_load_expired":
            expired = frame.f_locals["state"]
            loader = _expired(expired)
        if loader is not None and state is None:
            state = frame.f_locals.get("state")
        if module == ATTRIBUTES and function in ("__get__", *WRITES):
            key, owner = frame.f_locals["self"].key, frame.f_locals["instance"]
            written = function in WRITES
    if loader is None or flushes or module.startswith(EXPLICIT):
        return Statement(None, outside)
    instance = owner if owner is not None else (state.obj() if state is not None else None)
    kind = LoadKind.ASSIGNED if written else loader
    gone = expired.obj() if kind is LoadKind.EXPIRED and expired is not None else None
    return Statement(Attribute(kind, instance, key, gone), outside)


def _resumes(frame: FrameType, function: str) -> FrameType | None:
    """The frame of SQLAlchemy that has called back into it: through an override of one of its own methods, as that of
    SQLModel's `Session.execute`, or through a listener that runs the statement it was told of. None where somebody
    else asks.

    frame: the one that has called a function of SQLAlchemy.
    """
    current: FrameType | None = frame
    while current is not None:
        module = current.f_globals.get("__name__", "")
        if is_sqlalchemy(module):
            return current
        if function != INVOKES and current.f_code.co_name != function and module not in WRAPPERS:
            return None
        current = current.f_back
    return None


def _loader(function: str, frame: FrameType) -> LoadKind | None:
    if function == "_emit_lazyload":
        return LoadKind.RELATIONSHIP
    if function == "_load_for_state" and "Deferred" in type(frame.f_locals["self"]).__name__:
        return LoadKind.DEFERRED  # SQLAlchemy 1.4 loads it with a query of its own
    if function in COLUMNS:
        return LoadKind.FETCHED  # until a frame further out tells more
    return None


def _expired(state: Any) -> LoadKind:
    if state.expired:
        return LoadKind.EXPIRED
    mapper = state.manager.mapper
    if mapper.inherits is not None and not mapper.single:
        own = set(mapper.local_table.c)
        columns = {c for key in state.expired_attributes for c in getattr(mapper.attrs.get(key), "columns", ())}
        if columns and columns <= own and not state.committed_state:
            return LoadKind.POLYMORPHIC
    return LoadKind.FETCHED


class Project:
    """Tells the code of a repository from that of libraries.

    root: absolute path of the repository, with a separator at its end. An environment inside it is no part of it.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        prefixes = {f"{prefix}/" for p in (sys.prefix, sys.base_prefix) if (prefix := p.replace("\\", "/").rstrip("/"))}
        self._environments = tuple(p for p in sorted(prefixes) if p.startswith(root) and p != root)
        self._known: dict[str, str] = {}  # by file: code of two files can be equal

    def path(self, code: CodeType) -> str:
        """The relative path of the file that some code comes from; empty for libraries."""
        found = self._known.get(code.co_filename)
        if found is None:
            name = code.co_filename.replace("\\", "/")
            inside = name.startswith(self._root) and not name.startswith(self._environments)
            inside = inside and "/site-packages/" not in name
            found = self._known[code.co_filename] = name[len(self._root) :] if inside else ""
        return found

    def place(self, start: FrameType | None) -> CodePlace | None:
        """The nearest line of the repository, from a frame outwards."""
        for frame in frames(start):
            path = self.path(frame.f_code)
            if path:
                name = frame.f_code.co_name if path.endswith(".py") else ""
                return CodePlace(path, frame.f_lineno, name)
        return None

    def reader(self, start: FrameType | None) -> tuple[str, str]:
        """What reads, from its frame outwards: "response" and the name of its route, "template" or "code"."""
        for frame in frames(start):
            path = self.path(frame.f_code)
            if path:
                return ("code" if path.endswith(".py") else "template"), ""
            field = _answer_field(frame)
            if field is not None:
                return "response", str(getattr(field, "name", ""))
        return "code", ""


def _answer_field(frame: FrameType) -> Any:
    """The field with which FastAPI validates an answer, in a frame of it. For plain routes that runs in a thread, where
    only the field itself is on the stack, and not even that where pydantic 1 is compiled: then what anyio runs there
    tells it. Source: `fastapi.routing.serialize_response`."""
    module = frame.f_globals.get("__name__", "")
    if module.startswith("fastapi."):
        if frame.f_code.co_name == "serialize_response":
            return frame.f_locals.get("field")
        if frame.f_code.co_name == "validate":
            return frame.f_locals.get("self")
    elif module.startswith("anyio.") and frame.f_code.co_name == "run":
        run = frame.f_locals.get("func")
        while isinstance(run, partial):
            run = run.func
        field = getattr(run, "__self__", None)
        if type(field).__name__ == "ModelField" and type(field).__module__.startswith("pydantic"):
            return field
    return None
