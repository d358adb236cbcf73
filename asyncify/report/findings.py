"""What was left and why, for a person: place, reason, advice; the most frequent reasons first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from asyncify.model.edit import Finding
from asyncify.model.plan import Failed, KeptSync, RunResult, Skipped
from asyncify.report.facts import not_rewritten

PLACES = 5  #: places shown of each reason, unless all are asked for


def show_left(result: RunResult, console: Console, every: bool = False) -> None:
    """Print what stays synchronous on purpose, the files that were not rewritten, and the findings.

    every: all places of each reason, not just the first few.
    """
    limit = None if every else PLACES
    if result.kept:
        console.print(Text("Kept synchronous", style="bold"))
        for line in _kept(result.kept, limit):
            console.print(line, soft_wrap=True)
    files = not_rewritten(result)
    if files:
        console.print(Text("Not rewritten, or not in full", style="bold"))
        for line in _by_reason(files, limit):
            console.print(line, soft_wrap=True)
    if result.findings:
        console.print(Text("Left as it is", style="bold"))
        for line in _grouped(result.findings, limit):
            console.print(line, soft_wrap=True)


def _kept(kept: Sequence[KeptSync], limit: int | None) -> Iterator[Text]:
    groups: dict[str, list[KeptSync]] = {}
    for one in kept:
        groups.setdefault(one.reason, []).append(one)
    for reason, group in groups.items():
        yield from (_line(k.place, f"{k.name}: {reason}" if k.name else reason) for k in group[:limit])
        yield from _more(len(group), limit, "  ")


def _reason(file: Skipped | Failed) -> str:
    if isinstance(file, Failed):
        return f"could not be edited ({file.stage}: {file.message}); this is a fault of asyncify"
    return file.reason


def _by_reason(files: Sequence[Skipped | Failed], limit: int | None) -> Iterator[Text]:
    groups: dict[str, list[str]] = {}
    for file in files:
        groups.setdefault(_reason(file), []).append(file.path)
    for reason, paths in groups.items():
        yield from (_line(path, reason) for path in paths[:limit])
        yield from _more(len(paths), limit, "  ")


def _grouped(findings: Sequence[Finding], limit: int | None) -> Iterator[Text]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.advice), []).append(finding)
    for (code, advice), group in sorted(groups.items(), key=lambda item: -len(item[1])):
        head = Text("  ").append(code, "yellow").append(f" ({len(group)})" if len(group) > 1 else "")
        yield head.append(f"  {advice}" if advice else "")
        for finding in group[:limit]:
            yield Text("  ").append(_line(finding.place, finding.message))
        yield from _more(len(group), limit, "    ")


def _more(count: int, limit: int | None, indent: str) -> Iterator[Text]:
    if limit is not None and count > limit:
        yield Text(f"{indent}and {count - limit} more (--all shows every one)", "dim")


def _line(place: str, message: str) -> Text:
    return Text("  ").append(place, "cyan").append(f"  {message}")
