"""What a stack of frames tells about a statement: who asked for it.

A statement is implicit when the outermost SQLAlchemy frame, the one that code of somebody else called, is no method
of a session, query, connection or result, and a loader of attributes stands between. Read in the sources of
SQLAlchemy 1.4.54, 2.0.58 and 2.1.9.
"""

from __future__ import annotations

from dataclasses import dataclass
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
)
FLUSHES = frozenset({"_autoflush", "flush", "_flush"})
WRITES = frozenset({"__set__", "__delete__"})
ATTRIBUTES = "sqlalchemy.orm.attributes"


@dataclass(frozen=True)
class Attribute:
    """The attribute that loads itself. instance: whose it is; key: its name."""

    kind: LoadKind
    instance: Any
    key: str


@dataclass(frozen=True)
class Statement:
    """Who asked for a statement. attribute: None for explicit ones. outside: the first frame not of SQLAlchemy."""

    attribute: Attribute | None
    outside: FrameType | None


def statement_of(frame: FrameType | None) -> Statement:
    """Read the stack of a cursor hook, from its caller outwards."""
    loader: LoadKind | None = None
    state: Any = None
    key = ""
    owner: Any = None
    flushes = written = False
    module = ""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith("sqlalchemy"):
            break
        module, function = name, frame.f_code.co_name
        flushes = flushes or (loader is None and function in FLUSHES)
        if (found := _loader(function, frame)) is not None:
            loader = found  # the outer one: what is refreshed loads its eager relationships too
        elif loader is LoadKind.FETCHED and function == "_load_for_state":
            loader = LoadKind.DEFERRED
        elif loader is LoadKind.FETCHED and function == "_load_expired":
            loader = _expired(frame.f_locals["state"])
        if loader is not None and state is None:
            state = frame.f_locals.get("state")
        if module == ATTRIBUTES and function in ("__get__", *WRITES):
            key, owner = frame.f_locals["self"].key, frame.f_locals["instance"]
            written = function in WRITES
        frame = frame.f_back
    if loader is None or flushes or module.startswith(EXPLICIT):
        return Statement(None, frame)
    instance = owner if owner is not None else (state.obj() if state is not None else None)
    return Statement(Attribute(LoadKind.ASSIGNED if written else loader, instance, key), frame)


def _loader(function: str, frame: FrameType) -> LoadKind | None:
    if function == "_emit_lazyload":
        return LoadKind.RELATIONSHIP
    if function == "_load_for_state" and "Deferred" in type(frame.f_locals["self"]).__name__:
        return LoadKind.DEFERRED  # SQLAlchemy 1.4 loads it with a query of its own
    if function.endswith("load_scalar_attributes"):
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

    root: absolute path of the repository, with a separator at its end.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: dict[CodeType, str] = {}

    def path(self, code: CodeType) -> str:
        """The relative path of the file that some code comes from; empty for libraries."""
        found = self._known.get(code)
        if found is None:
            name = code.co_filename.replace("\\", "/")
            inside = name.startswith(self._root) and "/site-packages/" not in name
            found = self._known[code] = name[len(self._root) :] if inside else ""
        return found

    def place(self, frame: FrameType | None) -> CodePlace | None:
        """The nearest line of the repository, from a frame outwards."""
        while frame is not None:
            path = self.path(frame.f_code)
            if path:
                name = frame.f_code.co_name if path.endswith(".py") else ""
                return CodePlace(path, frame.f_lineno, name)
            frame = frame.f_back
        return None

    def reader(self, frame: FrameType | None) -> tuple[str, str]:
        """What reads, from its frame outwards: "response" and the name of its route, "template" or "code"."""
        while frame is not None:
            path = self.path(frame.f_code)
            if path:
                return ("code" if path.endswith(".py") else "template"), ""
            field = _answer_field(frame)
            if field is not None:
                return "response", str(getattr(field, "name", ""))
            frame = frame.f_back
        return "code", ""


def _answer_field(frame: FrameType) -> Any:
    """The field with which FastAPI validates an answer, in a frame of it. For plain routes that runs in a thread, where
    only the field itself is on the stack. Source: `fastapi.routing.serialize_response`."""
    if frame.f_globals.get("__name__", "").startswith("fastapi."):
        if frame.f_code.co_name == "serialize_response":
            return frame.f_locals.get("field")
        if frame.f_code.co_name == "validate":
            return frame.f_locals.get("self")
    return None
