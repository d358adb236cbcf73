"""The implicit loads that cost most, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from asyncify.model.evidence import Evidence

MOST = 20


def worst_loads(evidence: Evidence, most: int = MOST) -> Iterator[str]:
    """A sentence with the totals, then a table: statements, the most in one test, attribute, readers, loads."""
    loads = sorted(evidence.loads, key=lambda x: (-x.worst, -x.count, x.model, x.attribute, x.reads))
    implicit = sum(x.count for x in loads)
    explicit = sum(counts.explicit for counts in evidence.tests.values())
    yield f"{implicit} of {implicit + explicit} statements were implicit, at {len(loads)} places"
    if not loads:
        return
    rows = [("all", "in one test", "attribute", "read", "loaded")]
    rows += [(str(x.count), str(x.worst), x.title, x.reads, str(x.loaded or "?")) for x in loads[:most]]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        start = f"{row[0]:>{widths[0]}}  {row[1]:>{widths[1]}}"
        yield f"{start}  {row[2]:<{widths[2]}}  {row[3]:<{widths[3]}}  {row[4]}"
    if len(loads) > most:
        yield f"... and {len(loads) - most} more"
