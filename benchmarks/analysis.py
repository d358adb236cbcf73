"""How long the analysis takes, next to `ast.parse` of the same files in the same process.

    python benchmarks/analysis.py            on generated code bases of 5,000 to 40,000 lines
    python benchmarks/analysis.py PATH...    on repositories

The analysis is all that a step knows before a transform decides: files, names, classes, models, fixtures, the inferred
kinds, test clients and the colouring. CPU time, the best of some runs. For `ast.parse` the garbage collector is as
Python sets it, for the analysis as the tool does; "parse, no gc" is `ast.parse` with it turned off.
"""

from __future__ import annotations

import argparse
import ast
import gc
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from generated import code_base
from rich.console import Console
from rich.table import Table

from asyncify.analysis.discovery import discover
from asyncify.analysis.memory import collector_paused
from asyncify.analysis.program import build
from asyncify.model.plan import Workspace

NEWLINE = b"\n"
SIZES = (5_000, 10_000, 20_000, 40_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="repositories; none: generated code")
    parser.add_argument("--runs", type=int, default=3, help="how many runs the best is taken of")
    options = parser.parse_args()
    table = Table("code")
    for title in ("lines", "parse", "parse, no gc", "analysis", "ratio", "ratio, no gc"):
        table.add_column(title, justify="right")
    for name, workspace in inputs(options.paths):
        sources = [data for path, data in workspace.files.items() if path.endswith(".py")]
        parse = best(options.runs, lambda sources=sources: parse_all(sources))
        with collector_paused():
            bare = best(options.runs, lambda sources=sources: parse_all(sources))
            analysis = best(options.runs, lambda workspace=workspace: analyse(workspace))
        table.add_row(
            name,
            f"{sum(data.count(NEWLINE) for data in sources):,}",
            *(f"{seconds:.2f} s" for seconds in (parse, bare, analysis)),
            *(f"{analysis / seconds:.1f}" for seconds in (parse, bare)),
        )
    Console().print(table)


def inputs(paths: Iterable[Path]) -> Iterator[tuple[str, Workspace]]:
    """What is measured, by name."""
    if paths:
        yield from ((path.resolve().name, discover(path)) for path in paths)
    else:
        yield from (("generated", Workspace(Path("generated"), code_base(size), ())) for size in SIZES)


def best(runs: int, work: Callable[[], object]) -> float:
    """The CPU seconds of the fastest of some runs."""
    found = []
    for _ in range(runs):
        gc.collect()
        start = time.process_time()
        kept = work()
        found.append(time.process_time() - start)
        del kept
    return min(found)


def parse_all(sources: Iterable[bytes]) -> list[ast.Module]:
    """What every tool must do at least."""
    trees = []
    for data in sources:
        try:
            trees.append(ast.parse(data))
        except (SyntaxError, ValueError):
            continue
    return trees


def analyse(workspace: Workspace) -> object:
    """What the tool knows before it decides."""
    program = build(workspace)
    return (program, program.facts, program.async_clients, program.colouring)


if __name__ == "__main__":
    main()
