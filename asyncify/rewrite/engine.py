"""Edits of one text: cut it, rewrite the pieces that hold an edit, put it together again."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from asyncify.model.edit import Edit
from asyncify.rewrite.chunks import Chunk, cut
from asyncify.rewrite.errors import RewriteError
from asyncify.rewrite.locate import locate
from asyncify.rewrite.source import split_lines
from asyncify.rewrite.templates import Style
from asyncify.rewrite.transformer import Applier
from asyncify.rewrite.verify import check_compiles, check_rest

Failure = tuple[Edit, RewriteError]


@dataclass
class Edited:
    """A text after its edits, and its tree. With failures the text is the old one."""

    text: str
    tree: ast.Module
    failures: list[Failure] = field(default_factory=list)


def edit_text(text: str, tree: ast.Module, edits: Sequence[Edit], style: Style) -> Edited:
    """Apply edits whose targets are spans of `text`. tree: its `ast`."""
    lines = split_lines(text)
    chunks = cut(tree, lines)
    per_chunk: dict[int, list[Edit]] = defaultdict(list)
    failures: list[Failure] = []
    ends = [chunk.end for chunk in chunks]
    for edit in edits:
        index = bisect_left(ends, edit.target.span.line)
        if index < len(chunks) and edit.target.span.line >= chunks[index].body:
            per_chunk[index].append(edit)
        else:
            failures.append((edit, RewriteError("there is no code", "locate")))
    pieces: dict[int, Piece] = {}
    for index, group in sorted(per_chunk.items()):
        piece, failed = _edit_chunk(chunks[index], lines, group, style)
        failures += failed
        pieces[index] = piece
    if failures:
        return Edited(text, tree, failures)
    new = _join(chunks, lines, pieces, style)
    try:
        return Edited(new, check_rest(chunks, pieces.keys(), lines, new))
    except RewriteError as error:
        return Edited(text, tree, [(edit, error) for edit in edits])


@dataclass(frozen=True)
class Piece:
    """The new text of a chunk. statements: how many it has at top level."""

    text: str
    statements: int = 0
    ends_in_definition: bool = False


def _edit_chunk(chunk: Chunk, lines: Sequence[str], edits: Sequence[Edit], style: Style) -> tuple[Piece, list[Failure]]:
    text = "".join(lines[chunk.start - 1 : chunk.end])
    # LibCST takes the newline and the indentation of new nodes from the first that it sees
    prefix = f"if _:\n{style.indent}_\n_\n".replace("\n", style.newline)
    try:
        module = cst.parse_module(prefix + text)
        spans = [edit.target.span for edit in edits]
        for edit in edits:
            for hole in getattr(edit.op, "holes", ()):
                spans += [hole.span] if hole.last is None else [hole.span, hole.last]
        applier = Applier(locate(module, chunk.start - 3, spans), edits, style, lines)
        try:
            done = module.visit(applier)
        except cst.CSTValidationError:
            # `[f(x)for x in y]`: a word now touches another word
            applier = Applier(locate(module, chunk.start - 3, spans), edits, style, lines, enclose=True)
            done = module.visit(applier)
    except cst.ParserSyntaxError as error:
        reason = RewriteError(f"LibCST cannot parse the statement: {error.message}", "locate")
        return Piece(text), [(edit, reason) for edit in edits]
    except Exception as error:  # whatever LibCST finds wrong with a tree: no edit of it can be trusted
        reason = RewriteError(f"{type(error).__name__}: {error}")
        return Piece(text), [(edit, reason) for edit in edits]
    assert isinstance(done, cst.Module)
    done = done.with_changes(body=done.body[2:])
    # LibCST prints a module without anything in it as one line end
    ends = bool(done.body) and isinstance(done.body[-1], cst.FunctionDef | cst.ClassDef)
    piece = Piece(done.code if done.body or done.footer else "", len(done.body), ends)
    failures = applier.failures
    if not failures:
        try:
            check_compiles(text, piece.text)
        except RewriteError as error:
            failures = [(edit, error) for edit in edits]
    return piece, failures


def _join(chunks: Sequence[Chunk], lines: Sequence[str], pieces: dict[int, Piece], style: Style) -> str:
    """The whole text. Where a statement went away, the blank lines above and below it become one run."""
    out: list[str] = []
    missing = 0
    for index, chunk in enumerate(chunks):
        piece = pieces.get(index)
        text = piece.text if piece else "".join(lines[chunk.start - 1 : chunk.end])
        if piece is not None and not piece.statements:
            missing = max(missing, _blank_above(lines[chunk.start - 1 : chunk.end]))
            if not text:
                continue
        if out and missing:
            text = style.newline * max(0, missing - _blank_above(split_lines(text))) + text
        elif not out:
            text = text if chunk.start == 1 and piece is None else text.lstrip("\r\n")
        missing = 2 if piece is not None and piece.statements > 1 and piece.ends_in_definition else 0
        out.append(text)
    tail = "".join(lines[chunks[-1].end :]) if chunks else "".join(lines)
    return "".join(out) + (tail if out else tail.lstrip("\r\n"))


def _blank_above(lines: Sequence[str]) -> int:
    return next((i for i, line in enumerate(lines) if line.strip()), len(lines))
