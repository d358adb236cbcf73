"""Why a function becomes async, as a tree."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from asyncify.analysis.why import Explanation, Link

UNLIMITED = 10_000


def show_explanation(explanation: Explanation, console: Console) -> None:
    """Print the verdict, the chain of reasons down to the place that waits, who uses it, and what is reported."""
    head = Text(explanation.function, "bold").append(f"  {explanation.place}", "not bold cyan")
    tree = Tree(head.append(f"  {explanation.verdict}", "not bold"))
    branch = tree
    for link in explanation.chain:
        branch = branch.add(_line(link))
    if explanation.uses:
        uses = tree.add(Text("used by", "dim"))
        for link in explanation.uses:
            uses.add(_line(link))
    for finding in explanation.findings:
        reported = tree.add(
            Text("reported ", "dim").append(finding.code, "yellow").append(f"  {finding.place}  {finding.message}")
        )
        if finding.advice:
            reported.add(Text(finding.advice))
    if not console.is_terminal:
        console.width = UNLIMITED  # lines of a file or a pipe do not end anywhere
    console.print(tree)


def _line(link: Link) -> Text:
    return Text(link.place, "cyan").append(f"  {link.text}", "default")
