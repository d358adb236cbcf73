"""One file from bytes to bytes."""

from __future__ import annotations

from collections.abc import Sequence

from asyncify.model.edit import Edit, TextEdit
from asyncify.model.ops import AppendToModule
from asyncify.model.python_text import parse_python
from asyncify.model.text import decode_text, encode_text
from asyncify.rewrite.appending import append
from asyncify.rewrite.engine import Failure, edit_text
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.imports import edit_imports
from asyncify.rewrite.source import decode, indent_of, parse, split_lines, width_of
from asyncify.rewrite.templates import Style


def rewrite_python(
    before: bytes, edits: Sequence[Edit], keep: frozenset[str], own: frozenset[str]
) -> tuple[bytes, list[Failure]]:
    """The file after its edits, or the old bytes and the edits that failed. Raises Unreadable.

    keep: names whose imports stay. own: top-level names of the repository.
    """
    source = decode(before)
    tree = parse(source.text)
    lines = split_lines(source.text)
    style = Style(source.newline, indent_of(tree, lines) or source.indent, width_of(lines))
    edited = edit_text(source.text, tree, [e for e in edits if not isinstance(e.op, AppendToModule)], style)
    failures = edited.failures
    text, tree = edited.text, edited.tree
    for edit in edits:
        if isinstance(edit.op, AppendToModule):
            try:
                text = append(text, edit.op, style)
                tree = parse(text)
            except RewriteError as error:
                failures.append((edit, error))
    if failures:
        return before, failures
    try:
        wanted = tuple(dict.fromkeys(i for edit in edits for i in edit.imports))
        drops = frozenset(name for edit in edits for name in edit.drops) - keep
        text = edit_imports(text, tree, wanted, drops, own, style)
        return source.with_text(text).encode(), []
    except RewriteError as error:
        return before, [(edit, error) for edit in edits]


def rewrite_text(path: str, before: bytes | None, edits: Sequence[TextEdit]) -> bytes:
    """A file that is not read as Python, after edits of its whole text. Raises RewriteError."""
    try:
        text = None if before is None else decode_text(before)
    except UnicodeDecodeError as error:
        raise RewriteError(f"{path}: is no text: {error}", "locate") from error
    for edit in edits:
        if edit.before != text:
            what = "is already there" if edit.before is None else "is not the text that the edit was made for"
            raise RewriteError(f"{path}: {edit.transform}: {what}", "locate")
        text = edit.after
    assert text is not None
    if path.endswith(".py"):
        try:
            parse_python(text)
        except (SyntaxError, ValueError) as error:
            raise RewriteError(f"{path}: the new text does not parse: {error}", "verify") from error
    return encode_text(text, before or b"")
