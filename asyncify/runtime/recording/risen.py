"""Which tests send more statements than in an earlier run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.model.evidence import Evidence, Statements

MOST = 20
#: what anyio calls the event loops that it runs tests on. Source: anyio "Testing with AnyIO", `anyio_backend`
BACKENDS = frozenset({"asyncio", "asyncio+uvloop", "trio"})


@dataclass(frozen=True)
class Risen:
    """Two runs of the same tests. risen: those that sent more, by name; before, now: statements of those in both runs.

    missing: how many of the earlier run are not in this one.
    """

    risen: tuple[tuple[str, Statements, Statements], ...]
    before: int
    now: int
    compared: int
    missing: int


def risen(old: Evidence, new: Evidence) -> Risen:
    """Compare the numbers of statements, test by test; what belongs to no test (a fixture of many) is left out."""
    same = {name: name if name in old.tests else _without_backend(name) for name in sorted(new.tests) if name}
    pairs = [(name, old.tests[was], new.tests[name]) for name, was in same.items() if was in old.tests]
    more = sorted((p for p in pairs if p[2].all > p[1].all), key=lambda p: (p[1].all - p[2].all, p[0]))
    before, now = sum(p[1].all for p in pairs), sum(p[2].all for p in pairs)
    missing = old.tests.keys() - set(same.values()) - {""}
    return Risen(tuple(more), before, now, len(pairs), len(missing))


def _without_backend(name: str) -> str:
    """The name that a test of the plugin of anyio had as a synchronous one: `test[asyncio-1]` was `test[1]`."""
    start, bracket, parameters = name.removesuffix("]").partition("[")
    if not bracket:
        return name
    kept = [part for part in parameters.split("-") if part not in BACKENDS]
    return f"{start}[{'-'.join(kept)}]" if kept else start


def told(found: Risen, name: str, most: int = MOST) -> Iterator[str]:
    """The comparison as lines. name: of the file of the earlier run."""
    missing = f"; {found.missing} of its tests did not run" if found.missing else ""
    tests = f"{found.compared} test{'s' if found.compared != 1 else ''}"
    yield f"compared with {name}: {found.before} statements before, {found.now} now, in {tests}{missing}"
    if not found.risen:
        yield "no test sends more statements than before"
        return
    count = len(found.risen)
    yield f"{count} test{' sends' if count == 1 else 's send'} more statements than before:"
    rows = [("before", "now", "test"), *((str(a.all), str(b.all), test) for test, a, b in found.risen[:most])]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    for before, now, test in rows:
        yield f"{before:>{widths[0]}}  {now:>{widths[1]}}  {test}"
    if count > most:
        yield f"... and {count - most} more"
