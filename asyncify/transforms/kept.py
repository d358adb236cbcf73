"""What a person keeps synchronous stays byte for byte, whatever a transform wants."""

from __future__ import annotations

from dataclasses import replace

from asyncify.analysis.lookup import first_line
from asyncify.analysis.program import Program
from asyncify.model.edit import Edit, Finding
from asyncify.model.span import Span
from asyncify.model.tally import Fate
from asyncify.transforms.base import Decisions

#: the group of a whole step: its transforms know what is kept, and the rest of it must go on
FLIP = "flip"


def leave_kept(program: Program, decisions: Decisions) -> Decisions:
    """Decisions without the edits of kept files, functions and classes, and without what belongs with those edits.

    What is then not loaded where it is read later is reported: only code that stays synchronous can still load it.
    """
    regions = _regions(program)
    if not regions:
        return decisions
    refused = [e for e in decisions.edits if not e.in_kept and _inside(regions, e.path, e.target.span)]
    groups = {e.group for e in refused} - {"", FLIP}
    gone = {e for e in decisions.edits if e.group in groups} | set(refused)
    return Decisions(
        tuple(e for e in decisions.edits if e not in gone),
        decisions.text_edits,
        (
            *(f for f in decisions.findings if f.code.startswith("kept-") or not _inside(regions, f.path, f.span)),
            *dict.fromkeys(_left(e) for e in refused if e.transform == "eager"),
        ),
        tuple(replace(s, otherwise=Fate.KEPT) if _inside(regions, s.path, s.span) else s for s in decisions.subjects),
        decisions.comparison,
        decisions.budget,
    )


def _regions(program: Program) -> dict[str, list[tuple[int, int]]]:
    """First and last lines of what is kept, by file."""
    overrides = program.overrides
    found = {path: [(1, len(program.modules[path].source.lines) + 1)] for path in overrides.files}
    for definition in overrides.kept:
        lines = (first_line(definition), definition.node.end_lineno or definition.node.lineno)
        found.setdefault(definition.path, []).append(lines)
    return found


def _inside(regions: dict[str, list[tuple[int, int]]], path: str, span: Span | None) -> bool:
    if span is None:
        return False
    return any(start <= span.line <= end for start, end in regions.get(path, ()))


def _left(edit: Edit) -> Finding:
    return Finding(
        edit.transform,
        edit.path,
        edit.target.span,
        "kept-edit",
        f"this stays as it is by keep-sync, although {edit.because}" if edit.because else "this stays by keep-sync",
        "load it here by hand, or let only code that stays synchronous read it",
    )
