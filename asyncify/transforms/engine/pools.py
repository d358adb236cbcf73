"""The pools of engines that become async, for the summary: arguments of pools go over as they are, limits too.

Source: SQLAlchemy 2.0 "Connection Pooling" (5 and 10 are the defaults of a queue, `pool_size=0` and `max_overflow=-1`
are no limit, `NullPool` opens one for each use); "Asyncio", `AsyncAdaptedQueuePool`; uvicorn `--workers`, gunicorn
`workers` and `WEB_CONCURRENCY`. Where the pool of a driver takes no such arguments, it is named.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping

from asyncify.analysis.databases import backends
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.model.budget import Pool, Workers
from asyncify.model.text import DOCUMENTS
from asyncify.transforms.engine.urls import written_backend

SIZE, OVERFLOW = 5, 10
_QUEUES = ("", "QueuePool", "AsyncAdaptedQueuePool")
#: arguments that only a queue takes, which a file of SQLite has by default for aiosqlite since this version
_OF_QUEUES = frozenset({"pool_size", "max_overflow", "pool_timeout", "pool_use_lifo"})
QUEUE = "AsyncAdaptedQueuePool"
QUEUE_SINCE = (2, 0, 38)
_SHELL = re.compile(
    r"^(?![ \t]*#)[^\n]*?(?:\b(?:uvicorn|gunicorn|fastapi|hypercorn|granian)\b[^\n]*?"
    r"(?:--workers|-w)[\"',= \t]+[\"']?(?P<option>\d+)|\bWEB_CONCURRENCY[\"']?[=: \t]+[\"']?(?P<variable>\d+))",
    re.MULTILINE,
)
_MODULE = re.compile(r"^workers\s*=\s*(?P<option>[^\n#]+?)\s*(?:#.*)?$", re.MULTILINE)
_PYTHON = re.compile(r"\buvicorn\.run\([^)]*?\bworkers\s*=\s*(?P<option>\d+)")


def pool_of(source: SourceFile, node: ast.Call, path: str, twin: str) -> Pool:
    """The pool of an engine. twin: the name of the sync engine beside it, if any."""
    said = {k.arg: k.value for k in node.keywords if k.arg}
    kind = ast.unparse(said["poolclass"]).rpartition(".")[2] if "poolclass" in said else ""
    size, overflow = (_number(source, said.get(name)) for name in ("pool_size", "max_overflow"))
    return Pool(
        path,
        node.lineno,
        SIZE if size is None else size,
        OVERFLOW if overflow is None else overflow,
        "" if kind in _QUEUES else kind,
        twin,
    )


def _number(source: SourceFile, node: ast.expr | None) -> int | str | None:
    if node is None:
        return None
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return source.segment(node)
    return value if isinstance(value, int) else source.segment(node)


def lacks_queue(program: Program, path: str, node: ast.Call, url: ast.expr | None) -> bool:
    """Whether an engine is told the size of a queue that aiosqlite may not have by itself: it refuses to be made then.

    Source: SQLAlchemy 2.0 changelog, 2.0.38: file databases of `aiosqlite` use `AsyncAdaptedQueuePool` and no longer
    `NullPool`. The sync driver has a queue for them since 2.0.
    """
    newest = read_dependencies(program.workspace.files).ceiling("sqlalchemy")
    if newest is None or not (2,) <= newest < QUEUE_SINCE or "sqlite" not in backends(program):
        return False
    said = {k.arg or "": ast.unparse(k.value).rpartition(".")[2] for k in node.keywords}
    backend = written_backend(program, path, url) if url is not None else None
    return backend in (None, "sqlite") and said.get("poolclass", "") in _QUEUES and not _OF_QUEUES.isdisjoint(said)


def workers(files: Mapping[str, bytes]) -> Workers | None:
    """The most processes that anything in a repository starts a server with."""
    found = sorted(_workers(files), key=lambda w: (-(w.number if isinstance(w.number, int) else 0), w.path, w.line))
    return found[0] if found else None


def _workers(files: Mapping[str, bytes]) -> Iterator[Workers]:
    for path in sorted(files):
        name = posixpath.basename(path)
        if path.endswith(".py"):
            pattern = _MODULE if "gunicorn" in name else _PYTHON
        elif path.endswith((*DOCUMENTS, ".lock")):
            continue
        else:
            pattern = _SHELL
        text = files[path].decode(errors="replace")
        for match in pattern.finditer(text):
            word = match[match.lastgroup or 0]
            start = match.start(match.lastgroup or 0)
            yield Workers(path, text.count("\n", 0, start) + 1, int(word) if word.isdecimal() else word)
