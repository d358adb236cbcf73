"""An interpreter that has imported already what the apps of the tests import: scripts and test runs are forked from it.

To import FastAPI, SQLAlchemy and pytest takes several times as long as what is run. Everything else is as in an
interpreter of its own: what is run is `__main__`, and the process ends as every interpreter ends, so that what Python
says of coroutines that nobody awaits is said here, too.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

#: what is run may take so many seconds
LIMIT = 120
#: libraries with plugins of pytest, which rewrites their asserts where they are not yet imported, and warns otherwise
REWRITTEN = ("anyio", "pytest_asyncio")


def run_python(arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `python -W always::RuntimeWarning` with arguments (`-m module`, `-c code` or a script) in a folder.

    The exit code is -14 where it takes more than LIMIT seconds. Raises AssertionError when the interpreter is gone.
    """
    server = _started()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as told:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}  # of the run around it
        job = {"arguments": [*arguments], "folder": str(folder), "told": told, "environment": environment}
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        code = server.stdout.readline()
        assert code, "the warm interpreter has ended"
        out, errors = ((Path(told) / name).read_text() for name in ("out", "err"))
    return subprocess.CompletedProcess([*arguments], int(code), out, errors)


@cache
def _started() -> subprocess.Popen[str]:
    command = [sys.executable, __file__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _serve() -> list[str]:
    """Fork for each job: the arguments of one, in its fork. The interpreter itself ends when nobody asks any more."""
    _import()
    gc.freeze()
    while line := sys.stdin.readline():
        job = json.loads(line)
        process = os.fork()
        if process == 0:
            return _become(job)
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    os._exit(0)


def _import() -> None:
    import aiosqlite  # noqa: F401
    import alembic.command  # noqa: F401
    import pytest_asyncio.plugin  # noqa: F401
    import sqlmodel  # noqa: F401
    from flip.warm import warm

    warm()
    for name in REWRITTEN:
        sys.modules[name].__doc__ = "PYTEST_DONT_REWRITE"  # pytest, "Assertion Rewriting"


def _become(job: Mapping[str, Any]) -> list[str]:
    """Make of a fork what an interpreter is when it starts. Gives the arguments of the job."""
    signal.alarm(LIMIT)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [path for path in named if path and path not in sys.path]
    files = [(os.devnull, os.O_RDONLY), *((f"{job['told']}/{n}", os.O_CREAT | os.O_WRONLY) for n in ("out", "err"))]
    for number, (file, flags) in enumerate(files):
        os.dup2(os.open(file, flags), number)
    for name in [n for n in sys.modules if _is_shadowed(n.partition(".")[0])]:
        del sys.modules[name]
    warnings.simplefilter("always", RuntimeWarning)
    sys.warnoptions[:] = ["always::RuntimeWarning"]
    arguments: list[str] = job["arguments"]
    return arguments


@cache
def _is_shadowed(name: str) -> bool:
    """Whether the folder has a module of its own under the name of a library, such as a stand-in for it."""
    there = Path(name).is_dir() or Path(f"{name}.py").is_file()
    return there and name in sys.modules and name not in sys.stdlib_module_names and name != "__main__"


def _execute(first: str, *given: str) -> None:
    others = [*given]
    if first == "-m":
        sys.argv, sys.path[0] = others, str(Path.cwd())
        runpy.run_module(others[0], run_name="__main__", alter_sys=True)
        return
    main = sys.modules["__main__"] = ModuleType("__main__")
    if first == "-c":
        (text, *others), name, sys.path[0] = others, "<string>", ""
    else:
        text, name, sys.path[0] = Path(first).read_text(), first, str(Path(first).resolve().parent)
        main.__file__ = first
    sys.argv = [first, *others]
    exec(compile(text, name, "exec"), main.__dict__)


if __name__ == "__main__":
    _execute(*_serve())
