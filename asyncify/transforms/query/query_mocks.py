"""Mocks of sessions that tests configure by the methods of legacy queries, while the code runs selects.

A test says `session.query.return_value.filter.return_value.first.return_value = user`; the code runs
`session.scalar(select(User).where(...).limit(1))`. A session that went through `answer_queries` gives what the same
calls on its `query` would give. What a test sets for `session.scalar` and the like comes first. A real session whose
`query` is patched went through `answer_patched_queries`. A class of the tests that stands for a session asks its own
`query` through `answer_statement`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import iscoroutine, iscoroutinefunction
from operator import attrgetter
from typing import Any
from unittest import mock

from sqlalchemy.orm import Query
from sqlalchemy.sql import Delete, Select, Update

_query = attrgetter("query")
RUNS = ("scalar", "scalars", "execute", "exec")
#: methods of statements -> of queries, the likely one first
QUERY_METHODS = {
    "where": ("filter", "filter_by"),
    "filter": ("filter",),
    "filter_by": ("filter_by",),
    "join": ("join",),
    "outerjoin": ("outerjoin", "join"),
    "select_from": ("select_from",),
    "with_only_columns": ("with_entities",),
    "add_columns": ("add_columns", "add_column", "add_entity"),
    "distinct": ("distinct",),
    "group_by": ("group_by",),
    "having": ("having",),
    "order_by": ("order_by",),
    "offset": ("offset",),
    "limit": ("limit",),
    "with_for_update": ("with_for_update",),
    "options": ("options",),
}
#: methods of statements that select from several entities afterwards
SEVERAL = ("join", "outerjoin", "select_from", "add_columns")


def answer_queries(session: Any) -> Any:
    """Let the mock of a session answer statements as its `query` is told to; returns the mock."""
    if isinstance(getattr(session, "query", None), (type(None), mock.AsyncMock)) or _is_untold(session.query):
        session.query = _Query()
    if _is_mock(session):  # a query that stays is asked of the session inside
        vars(session).setdefault("sync_session", session)
    for name in RUNS:
        if _is_mock(getattr(session, name, None)):
            _answer(session, getattr(session, name), name)
    if _is_mock(getattr(session, "get", None)):
        _answer_get(session)
    return session


class _Query(mock.MagicMock):
    """`session.query`; of a query that stays the code may load more than it did, which changes no answer."""

    def _get_child_mock(self, **kwargs: Any) -> Any:
        return mock.MagicMock(**kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        found = super().__call__(*args, **kwargs)
        if _is_mock(found) and _is_untold(getattr(found, "options", None)):
            found.options.return_value = found
        return found


def _answer(session: Any, method: Any, name: str) -> None:
    before = method._mock_return_value

    def answer(statement: Any, *args: Any, **kwargs: Any) -> Any:
        if _is_told(method, before) or not isinstance(statement, (Select, Update, Delete)):
            return mock.DEFAULT
        if not isinstance(statement, Select):
            return _Changed(session.query, statement)
        answers = _Answers(session.query, statement, session)
        return answers.scalar() if name == "scalar" else answers

    method.side_effect = answer


def _answer_get(session: Any) -> None:
    before = session.get._mock_return_value

    def get(entity: Any, ident: Any, *args: Any, **kwargs: Any) -> Any:
        told = _is_told(session.get, before)
        found = session if told else _query(session)(entity)
        return mock.DEFAULT if found is session else found.get(ident)

    session.get.side_effect = get


def answer_patched_queries(session: Any) -> Any:
    """Let a real session answer statements as its `query` is told to while that is patched; returns the session."""
    if "query" not in vars(session):
        vars(session)["query"] = _query(vars(session).get("sync_session", session))
        for name in (*RUNS, "get"):
            if hasattr(session, name):
                vars(session)[name] = _asking(vars(session), getattr(session, name), name)
    return session


def answer_statement(query: Any, statement: Any) -> Any:
    """The result of a statement as the `query` of a fake session gives it."""
    return _Answers(query, statement) if isinstance(statement, Select) else _Changed(query, statement)


def _asking(attributes: dict[str, Any], method: Callable[..., Any], name: str) -> Callable[..., Any]:
    before = attributes["query"]

    def asked(what: Any, args: Any) -> Any:
        """What the query gives in a tuple; nothing where it is not patched, or gives a real query after all."""
        query = attributes["query"]
        if query is before or not (name == "get" or isinstance(what, (Select, Update, Delete))):
            return ()
        if isinstance(what, Select):
            answers = _Answers(query, what)
            real = isinstance(answers.query, Query)
            return () if real else (answers.scalar() if name == "scalar" else answers,)
        first = query(what if name == "get" else _entity(what))
        if isinstance(first, Query):
            return ()
        return (first.get(*args[:1]) if name == "get" else _Changed(lambda entity: first, what),)

    async def wait(what: Any, *args: Any, **kwargs: Any) -> Any:
        found = asked(what, args)
        return found[0] if found else await method(what, *args, **kwargs)

    def run(what: Any, *args: Any, **kwargs: Any) -> Any:
        found = asked(what, args)
        return found[0] if found else method(what, *args, **kwargs)

    return wait if iscoroutinefunction(method) else run


class _Answers:
    """The result of a select: what a query gives after the same methods. session: may be its own query."""

    def __init__(self, query: Any, statement: Any, session: Any = None) -> None:
        self._statement = statement
        self._session = session
        self._counted = _counted(query, statement)
        entities, steps = self._counted or ([d["expr"] for d in statement.column_descriptions], _steps(statement))
        self.query = query(*entities)
        several = len(entities) > 1
        for name, args, kwargs in steps:
            # the code may load more than it did, and select one row where it took the first
            if _knows(self.query, *QUERY_METHODS[name]) or (name != "options" and (name, args) != ("limit", (1,))):
                self.query = _call(self.query, name, args, kwargs, several)
            several = several or name in SEVERAL

    def scalar(self) -> Any:
        if self._counted is not None:
            return self.query.count()
        first = any((name, args) == ("limit", (1,)) for name, args, _ in _steps(self._statement))
        if first and not self._knows_scalar():
            return self.query.first()
        return mock.DEFAULT if self.query is self._session else self.query.scalar()

    def scalar_one(self) -> Any:
        return self.query.scalar() if self._knows_scalar() else self.query.one()

    def scalar_one_or_none(self) -> Any:
        return self.query.scalar() if self._knows_scalar() else self.query.one_or_none()

    def _knows_scalar(self) -> bool:
        return self.query is not self._session and _knows(self.query, "scalar")

    def scalars(self) -> _Answers:
        return self

    def unique(self) -> _Answers:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(self.query)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.query, name)


class _Changed:
    """The result of an UPDATE or DELETE."""

    def __init__(self, query: Any, statement: Any) -> None:
        found = query(_entity(statement))
        values: Any = ()
        for name, args, kwargs in _steps(statement):
            if name == "values":
                values = args or (kwargs,)
            else:
                found = _call(found, name, args, kwargs)
        self.rowcount = _plain(found.delete() if isinstance(statement, Delete) else found.update(*values))


def _entity(statement: Any) -> Any:
    return statement.entity_description.get("entity", statement.table)


def _is_told(method: Any, before: Any) -> bool:
    """Whether a test has told what just this method gives."""
    value = method._mock_return_value
    return value is not before or (_is_mock(value) and bool(value._mock_children))


def _is_untold(value: Any) -> bool:
    """Whether a mock gives what no test has told."""
    return _is_mock(value) and value.side_effect is None and value._mock_return_value is mock.DEFAULT


def _is_mock(value: Any) -> bool:
    return isinstance(value, mock.NonCallableMock)


def _knows(query: Any, *names: str) -> bool:
    """Whether a test has told what one of these methods gives."""
    children = query._mock_children if _is_mock(query) else dir(query)
    return any(name in children for name in names)


def _plain(value: Any) -> Any:
    """What a method gives; where a session gives itself as its query, the method may be one that is awaited."""
    if not iscoroutine(value):
        return value
    try:
        next(value.__await__())
    except StopIteration as end:
        return end.value
    raise RuntimeError("the mock of a session waits for something")


def _call(query: Any, name: str, args: Any, kwargs: Any, several: bool = False) -> Any:
    """Call the method of the query that tests know for a method of a statement.

    several: whether it is of several entities, where `filter_by` is written as `where`.
    """
    names = QUERY_METHODS[name] if several or name != "where" else QUERY_METHODS[name][:1]
    return getattr(query, next((n for n in names if _knows(query, n)), names[0]))(*args, **kwargs)


def _counted(query: Any, statement: Any) -> Any:
    """The entities and methods of the query whose rows `select(count())` counts; None for any other select."""
    columns = statement.column_descriptions
    (source,) = [args[0] for name, args, _ in _steps(statement) if name == "select_from"] or [None]
    told = _knows(query.return_value, "select_from") if _is_mock(query) else False
    if source is None or told or len(columns) != 1 or str(columns[0]["expr"]) != "count(*)":
        return None
    inner = getattr(source, "element", None)
    if isinstance(inner, Select):
        return [d["expr"] for d in inner.column_descriptions], _steps(inner)
    return [source], [step for step in _steps(statement) if step[0] != "select_from"]


def _steps(statement: Any) -> Any:
    """The methods that made a statement, in order: (name, arguments by position, by name)."""
    return statement.__dict__.get("_steps_of_test", [])


def _noting(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(method)  # SQLAlchemy itself takes what hangs on its methods: `select_from.non_generative`
    def note(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = method(self, *args, **kwargs)
        found.__dict__["_steps_of_test"] = [*_steps(self), (name, args, kwargs)]
        return found

    return note


# a statement does not tell in which order its methods were called, and a mock has to know
for _name in QUERY_METHODS:
    setattr(Select, _name, _noting(getattr(Select, _name), _name))
for _owner, _names in ((Update, ("where", "filter_by", "values")), (Delete, ("where", "filter_by"))):
    for _name in _names:
        setattr(_owner, _name, _noting(getattr(_owner, _name), _name))
