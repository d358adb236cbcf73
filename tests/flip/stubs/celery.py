"""What the apps of these tests use of Celery, run at once: the real one needs a broker."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any

#: what a task runs for belongs to its thread, as in Celery's `LocalStack`
_requests = threading.local()


class Celery:
    """A worker."""

    def __init__(self, name: str) -> None:
        self.name = name

    def task(self, *args: Any, bind: bool = False, base: type[Task] | None = None, **options: Any) -> Any:
        """`@app.task` and `@app.task(...)`."""
        return _task(args[0]) if args else functools.partial(_task, bind=bind, base=base or Task)


class Result:
    """What a worker gave."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def get(self, timeout: float | None = None) -> Any:
        """Wait for it; a loop that runs in this thread would stand still."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.value
        raise AssertionError("it blocks the event loop")


class Task:
    """What a bound task gets as itself."""

    @property
    def request(self) -> Any:
        """Of the call that this thread runs."""
        return _requests.now

    def __init__(self, function: Callable[..., Any], bind: bool) -> None:
        self.function = functools.partial(function, self) if bind else function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Celery calls a task where its class says how, and `run` otherwise."""
        return self.run(*args, **kwargs)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """The function that was decorated."""
        return self.function(*args, **kwargs)

    def after_return(self, *args: Any) -> None:
        """Called after each run."""


def _task(function: Callable[..., Any], bind: bool = False, base: type[Task] = Task) -> Callable[..., Any]:
    itself = base(function, bind)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        _requests.now = {"task": function.__name__}
        try:
            return itself(*args, **kwargs)
        finally:
            itself.after_return("SUCCESS")

    run.delay = run  # type: ignore[attr-defined]
    run.apply_async = lambda args=(), **options: Result(run(*args))  # type: ignore[attr-defined]
    return run
