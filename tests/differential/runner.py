"""Run under one SQLAlchemy: every case in every form on one database. JSON comes in and goes out.

It is a script of its own, which imports nothing of the tests: other interpreters run it.
"""

import asyncio
import json
import re
import sys
import types
import warnings
from contextlib import contextmanager

from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

#: what is different in each run of what has no name
ADDRESS = re.compile(r"0x[0-9a-f]+")
#: a parameter by its name, as psycopg writes it
NAMED = re.compile(r"%\((\w+)\)s")
#: and by its number, as asyncpg does
NUMBERED = re.compile(r"\$(\d+)")


def load(files):
    """The files of one form as modules of their own; returns that of the cases, that of the models and the rows."""
    for name in files:
        sys.modules.pop(name, None)
    loaded = {}
    for name, text in files.items():
        module = sys.modules[name] = loaded[name] = types.ModuleType(name)
        exec(compile(text, name + ".py", "exec"), vars(module))
    return loaded


def plain(value):
    """What JSON can say of a result. Rows and tuples differ; instances are keys and all that is loaded of them."""
    if isinstance(value, str):
        return ADDRESS.sub("0x", value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Row):
        return ["row", list(value._mapping.keys()), [plain(v) for v in value]]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [plain(v) for v in value]]
    if isinstance(value, dict):
        return ["dict", sorted([str(plain(k)), plain(v)] for k, v in value.items())]
    if isinstance(value, (set, frozenset)):
        return ["set", sorted(json.dumps(plain(v)) for v in value)]
    state = inspect(value, raiseerr=False)
    if hasattr(state, "identity"):
        return ["instance", type(value).__name__, list(state.identity or ()), loaded(state)]
    return [type(value).__name__, repr(value)]


def loaded(state):
    """Attribute -> value of what is loaded; of other instances only their keys."""
    found = {}
    for name, value in state.dict.items():
        if name == "_sa_instance_state":
            continue
        many = isinstance(value, list) and name in state.mapper.relationships
        found[name] = [key_of(v) for v in value] if many else key_of(value)
    return dict(sorted(found.items()))


def key_of(value):
    state = inspect(value, raiseerr=False)
    return [type(value).__name__, list(state.identity or ())] if hasattr(state, "identity") else repr(value)


class Watch:
    """The SQL that an engine sends."""

    def __init__(self, engine):
        self.sent = []
        event.listen(engine, "before_cursor_execute", self.note)

    def note(self, connection, cursor, statement, parameters, context, many):
        named = isinstance(parameters, dict)
        numbered = NUMBERED.findall(statement)
        if named:
            values = [parameters[name] for name in NAMED.findall(statement)]
        else:
            values = [parameters[int(n) - 1] for n in numbered] if numbered else list(parameters)
        self.sent.append([statement, repr(values)])

    @contextmanager
    def paused(self):
        kept, self.sent = self.sent, []
        yield
        self.sent = kept


def outcome(watch, result=None, error=None, rows=None):
    if error is None:
        return {"result": plain(result), "error": None, "rows": rows, "sql": list(watch.sent)}
    kinds = [c.__name__ for c in type(error).__mro__ if c not in (object, BaseException, Exception)]
    return {"result": str(error)[:300], "error": kinds, "rows": None, "sql": list(watch.sent)}


def changes(watch):
    return any(not statement.lstrip("( ").upper().startswith(("SELECT", "WITH")) for statement, _ in watch.sent)


def dump(connection, base):
    return [sorted(repr(tuple(row)) for row in connection.execute(t.select())) for t in base.metadata.sorted_tables]


def run_sync(engine, modules, names):
    watch, found = Watch(engine), {}
    with engine.connect() as connection:
        for name in names:
            transaction, watch.sent = connection.begin(), []
            session = Session(bind=connection)
            try:
                result = getattr(modules["cases"], name)(session)
                session.flush()
                rows = dump_quietly(watch, connection, modules)
                found[name] = outcome(watch, result, rows=rows)
            except Exception as error:
                found[name] = outcome(watch, error=error)
            session.close()
            if transaction.is_active:
                transaction.rollback()
    return found


def dump_quietly(watch, connection, modules):
    if not changes(watch):
        return None
    with watch.paused():
        return dump(connection, modules["models"].Base)


async def run_async(engine, modules, names):
    watch, found = Watch(engine.sync_engine), {}
    async with engine.connect() as connection:
        for name in names:
            transaction, watch.sent = await connection.begin(), []
            session = AsyncSession(bind=connection, expire_on_commit=False)
            try:
                result = getattr(modules["cases"], name)(session)
                result = await result if asyncio.iscoroutine(result) else result
                await session.flush()
                rows = await connection.run_sync(lambda sync: dump_quietly(watch, sync, modules))
                found[name] = outcome(watch, result, rows=rows)
            except Exception as error:
                found[name] = outcome(watch, error=error)
            await session.close()
            if transaction.is_active:
                await transaction.rollback()
    await engine.dispose()
    return found


def prepare(engine, modules):
    modules["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        modules["rows"].fill(session)


def main(given):
    warnings.simplefilter("ignore")
    engine = create_engine(given["sync"])
    forms, found = given["forms"], {}
    for number, (form, files) in enumerate(forms.items()):
        modules = load(files)
        if number == 0:
            prepare(engine, modules)
        if form == "async":
            found[form] = asyncio.run(run_async(create_async_engine(given["async"]), modules, given["names"]))
        else:
            found[form] = run_sync(engine, modules, given["names"])
    return found


if __name__ == "__main__":
    json.dump(main(json.load(sys.stdin)), sys.stdout)
