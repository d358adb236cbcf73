"""Recorded evidence beside reasoning, for a person: what only one of them found, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from asyncify.model.comparison import Comparison, Reasoned, Seen
from asyncify.model.evidence import CodePlace
from asyncify.report.summary import plural

PLACES = 5  #: shown of each kind, unless all are asked for


def show_comparison(comparison: Comparison, console: Console, every: bool = False) -> None:
    """Print the numbers of a comparison, and its places by kind. every: all places, not just the first few."""
    console.print(Text("Evidence of the tests", style="bold"))
    for line in _lines(comparison, None if every else PLACES):
        console.print(line, soft_wrap=True)


def _lines(comparison: Comparison, limit: int | None) -> Iterator[Text]:
    seen, shown, reasoned = comparison.seen, comparison.only_shown, comparison.reasoned
    known = sum(s.known for s in seen)
    yield Text(
        f"  {plural(len(seen), 'implicit load')} seen: {known} known by reasoning too, {len(shown)} only seen; "
        f"{plural(len(reasoned), 'load')} known by reasoning alone"
    )
    for outcome, count in comparison.outcomes().items():
        yield Text(f"  {count:>5} ").append(outcome.value)
    yield from _groups("only seen", ((s.load.kind.value, _seen(s)) for s in shown), limit)
    yield from _groups("only reasoned", ((r.kind.value, _reasoned(r)) for r in reasoned), limit)


def _groups(title: str, rows: Iterable[tuple[str, Text]], limit: int | None) -> Iterator[Text]:
    kinds: dict[str, list[Text]] = {}
    for kind, row in rows:
        kinds.setdefault(kind, []).append(row)
    for kind, lines in kinds.items():
        yield Text("  ").append(f"{title}: {kind}", "yellow").append(f" ({len(lines)})")
        yield from lines[:limit]
        if limit is not None and len(lines) > limit:
            yield Text(f"    and {len(lines) - limit} more (--all shows every one)", "dim")


def _seen(seen: Seen) -> Text:
    load = seen.load
    return _row(load.reads, load.title, load.loaded, seen.outcome.value)


def _reasoned(one: Reasoned) -> Text:
    return _row(str(one.read or "?"), f"{one.model}.{one.attribute}", one.loaded, one.outcome.value)


def _row(place: str, what: str, loaded: CodePlace | None, outcome: str) -> Text:
    given = f", given by {loaded}" if loaded is not None else ""
    return Text("    ").append(place, "cyan").append(f"  {what}{given}: {outcome}")
