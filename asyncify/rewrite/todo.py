"""Findings as comments at their places: `# TODO(asyncify): ...` above the statement, in the text after the last step.

A finding names a line of the text that its step has seen. Later edits move lines, so the line is followed through the
differences between the two texts. A comment that is there already is not written twice.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from asyncify.model.edit import Finding
from asyncify.model.plan import Rewritten, StepResult, Workspace
from asyncify.rewrite.errors import RewriteError, Unreadable
from asyncify.rewrite.source import Source, decode, split_lines

MARK = "# TODO(asyncify): "
MORE = "#   "  #: before the further lines of a long one
WIDTH = 88  #: of the whole line; the commonest limit of formatters


def write_todos(before: Workspace, steps: Iterable[StepResult]) -> StepResult:
    """One more step, which writes the findings of the others into the Python files.

    before: the workspace before the first step. Files that cannot be read stay as they are.
    """
    places: dict[str, list[tuple[bytes, Finding]]] = {}
    now = before
    seen: set[Finding] = set()
    for step in steps:
        for finding in step.findings:
            seen_text = now.files.get(finding.path)
            if finding.path.endswith(".py") and seen_text is not None and finding not in seen:
                seen.add(finding)
                places.setdefault(finding.path, []).append((seen_text, finding))
        now = step.workspace
    results = []
    for path, found in sorted(places.items()):
        try:
            after = _with_todos(now.files[path], found)
        except (Unreadable, RewriteError, SyntaxError):
            continue
        if after != now.files[path]:
            results.append(Rewritten(path, now.files[path], after, ()))
    changed: Mapping[str, bytes] = {r.path: r.after for r in results}
    return StepResult("todo", now.with_files(changed), tuple(results), ())


def _with_todos(data: bytes, found: list[tuple[bytes, Finding]]) -> bytes:
    source = decode(data)
    lines = split_lines(source.text)
    anchors = _anchors(ast.parse(source.text), lines)
    moved: dict[bytes, dict[int, int]] = {}
    comments: dict[int, list[str]] = {}
    for text, finding in found:
        if text not in moved:
            moved[text] = _moved(text, lines)
        line = moved[text].get(finding.span.line, 1) if finding.span is not None else 1
        anchor = max((a for a in anchors if a <= line), default=min(anchors, default=0))
        if anchor:
            indent = lines[anchor - 1][: len(lines[anchor - 1]) - len(lines[anchor - 1].lstrip(" \t"))]
            comment = "".join(f"{indent}{row}{source.newline}" for row in _rows(finding, len(indent)))
            if comment not in comments.setdefault(anchor, []) and not _is_told(lines, anchor, finding):
                comments[anchor].append(comment)
    return _inserted(source, lines, comments).encode()


def _inserted(source: Source, lines: list[str], comments: Mapping[int, list[str]]) -> Source:
    out: list[str] = []
    for number, line in enumerate(lines, 1):
        out.extend(comments.get(number, ()))
        out.append(line)
    return source.with_text("".join(out))


def _rows(finding: Finding, indent: int) -> list[str]:
    """The lines of a comment, without indentation."""
    advice = f"; {finding.advice}" if finding.advice else ""
    text = " ".join(f"{finding.message}{advice} [{finding.code}]".split())
    return textwrap.wrap(
        text,
        max(40, WIDTH - indent),
        initial_indent=MARK,
        subsequent_indent=MORE,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _is_told(lines: list[str], anchor: int, finding: Finding) -> bool:
    """Whether the comments directly above a line tell this class of findings; the words may be those of an earlier run,
    which has seen other code."""
    start = anchor - 1
    while start and lines[start - 1].lstrip(" \t").startswith("#"):
        start -= 1
    above = "".join(lines[start : anchor - 1])
    return MARK in above and f"[{finding.code}]" in above


def _anchors(tree: ast.Module, lines: list[str]) -> list[int]:
    """The lines above which a comment can stand: first lines of statements that nothing precedes on their line."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            decorators: list[ast.expr] = getattr(node, "decorator_list", [])
            line = min([node.lineno, *(d.lineno for d in decorators)])
            alone = decorators or not lines[line - 1].encode()[: node.col_offset].strip()
            continued = line > 1 and lines[line - 2].rstrip("\r\n").endswith("\\")
            if alone and not continued:
                found.add(line)
    return sorted(found)


def _moved(text: bytes, after: list[str]) -> dict[int, int]:
    """For each line of an older text the line of the newer one that stands for it."""
    before = split_lines(decode(text).text)
    found: dict[int, int] = {}
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for offset in range(a2 - a1):
            old = a1 + offset
            if kind == "replace" and a2 - a1 != b2 - b1:
                new = max(range(b1, b2), key=lambda n: SequenceMatcher(None, before[old], after[n]).ratio())
            else:
                new = min(b1 + offset, max(b1, b2 - 1), len(after) - 1)
            found[old + 1] = new + 1
    return found
