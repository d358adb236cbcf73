"""Numbers and lists about a run that more than one report shows."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from asyncify.model.edit import Edit, TextEdit
from asyncify.model.plan import Failed, Rewritten, RunResult, Skipped
from asyncify.model.python_text import parse_python


def edits_by_transform(result: RunResult) -> Mapping[str, int]:
    """How many edits each transform has made, in the order in which they first come."""
    return Counter(edit.transform for edit in edits_of(result))


def edits_of(result: RunResult) -> Iterator[Edit | TextEdit]:
    """Every edit that was made, in order."""
    for step in result.steps:
        for rewritten in step.results:
            if isinstance(rewritten, Rewritten):
                yield from rewritten.edits


def files_by_transform(result: RunResult) -> Mapping[str, int]:
    """How many files each transform has changed."""
    pairs = {
        (edit.transform, rewritten.path)
        for step in result.steps
        for rewritten in step.results
        if isinstance(rewritten, Rewritten)
        for edit in rewritten.edits
    }
    return Counter(transform for transform, _ in pairs)


def not_rewritten(result: RunResult) -> tuple[Skipped | Failed, ...]:
    """Files that stay as they are although something wanted to change or to read them, each reason once."""
    found = (r for step in result.steps for r in step.results if not isinstance(r, Rewritten))
    return tuple(dict.fromkeys(found))


def made_async(result: RunResult) -> tuple[str, ...]:
    """`path:Class.function` of each function that is `async def` at the end and was not at the start."""
    names: list[str] = []
    for path in result.changed:
        if path.endswith(".py"):
            before = _async_functions(result.before.files.get(path, b""))
            after = _async_functions(result.after.files[path])
            names.extend(f"{path}:{name}" for name in (after - before).elements())
    return tuple(names)


def _async_functions(source: bytes) -> Counter[str]:
    """Qualified names of the `async def`s of a module, counted: overloads and branches repeat a name."""
    found: Counter[str] = Counter()

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            inside = prefix
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                inside = f"{prefix}.{child.name}" if prefix else child.name
                if isinstance(child, ast.AsyncFunctionDef):
                    found[inside] += 1
            visit(child, inside)

    visit(parse_python(source), "")
    return found
