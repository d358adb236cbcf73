"""How many connections to the database the engines of a program may open: what a server must allow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """The connections of one engine.

    size, overflow: numbers, or the code that says them. kind: the class of a pool that is no queue; empty for a queue.
    twin: the name of the sync engine beside it, which has as many; empty where there is none.
    """

    path: str
    line: int
    size: int | str
    overflow: int | str
    kind: str = ""
    twin: str = ""

    @property
    def most(self) -> int | None:
        """The most that it holds; None where that is not known, or without a limit."""
        if self.kind or not isinstance(self.size, int) or not isinstance(self.overflow, int):
            return None
        return self.size + self.overflow if self.size > 0 and self.overflow >= 0 else None


@dataclass(frozen=True)
class Workers:
    """How many processes a server is told to start. number: or the code that says it."""

    path: str
    line: int
    number: int | str


@dataclass(frozen=True)
class Budget:
    """All of a program. workers: None where nothing says it."""

    pools: tuple[Pool, ...]
    workers: Workers | None = None

    @property
    def most(self) -> int | None:
        """What all engines of all processes hold at most; None where a part is not known."""
        times = self.workers.number if self.workers else 1
        if any(pool.most is None for pool in self.pools) or not isinstance(times, int):
            return None
        return times * sum((pool.most or 0) * (2 if pool.twin else 1) for pool in self.pools)
