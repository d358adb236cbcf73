"""Connections through PgBouncer or the pooler of a hosting provider: prepared statements may not live there.

psycopg2 prepares nothing. psycopg 3 prepares what it sends often, asyncpg everything, and a pooler that hands each
transaction to another connection of the server loses that. Sources: SQLAlchemy "Prepared Statement Name with
PGBouncer"; psycopg 3 "Prepared statements"; asyncpg FAQ; PgBouncer `max_prepared_statements`; Supabase and Neon,
"Connection pooling". Run against PgBouncer 1.18 in transaction mode, with SQLAlchemy 2.0.30 and 2.1.9: asyncpg 0.32
lost statements without the advice, and 0.29, 0.30 and 0.32 none with it, in two processes at a time. Before 0.31 both
caches off are not enough, since `prepare()` still gives names that two processes share; `str()` gives the name of an
unnamed statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from asyncify.model.edit import Finding
from asyncify.model.span import Span
from asyncify.transforms.settings.needs import Needs, is_env_file

NAME = "settings"
_POOLER = re.compile(
    r"^[^\n#]*?(?P<pooler>\bpg_?bouncer\b|[\w.-]+[.-]pooler\.[\w.-]+\.\w+|@[\w.-]+:(?:6432|6543)/)",
    re.MULTILINE | re.IGNORECASE,
)
_SETTINGS = (".yml", ".yaml", ".toml", ".ini", ".cfg", ".sh", ".py")
#: what already tells the driver, in code; cursors of psycopg that write values into statements prepare none
_TOLD = re.compile(rb"prepare_threshold|statement_cache_size|AsyncClientCursor")
_ADVICE = {
    "postgresql+psycopg": '{"prepare_threshold": None}',
    "postgresql+asyncpg": (
        '{"statement_cache_size": 0, "prepared_statement_cache_size": 0, "prepared_statement_name_func": str}'
    ),
}


def pooled(files: Mapping[str, bytes], needs: Needs) -> Iterator[Finding]:
    """The first place that names a pooler, for a program that comes to prepare statements."""
    driver = next((name for name in needs.drivers if name in _ADVICE), None)
    if driver is None or any(_TOLD.search(data) for path, data in files.items() if path.endswith(".py")):
        return
    for path in sorted(p for p in files if p.endswith(_SETTINGS) or is_env_file(p)):
        text = files[path].decode(errors="replace")
        if match := _POOLER.search(text):
            start, end = match.span("pooler")
            line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start) - 1
            span = Span(line, column, line, column + end - start)
            advice = f"unless it keeps them, give the engine connect_args={_ADVICE[driver]}"
            message = f"{driver.partition('+')[2]} prepares statements, which a pooler of transactions may lose"
            yield Finding(NAME, path, span, "settings-pooler", message, advice)
            return
