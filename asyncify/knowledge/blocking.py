"""Library calls that block the thread they run in.

A plain route runs in a thread of the pool; as `async def` it runs in the event loop, where such a call stops everyone.
Sources: Python library reference; documentation of requests, httpx, redis-py, passlib and bcrypt; FastAPI "Concurrency
and async / await".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from asyncify.knowledge.names import FUTURE


@dataclass(frozen=True)
class Blocking:
    """A row: a function, or the method of a class, by its canonical name; and what it waits for."""

    name: str
    why: str


def _rows(owner: str, names: str, why: str) -> tuple[Blocking, ...]:
    return tuple(Blocking(f"{owner}.{name}", why) for name in names.split())


_REDIS = (
    "get set setex delete incr incrby decr expire ttl exists keys scan mget mset getdel ping publish "
    "hget hset hgetall hdel lpush rpush lpop rpop lrange sadd srem smembers sismember zadd zrange zrem flushdb"
)
_OWN_LOOP = "it runs a loop of its own, for which there must be none in its thread"
_HTTP = "get post put patch delete head options request"

BLOCKING: tuple[Blocking, ...] = (
    *_rows("time", "sleep", "it sleeps"),
    *_rows("asyncio", "run", _OWN_LOOP),
    *_rows("anyio", "run", _OWN_LOOP),
    *_rows("anyio.from_thread", "run run_sync", "it waits for the loop, which only a thread of its own can do"),
    *_rows(FUTURE, "result exception", "it waits for the loop"),
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
    *_rows("emails.Message", "send", "it waits for a mail server"),
    *_rows("redis.Redis", _REDIS, "it waits for Redis"),
    *_rows("redis.StrictRedis", _REDIS, "it waits for Redis"),
    *_rows("rq.Queue", "enqueue enqueue_in enqueue_at enqueue_call enqueue_many", "it waits for Redis"),
    *_rows("builtins", "open", "it opens a file"),
    *_rows("pathlib.Path", "read_text write_text read_bytes write_bytes", "it reads and writes files"),
    *_rows("shutil", "copy copy2 copyfile copyfileobj copytree rmtree move make_archive", "it reads and writes files"),
    *_rows("pandas", "read_csv read_excel read_json read_parquet", "it reads and computes for long"),
    *_rows("hashlib", "pbkdf2_hmac scrypt", "it computes for long on purpose"),
    *_rows("bcrypt", "hashpw checkpw kdf", "it computes for long on purpose"),
    *_rows("argon2.PasswordHasher", "hash verify", "it computes for long on purpose"),
    *_rows("passlib.context.CryptContext", "hash verify encrypt verify_and_update", "it computes for long on purpose"),
    *_rows("pwdlib.PasswordHash", "hash verify verify_and_update", "it computes for long on purpose"),
)

#: methods of the tasks and actors of workers that hand work to a broker. Sources: Celery "Calling Tasks", Dramatiq
SENDERS = frozenset("delay apply_async send send_with_options".split())
#: methods of what these give that wait for the worker. Source: Celery `AsyncResult`
RESULTS = frozenset("get wait join".split())

#: libraries whose functions and objects wait for a server with nearly all that they do
CLIENTS = frozenset("boto3 botocore stripe twilio minio sendgrid paramiko ftplib imaplib".split())
#: methods of plain dictionaries, which clients of AWS answer with; they have none of them. Source: Boto3 reference
ANSWERS = frozenset("get items keys values".split())
AWS = frozenset({"boto3", "botocore"})
#: names of calls of other libraries that look as if they waited for a server
LOOKS = frozenset("send upload download fetch publish connect request sendmail put_object get_object".split())

#: what it gives is read and written where it stands: to open it elsewhere does not help who waits for that
HANDLES = frozenset({"builtins.open"})
#: what cannot be called where a loop runs, even if nobody else waits for that loop
OWN_LOOPS = frozenset({"asyncio.run", "anyio.run", "anyio.from_thread.run", "anyio.from_thread.run_sync"})

BY_NAME: Mapping[str, Blocking] = MappingProxyType({row.name: row for row in BLOCKING})


def why_blocking(name: str) -> str:
    """What a function of a library waits for, by its canonical name; empty where it is not known to block."""
    if name in BY_NAME:
        return BY_NAME[name].why
    root, last = name.partition(".")[0], name.rpartition(".")[2]
    if root in AWS and last in ANSWERS:
        return ""
    return "it waits for a server" if root in CLIENTS and last[:1].islower() else ""
