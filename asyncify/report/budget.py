"""The connections that a program may open, in a few lines of the summary."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from asyncify.model.budget import Budget, Pool


def show_budget(budget: Budget, console: Console) -> None:
    """Print how many connections each engine may open, and all of them in all processes."""
    for line in budget_lines(budget):
        console.print(Text(line), soft_wrap=True)


def budget_lines(budget: Budget) -> Iterator[str]:
    """`Connections: app/db.py:7 holds at most 15 (pool_size 5, max_overflow 10).`"""
    for pool in budget.pools:
        yield f"Connections: {pool.path}:{pool.line} {_most(pool)}."
    times, most = budget.workers, budget.most
    if times is not None:
        where = f"{times.number} workers ({times.path}:{times.line})"
        yield f"Connections: each of {where} has its own" + (f", {most} in all." if most is not None else ".")


def _most(pool: Pool) -> str:
    if pool.kind:
        return f"opens connections as {pool.kind} does"
    said = ", ".join(
        f"{name} set by `{value}`" if isinstance(value, str) else f"{name} {value}"
        for name, value in (("pool_size", pool.size), ("max_overflow", pool.overflow))
    )
    held = f"holds at most {pool.most} ({said})" if pool.most is not None else f"has {said}"
    return held + (f", and {pool.twin} beside it as many" if pool.twin else "")
