"""What matters about the start and the end of an application.

Sources: FastAPI "Lifespan Events" and its release notes (0.93.0: the `lifespan` parameter); `_DefaultLifespan` of
`starlette/routing.py` 0.27 to 0.50 and of `fastapi/routing.py` 0.128 to 0.165: handlers are called without arguments
in the order of their registration, awaited when they are coroutine functions, shutdown handlers also after an error
while the application runs, but not after one in a startup handler.
"""

from __future__ import annotations

from asyncify.knowledge import names

STARLETTE = "starlette.applications.Starlette"

#: classes of applications whose events a `lifespan` argument replaces
APPLICATIONS = frozenset({names.FASTAPI, STARLETTE})

#: the first FastAPI with `FastAPI(lifespan=...)`
FIRST_FASTAPI = (0, 93)

EVENTS = ("startup", "shutdown")

#: methods that register a handler
REGISTERING = frozenset({"on_event", "add_event_handler"})

#: attributes of a router that show or run its handlers
HANDLER_LISTS = frozenset({"on_startup", "on_shutdown", "startup", "shutdown"})

#: packages that may be handed an application: none of their functions registers event handlers on it
HARMLESS_PACKAGES = frozenset(
    {
        "a2wsgi",
        "asgi_correlation_id",
        "asgi_lifespan",
        "asgiref",
        "builtins",
        "ddtrace",
        "elasticapm",
        "fastapi",
        "fastapi_pagination",
        "gunicorn",
        "httpx",
        "hypercorn",
        "logfire",
        "mangum",
        "opentelemetry",
        "prometheus_fastapi_instrumentator",
        "schemathesis",
        "sentry_sdk",
        "slowapi",
        "sqladmin",
        "starlette",
        "starlette_exporter",
        "typing",
        "uvicorn",
    }
)

#: methods of SQLAlchemy objects that may be handlers themselves; none of them is a coroutine function
SYNC_METHODS = frozenset({(names.ENGINE, "dispose"), (names.METADATA, "create_all"), (names.METADATA, "drop_all")})
