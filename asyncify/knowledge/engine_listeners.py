"""Functions of libraries that listen to the events of an engine which they are given: those fire on the sync one.

Sources: opentelemetry-instrumentation-sqlalchemy 0.59b0, `SQLAlchemyInstrumentor._instrument`, which hands each engine
to `sqlalchemy.event.listen`, and its documentation, which gives it `engine.sync_engine`; sqltap 0.3.11, `sqltap.start`;
SQLAlchemy, "Using events with the asyncio extension".
"""

from __future__ import annotations

ENGINE_LISTENERS = frozenset(
    {"opentelemetry.instrumentation.sqlalchemy.SQLAlchemyInstrumentor.instrument", "sqltap.start"}
)

#: what SQLAlchemy itself has for it: the first argument is what is listened to. Source: Core "Events"
LISTENERS = frozenset({"sqlalchemy.event.listen", "sqlalchemy.event.listens_for", "sqlalchemy.event.remove"})
