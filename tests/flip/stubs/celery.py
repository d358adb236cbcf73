"""What the apps of these tests use of Celery, run at once: the real one needs a broker."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Celery:
    """A worker."""

    def __init__(self, name: str) -> None:
        self.name = name

    def task(self, *args: Any, **options: Any) -> Any:
        """`@app.task` and `@app.task(...)`."""
        return _task(args[0]) if args else _task


def _task(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    run.delay = run  # type: ignore[attr-defined]
    return run
