"""Why a function becomes async, as a tree."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from asyncify.analysis.why import Explanation


def show_explanation(explanation: Explanation, console: Console) -> None:
    """Print the verdict, the chain of reasons down to the place that waits, and what is reported."""
    head = Text(explanation.function, "bold").append(f"  {explanation.place}", "not bold cyan")
    tree = Tree(head.append(f"  {explanation.verdict}", "not bold"))
    branch = tree
    for link in explanation.chain:
        branch = branch.add(Text(link.place, "cyan").append(f"  {link.text}", "default"))
    for finding in explanation.findings:
        reported = tree.add(Text("reported ", "dim").append(finding.code, "yellow").append(f"  {finding.message}"))
        if finding.advice:
            reported.add(Text(finding.advice))
    console.print(tree, soft_wrap=True)
