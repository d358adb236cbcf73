"""Library calls that block the thread they run in.

A plain route runs in a thread of the pool; as `async def` it runs in the event loop, where such a call stops everyone.
Sources: Python library reference; documentation of requests, httpx, redis-py, passlib and bcrypt; FastAPI "Concurrency
and async / await".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Blocking:
    """A row: a function, or the method of a class, by its canonical name; and what it waits for."""

    name: str
    why: str


def _rows(owner: str, names: str, why: str) -> tuple[Blocking, ...]:
    return tuple(Blocking(f"{owner}.{name}", why) for name in names.split())


_HTTP = "get post put patch delete head options request"

BLOCKING: tuple[Blocking, ...] = (
    *_rows("time", "sleep", "it sleeps"),
    *_rows("requests", _HTTP, "it waits for a server"),
    *_rows("requests.Session", f"{_HTTP} send", "it waits for a server"),
    *_rows("httpx", _HTTP, "it waits for a server"),
    *_rows("httpx.Client", f"{_HTTP} send", "it waits for a server"),
    *_rows("urllib.request", "urlopen urlretrieve", "it waits for a server"),
    *_rows("subprocess", "run call check_call check_output", "it waits for a process"),
    *_rows("os", "system", "it waits for a process"),
    *_rows("smtplib", "SMTP SMTP_SSL", "it waits for a mail server"),
    *_rows("smtplib.SMTP", "connect login send_message sendmail starttls quit", "it waits for a mail server"),
    *_rows("smtplib.SMTP_SSL", "connect login send_message sendmail quit", "it waits for a mail server"),
    *_rows("redis.Redis", "get set delete incr decr expire hget hset publish lpush rpush exists", "it waits for Redis"),
    *_rows("shutil", "copyfileobj copytree rmtree make_archive", "it reads and writes files"),
    *_rows("bcrypt", "hashpw checkpw kdf", "it computes for long on purpose"),
    *_rows("argon2.PasswordHasher", "hash verify", "it computes for long on purpose"),
    *_rows("passlib.context.CryptContext", "hash verify encrypt verify_and_update", "it computes for long on purpose"),
)

BY_NAME: Mapping[str, Blocking] = MappingProxyType({row.name: row for row in BLOCKING})
