"""Imports of one file: each added once, dropped when nothing uses it any more."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import groupby

from asyncify.model.edit import Edit, Import
from asyncify.model.ops import AppendToModule, ReplaceStatement
from asyncify.model.span import Place, Span, Target
from asyncify.rewrite.appending import append
from asyncify.rewrite.engine import edit_text
from asyncify.rewrite.import_facts import Entry, ImportNode, entries, is_typing_block, used_names
from asyncify.rewrite.import_names import add_names, code, drop_names, new_line, parse_import
from asyncify.rewrite.import_places import insertion, section
from asyncify.rewrite.source import column, parse, split_lines
from asyncify.rewrite.templates import Style


def edit_imports(
    text: str,
    tree: ast.Module,
    wanted: Sequence[Import],
    drops: frozenset[str],
    own: frozenset[str],
    style: Style,
) -> str:
    """The text with the wanted imports, and without those of `drops` that nothing uses.

    tree: that of the text. own: top-level names of the repository, whose imports are first-party. Raises RewriteError.
    """
    ordered = sorted(set(wanted), key=lambda new: (section(new.module, own), new))
    for module, group in groupby(ordered, key=lambda new: new.module):
        text, tree = _add(text, tree, module, list(group), own, style)
    return _drop(text, tree, drops, frozenset(wanted), style) if drops else text


def _add(
    text: str, tree: ast.Module, module: str, wanted: list[Import], own: frozenset[str], style: Style
) -> tuple[str, ast.Module]:
    there = list(entries(tree))
    bound = {new for entry in there if not entry.local and not entry.typing_only for new in entry.imports()}
    missing = [new for new in wanted if new not in bound]
    named = [new for new in missing if new.name]
    if named:
        line = next((e for e in there if e.module == module and not e.parents and not _is_star(e.node)), None)
        if line is not None:
            grown = add_names(parse_import(_segment(text, line.node)), named, style)
            text = _patched(text, [(line.node, code(grown))])
            tree = parse(text)
        else:
            text, tree = _insert(text, tree, named[0], new_line(module, named, style), own, style)
    for new in missing:
        if not new.name:
            source = f"import {module} as {new.alias}" if new.alias else f"import {module}"
            text, tree = _insert(text, tree, new, source, own, style)
    return text, tree


def _insert(
    text: str, tree: ast.Module, new: Import, source: str, own: frozenset[str], style: Style
) -> tuple[str, ast.Module]:
    edit = insertion(tree, new, source, own)
    if edit is not None:
        return _edited(text, tree, [edit], style)
    text = append(text, AppendToModule(source, "imports"), style)
    return text, parse(text)


def _drop(text: str, tree: ast.Module, drops: frozenset[str], wanted: frozenset[Import], style: Style) -> str:
    """First the statements that keep some of their names, then those that go away."""
    used = used_names(tree, text)
    patches: list[tuple[ImportNode, str]] = []
    for entry in entries(tree):
        gone = _gone(entry, drops, wanted, used)
        if gone and len(gone) < len(entry.node.names):
            kept = drop_names(parse_import(_segment(text, entry.node)), gone)
            patches.append((entry.node, code(kept)))
    if patches:
        text = _patched(text, patches)
        tree = parse(text)
    removed = [entry for entry in entries(tree) if _gone(entry, drops, wanted, used)]
    blocks = _emptied_blocks(removed)
    targets = [entry.node for entry in removed if not any(block in entry.parents for block in blocks)]
    text, tree = _edited(text, tree, [_removal(node) for node in (*targets, *blocks)], style)
    return _drop(text, tree, frozenset({"TYPE_CHECKING", "typing"}), wanted, style) if blocks else text


def _gone(entry: Entry, drops: frozenset[str], wanted: frozenset[Import], used: frozenset[str]) -> list[int]:
    """The positions of the names of a statement that nothing needs."""
    if entry.guarded or _is_star(entry.node) or entry.module == "__future__":
        return []
    return [
        index
        for index, new in enumerate(entry.imports())
        if new.bound not in used
        and (new.bound in drops or (not new.name and new.module in drops))
        and new not in wanted
        and not (new.alias and new.alias == new.name)  # `import a as a` says that others import it from here
    ]


def _emptied_blocks(removed: Sequence[Entry]) -> list[ast.If]:
    """The `if TYPE_CHECKING:` blocks that have nothing but removed imports."""
    nodes = {id(entry.node) for entry in removed}
    found: dict[int, ast.If] = {}
    for entry in removed:
        block = entry.parents[-1] if entry.parents else None
        if block is not None and is_typing_block(block) and not block.orelse:
            found.update({id(block): block} if all(id(node) in nodes for node in block.body) else {})
    return list(found.values())


def _removal(node: ast.stmt) -> Edit:
    span = Span(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Edit("imports", "", Target(span, Place.STATEMENT), ReplaceStatement())


def _edited(text: str, tree: ast.Module, edits: Sequence[Edit], style: Style) -> tuple[str, ast.Module]:
    if not edits:
        return text, tree
    edited = edit_text(text, tree, edits, style)
    for _, error in edited.failures:
        raise error
    return edited.text, edited.tree


def _is_star(node: ImportNode) -> bool:
    return node.names[0].name == "*"


def _segment(text: str, node: ast.stmt) -> str:
    start, end = _offsets(split_lines(text), node)
    return text[start:end]


def _offsets(lines: Sequence[str], node: ast.stmt) -> tuple[int, int]:
    """Where a statement begins and ends in the text."""
    end_line = node.end_lineno or node.lineno
    start = sum(map(len, lines[: node.lineno - 1])) + column(lines[node.lineno - 1], node.col_offset)
    end = sum(map(len, lines[: end_line - 1])) + column(lines[end_line - 1], node.end_col_offset or 0)
    return start, end


def _patched(text: str, patches: Sequence[tuple[ImportNode, str]]) -> str:
    lines = split_lines(text)
    for node, new in sorted(patches, key=lambda patch: (patch[0].lineno, patch[0].col_offset), reverse=True):
        start, end = _offsets(lines, node)
        text = text[:start] + new + text[end:]
    return text
