"""Engines that several event loops use: commands, tasks, threads and code that runs at import have loops of their own.

Connections of most async drivers belong to the loop that opened them. A pool that hands one of them to another loop
fails there ("attached to a different loop"), so each loop gets connections of its own.
Source: SQLAlchemy asyncio documentation, "Using multiple asyncio event loops"; "Using Connection Pools with
Multiprocessing or os.fork()", whose recipe for processes this is for loops.
"""

from __future__ import annotations

import ast

from asyncify.analysis.databases import backends
from asyncify.analysis.program import Program
from asyncify.knowledge.drivers import SYNC_DRIVERS, Choice, async_drivername
from asyncify.model.edit import Import
from asyncify.transforms.engine.urls import change_of, written_url

KEEP = "keep_to_loop"
_HEAD = '''
def keep_to_loop(engine):
    """Give the engine back: an event loop never gets connections from it that another loop has opened."""
    if engine.dialect.name == "sqlite":
        return engine  # its connections have threads, and belong to no loop
'''
_PLAIN = '''
    @event.listens_for(engine.sync_engine, "checkout")
    def check_loop(connection, record, proxy):
        loop = asyncio.get_running_loop()
        if record.info.setdefault("loop", loop) is not loop:
'''
#: for a pool that asks each connection whether it lives before it hands it out, and before `checkout`: one of another
#: loop cannot be asked. Source: SQLAlchemy `pool/base.py`, `_ConnectionFairy._checkout`
_PINGING = '''\
    loops, ping = {}, engine.dialect.do_ping

    def ping_own(connection):
        """Those of other loops cannot be asked if they live; check_loop drops them."""
        return loops[id(connection)] is not asyncio.get_running_loop() or ping(connection)

    engine.dialect.do_ping = ping_own

    @event.listens_for(engine.sync_engine, "connect")
    def remember_loop(connection, record):
        loops[id(connection)] = asyncio.get_running_loop()

    @event.listens_for(engine.sync_engine, "checkout")
    def check_loop(connection, record, proxy):
        if loops[id(connection)] is not asyncio.get_running_loop():
'''
_TAIL = '''\
            record.dbapi_connection = proxy.dbapi_connection = None
            raise DisconnectionError("this connection belongs to another event loop")

    return engine
'''
KEEP_IMPORTS = (Import("asyncio"), Import("sqlalchemy", "event"), Import("sqlalchemy.exc", "DisconnectionError"))

#: drivers whose connections work in the loop alone that opened them: their sockets are streams of that loop. psycopg
#: waits for its socket in whatever loop runs, aiosqlite in a thread
LOOP_BOUND = frozenset({"asyncpg", "aiomysql", "asyncmy", "aioodbc", "oracledb_async"})


def keeping_source(program: Program) -> str:
    """The text of the function for a program: whether a pool of it may ask its connections if they live."""
    asks = any(
        k.arg == "pool_pre_ping" and not (isinstance(k.value, ast.Constant) and k.value.value is False)
        for module in program.modules.values()
        for k in module.source.nodes_of(ast.keyword)
    )
    return _HEAD + (_PINGING if asks or _named_in_text(program) else _PLAIN) + _TAIL


def _named_in_text(program: Program) -> bool:
    """`{"pool_pre_ping": True}`, which an engine may be given with two asterisks."""
    texts = (n for module in program.modules.values() for n in module.source.nodes_of(ast.Constant))
    return any(n.value == "pool_pre_ping" for n in texts)


def is_loop_bound(program: Program, path: str, url: ast.expr, choice: Choice) -> bool:
    """Whether the connections of an engine may belong to one loop, by what its URL says or may turn out to be."""
    written = written_url(program, path, url)
    change = change_of(written[1], choice) if written is not None else None
    if change is not None:
        found = {change.drivername}
    else:
        there = backends(program)
        found = {n for row in SYNC_DRIVERS if row.backend in there and (n := async_drivername(row.drivername, choice))}
    return any(name.partition("+")[2] in LOOP_BOUND for name in found)
