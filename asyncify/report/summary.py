"""A run in one table: what changed, by transform, and how much was left."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from asyncify.model.plan import RunResult, StepResult
from asyncify.model.tally import Tally
from asyncify.report.budget import show_budget
from asyncify.report.facts import edits_by_transform, files_by_transform, made_async, not_rewritten


def show_summary(result: RunResult, console: Console) -> None:
    """Print the table of a run; a sentence when there is nothing to do."""
    if not result.changed:
        console.print(Text("Nothing to change."))
        _show_tallies(result, console)
        return
    table = Table("transform", box=None, header_style="bold", pad_edge=False)
    table.add_column("edits", justify="right")
    table.add_column("files", justify="right")
    table.add_column("left", justify="right")
    edits, files = edits_by_transform(result), files_by_transform(result)
    left = {name: sum(f.transform == name for f in result.findings) for name in _transforms(result)}
    for name in _transforms(result):
        table.add_row(Text(name), _count(edits.get(name, 0)), _count(files.get(name, 0)), _count(left[name]))
    console.print(table)
    _show_tallies(result, console)
    if result.budget is not None:
        show_budget(result.budget, console)
    console.print(Text(closing(result)))


def tally_line(tally: Tally) -> str:
    """`3 legacy queries found: 2 converted, 1 left for the bridge.`; fates that none had are not told."""
    told = [f"{count} {fate.value}" for fate, count in tally.fates if count]
    return f"{plural(tally.found, tally.kind)} found: {', '.join(told)}."


def _show_tallies(result: RunResult, console: Console) -> None:
    for tally in result.tallies:
        console.print(Text(tally_line(tally)), soft_wrap=True)


def closing(result: RunResult) -> str:
    """The run in one sentence."""
    new = sum(path not in result.before.files for path in result.changed)
    parts = [
        plural(len(result.changed), "file") + (f" ({new} new)" if new else ""),
        plural(sum(edits_by_transform(result).values()), "edit"),
        plural(len(made_async(result)), "function") + " made async",
        plural(len(result.findings), "place") + " left",
    ]
    files = len({file.path for file in not_rewritten(result)})
    return ", ".join(parts) + (f", {plural(files, 'file')} not rewritten in full" if files else "") + "."


def show_steps(result: RunResult, parts: Sequence[tuple[str, Sequence[str]]], console: Console) -> None:
    """Print what each step still has to do: the product of `steps`. parts: steps with their transforms."""
    table = Table("step", "transforms", box=None, header_style="bold", pad_edge=False)
    table.add_column("files", justify="right")
    table.add_column("edits", justify="right")
    table.add_column("left", justify="right")
    done = {step.step: step for step in result.steps}
    for name, transforms in parts:
        step = done.get(name)
        changed = _changed_by(result, step) if step else 0
        edits = sum(edits_by_transform(RunResult(result.before, (step,))).values()) if step else 0
        left = len(step.findings) if step else 0
        table.add_row(Text(name), Text(", ".join(transforms)), _count(changed), _count(edits), _count(left))
    console.print(table)


def plural(count: int, noun: str) -> str:
    """`1 file`, `2 files`, `2 queries`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("ry") else f"{count} {noun}s"


def _changed_by(result: RunResult, step: StepResult) -> int:
    """How many files one step of a run has changed."""
    index = result.steps.index(step)
    before = result.steps[index - 1].workspace if index else result.before
    return len(RunResult(before, (step,)).changed)


def _transforms(result: RunResult) -> list[str]:
    return list(dict.fromkeys([*edits_by_transform(result), *(f.transform for f in result.findings)]))


def _count(number: int) -> Text:
    return Text(str(number) if number else "-", style="" if number else "dim")
