"""Libraries that keep the session of a request themselves, and the async library with the same interface.

Sources: FastAPI-SQLAlchemy 0.2.1 and fastapi-async-sqlalchemy 0.7.1, read for their interfaces: the middleware has the
same arguments, `db.session` gives the session, `db()` is entered for another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SYNC_PACKAGE, ASYNC_PACKAGE = "fastapi-sqlalchemy", "fastapi-async-sqlalchemy"
SYNC_MODULE, ASYNC_MODULE = "fastapi_sqlalchemy", "fastapi_async_sqlalchemy"
MIDDLEWARE = f"{SYNC_MODULE}.DBSessionMiddleware"
PROXY, ASYNC_PROXY = f"{SYNC_MODULE}.db", f"{ASYNC_MODULE}.db"

#: names that the async library has under another name; the others are the same
RENAMED: Mapping[str, str] = MappingProxyType({"DBSessionMiddleware": "SQLAlchemyMiddleware"})
