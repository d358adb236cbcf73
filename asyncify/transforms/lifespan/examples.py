"""What the transform does with event handlers, and what it leaves alone."""

from __future__ import annotations

from asyncify.transforms.lifespan.example_text import example

HANDLER_EXAMPLES = (
    example(
        "handlers, plain and async, in the order of their registration",
        """
        from fastapi import FastAPI

        app = FastAPI(title="shop")


        @app.on_event("startup")
        def warm_up() -> None:
            print("warm")


        @app.on_event("startup")
        async def connect() -> None:
            print("connected")


        @app.on_event("shutdown")
        async def disconnect() -> None:
            print("disconnected")
        """,
        """
        from collections.abc import AsyncIterator
        from contextlib import asynccontextmanager

        from fastapi import FastAPI


        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            warm_up()
            await connect()
            try:
                yield
            finally:
                await disconnect()


        app = FastAPI(title="shop", lifespan=lifespan)


        def warm_up() -> None:
            print("warm")


        async def connect() -> None:
            print("connected")


        async def disconnect() -> None:
            print("disconnected")
        """,
    ),
    example(
        "add_event_handler and constructor lists, with lambdas and partials",
        """
        from functools import partial

        from fastapi import FastAPI
        from sqlalchemy import create_engine

        engine = create_engine("sqlite://")


        def first():
            print("first")


        async def greet(name):
            print(name)


        app = FastAPI(on_startup=[first], on_shutdown=[engine.dispose])
        app.add_event_handler("startup", partial(greet, name="Ada"))
        app.router.add_event_handler("startup", lambda: print("last"))
        """,
        """
        from contextlib import asynccontextmanager
        from functools import partial

        from fastapi import FastAPI
        from sqlalchemy import create_engine

        engine = create_engine("sqlite://")


        def first():
            print("first")


        async def greet(name):
            print(name)


        @asynccontextmanager
        async def lifespan(app):
            first()
            await greet(name="Ada")
            print("last")
            try:
                yield
            finally:
                engine.dispose()


        app = FastAPI(lifespan=lifespan)
        """.replace("        from functools import partial\n", ""),
    ),
    example(
        "a handler from another module keeps all handlers in their places",
        {
            "app.py": """
            from fastapi import FastAPI

            app = FastAPI()


            @app.on_event("startup")
            def start():
                print("start")
            """,
            "jobs.py": """
            from app import app


            @app.on_event("startup")
            def start_jobs():
                print("jobs")
            """,
        },
        None,
        ("lifespan-elsewhere",),
    ),
    example(
        "a handler in a loop, a factory, or with a decorator that may change it",
        """
        from fastapi import FastAPI
        from retries import retry


        def say():
            print("hello")


        looped = FastAPI()
        for handler in (say, print):
            looped.add_event_handler("startup", handler)


        def create_app():
            made = FastAPI()
            made.add_event_handler("startup", say)
            return made


        wrapped = FastAPI()


        @wrapped.on_event("startup")
        @retry
        def unsure():
            print("again")
        """,
        None,
        ("lifespan-elsewhere", "lifespan-app", "lifespan-handler"),
    ),
    example(
        "handlers beside a lifespan, and those of a mounted application, never run",
        """
        from contextlib import asynccontextmanager

        from fastapi import FastAPI


        @asynccontextmanager
        async def manage(app: FastAPI):
            yield


        app = FastAPI(lifespan=manage)
        inner = FastAPI()
        app.mount("/inner", inner)


        @app.on_event("startup")
        def ignored():
            print("never")


        @inner.on_event("startup")
        def unheard():
            print("never")
        """,
        None,
        ("lifespan-ignored", "lifespan-mounted"),
    ),
    example(
        "handlers of a router run twice in one case and once in the other",
        """
        from fastapi import APIRouter, FastAPI

        router = APIRouter()
        app = FastAPI()
        app.include_router(router)


        @app.on_event("startup")
        def start():
            print("app")


        @router.on_event("startup")
        def start_router():
            print("router")
        """,
        None,
        ("lifespan-router",),
    ),
    example(
        "two handlers of one name: the name means the last one",
        """
        from fastapi import FastAPI

        app = FastAPI()


        @app.on_event("startup")
        def event():
            print("one")


        @app.on_event("shutdown")
        def event():
            print("two")
        """,
        None,
        ("lifespan-handler",),
    ),
    example(
        "a library that gets the application may register handlers itself",
        """
        from fastapi import FastAPI
        from plugin import install

        app = FastAPI()
        install(app)


        @app.on_event("startup")
        def start():
            print("start")
        """,
        None,
        ("lifespan-handed-over",),
    ),
    example(
        "events of other things",
        """
        from bots import Bot
        from fastapi import FastAPI

        bot = Bot()
        app = FastAPI()


        @bot.on_event("startup")
        def start():
            print("start")
        """,
        None,
    ),
    example(
        "an application of Starlette, and a name that is taken",
        """
        from starlette.applications import Starlette


        def start() -> None:
            print("start")


        lifespan = 80
        # serves the files
        web = Starlette(
            debug=True,
            on_startup=[start],
        )
        """,
        """
        from collections.abc import AsyncIterator
        from contextlib import asynccontextmanager

        from starlette.applications import Starlette


        def start() -> None:
            print("start")


        lifespan = 80


        @asynccontextmanager
        async def lifespan_2(web: Starlette) -> AsyncIterator[None]:
            start()
            yield


        # serves the files
        web = Starlette(
            debug=True,
            lifespan=lifespan_2,
        )
        """,
    ),
    example(
        "two applications in one file, one from a function that makes no other",
        """
        from fastapi import FastAPI


        def make_app():
            app = FastAPI()
            return app


        public = make_app()
        admin = FastAPI()


        @public.on_event("startup")
        def open_shop():
            print("open")


        @admin.on_event("shutdown")
        async def report():
            print("closed")
        """,
        """
        from contextlib import asynccontextmanager

        from fastapi import FastAPI


        @asynccontextmanager
        async def app_lifespan(app):
            open_shop()
            yield


        def make_app():
            app = FastAPI(lifespan=app_lifespan)
            return app


        public = make_app()


        @asynccontextmanager
        async def admin_lifespan(admin):
            try:
                yield
            finally:
                await report()


        admin = FastAPI(lifespan=admin_lifespan)


        def open_shop():
            print("open")


        async def report():
            print("closed")
        """,
    ),
)
