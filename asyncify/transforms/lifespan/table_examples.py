"""What the transform does with tables that are created at import."""

from __future__ import annotations

from asyncify.transforms.lifespan.example_text import example

_DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass
"""

_TABLES_IN_APP = """
from fastapi import FastAPI

from database import Base, engine

Base.metadata.create_all(bind=engine)

app = FastAPI()
"""

_TABLES_IN_LIFESPAN = """
from contextlib import asynccontextmanager

from fastapi import FastAPI

from database import Base, engine


@asynccontextmanager
async def lifespan(app):
    Base.metadata.create_all(bind=engine)
    yield


app = FastAPI(lifespan=lifespan)
"""

TABLE_EXAMPLES = (
    example(
        "tables created at import",
        {"app.py": _TABLES_IN_APP, "database.py": _DATABASE},
        {"app.py": _TABLES_IN_LIFESPAN},
    ),
    example(
        "tables created at the import of another module",
        {
            "main.py": """
            from fastapi import FastAPI

            import routes
            from database import engine

            app = FastAPI()
            """,
            "routes.py": "",
            "database.py": _DATABASE + "\n\nBase.metadata.create_all(engine)\n",
        },
        {
            "main.py": """
            from contextlib import asynccontextmanager

            from fastapi import FastAPI

            import routes
            from database import create_tables, engine


            @asynccontextmanager
            async def lifespan(app):
                create_tables()
                yield


            app = FastAPI(lifespan=lifespan)
            """,
            "database.py": _DATABASE + "\n\ndef create_tables():\n    Base.metadata.create_all(engine)\n",
        },
    ),
    example(
        "a lifespan that is there gets the tables",
        {
            "app.py": """
            from contextlib import asynccontextmanager

            from fastapi import FastAPI

            from database import Base, engine

            Base.metadata.create_all(engine)


            @asynccontextmanager
            async def manage(app: FastAPI):
                \"\"\"From start to end.\"\"\"
                print("start")
                yield


            app = FastAPI(lifespan=manage)
            """,
            "database.py": _DATABASE,
        },
        {
            "app.py": """
            from contextlib import asynccontextmanager

            from fastapi import FastAPI

            from database import Base, engine


            @asynccontextmanager
            async def manage(app: FastAPI):
                \"\"\"From start to end.\"\"\"
                Base.metadata.create_all(engine)
                print("start")
                yield


            app = FastAPI(lifespan=manage)
            """
        },
    ),
    example(
        "tests whose clients do not run the lifespan get a fixture",
        {
            "app.py": _TABLES_IN_APP,
            "database.py": _DATABASE,
            "test_app.py": """
            from fastapi.testclient import TestClient

            from app import app

            client = TestClient(app)


            def test_docs():
                assert client.get("/docs").status_code == 200
            """,
        },
        {
            "app.py": """
            from contextlib import asynccontextmanager

            from fastapi import FastAPI

            from database import Base, engine


            def create_tables():
                Base.metadata.create_all(bind=engine)


            @asynccontextmanager
            async def lifespan(app):
                create_tables()
                yield


            app = FastAPI(lifespan=lifespan)
            """,
            "test_app.py": """
            import pytest
            from fastapi.testclient import TestClient

            from app import app


            @pytest.fixture(scope="module", autouse=True)
            def tables():
                from app import create_tables

                create_tables()


            client = TestClient(app)


            def test_docs():
                assert client.get("/docs").status_code == 200
            """,
        },
    ),
    example(
        "tables move when the clients of the tests run the lifespan",
        {
            "app.py": _TABLES_IN_APP,
            "database.py": _DATABASE,
            "test_app.py": """
            from fastapi.testclient import TestClient

            from app import app


            def test_docs():
                with TestClient(app) as client:
                    assert client.get("/docs").status_code == 200
            """,
        },
        {"app.py": _TABLES_IN_LIFESPAN},
    ),
    example(
        "tables that a test file creates at import",
        {
            "app.py": """
            from fastapi import FastAPI

            app = FastAPI()
            """,
            "database.py": _DATABASE,
            "test_app.py": """
            from fastapi.testclient import TestClient
            from sqlalchemy import create_engine

            from app import app
            from database import Base

            engine = create_engine("sqlite:///test.db")
            Base.metadata.create_all(bind=engine)
            client = TestClient(app)


            def test_docs():
                assert client.get("/docs").status_code == 200
            """,
        },
        {
            "test_app.py": """
            import pytest
            from fastapi.testclient import TestClient
            from sqlalchemy import create_engine

            from app import app
            from database import Base

            engine = create_engine("sqlite:///test.db")


            @pytest.fixture(scope="module", autouse=True)
            def create_tables():
                Base.metadata.create_all(bind=engine)


            client = TestClient(app)


            def test_docs():
                assert client.get("/docs").status_code == 200
            """,
        },
    ),
)
