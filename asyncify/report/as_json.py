"""A run as JSON, for programs: everything that the other reports show, and the patch."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from asyncify.model.budget import Budget
from asyncify.model.comparison import Comparison
from asyncify.model.edit import Edit, Finding, TextEdit
from asyncify.model.evidence import CodePlace
from asyncify.model.plan import Failed, Rewritten, RunResult
from asyncify.model.span import Span
from asyncify.model.tally import Tally
from asyncify.report.facts import edits_by_transform, edits_of, made_async, not_rewritten
from asyncify.report.patch import patch

VERSION = 1  #: of this format; it goes up when a key changes its meaning or goes away


def as_json(result: RunResult, written: bool) -> str:
    """The text of one JSON object.

    written: whether the changes are on disk.
    """
    value: dict[str, Any] = {
        "version": VERSION,
        "root": str(result.before.root),
        "written": written,
        "summary": _summary(result),
        "tallies": [_tally(t) for t in result.tallies],
        "files": [_file(result, path) for path in _paths(result)],
        "changed": list(result.changed),
        "made_async": list(made_async(result)),
        "steps": [
            {
                "step": step.step,
                "seconds": round(step.seconds, 3),
                "edits": [_edit(e) for r in step.results if isinstance(r, Rewritten) for e in r.edits],
            }
            for step in result.steps
        ],
        "findings": [_finding(f) for f in result.findings],
        "kept": [{"path": k.path, "line": k.line, "name": k.name, "reason": k.reason} for k in result.kept],
        "not_rewritten": [
            {"path": r.path, "stage": r.stage, "message": r.message}
            if isinstance(r, Failed)
            else {"path": r.path, "stage": None, "message": r.reason}
            for r in not_rewritten(result)
        ],
        "connections": _budget(result.budget) if result.budget is not None else None,
        "evidence": _comparison(result.comparison) if result.comparison is not None else None,
        "patch": patch(result.before, result.after).decode("utf-8", "backslashreplace"),
    }
    return json.dumps(value, indent=2)


def _summary(result: RunResult) -> dict[str, Any]:
    return {
        "files": len(result.changed),
        "new_files": sum(path not in result.before.files for path in result.changed),
        "edits": dict(edits_by_transform(result)),
        "made_async": len(made_async(result)),
        "findings": dict(Counter(f.code for f in result.findings)),
        "kept": len(result.kept),
        "not_rewritten": len({r.path for r in not_rewritten(result)}),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {"kind": tally.kind, "found": tally.found, **{fate.name.lower(): count for fate, count in tally.fates}}


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "engines": [{**asdict(pool), "most": pool.most} for pool in budget.pools],
        "workers": asdict(budget.workers) if budget.workers else None,
        "most": budget.most,
    }


def _paths(result: RunResult) -> list[str]:
    """Files that change, and files about which something is said."""
    return sorted({*result.changed, *(f.path for f in result.findings), *(k.path for k in result.kept)})


def _file(result: RunResult, path: str) -> dict[str, Any]:
    new = path not in result.before.files
    edits = Counter(e.transform for e in edits_of(result) if e.path == path)
    return {
        "path": path,
        "change": None if path not in result.changed else "new" if new else "changed",
        "edits": dict(edits),
        "findings": sum(f.path == path for f in result.findings),
        "kept": any(k.path == path for k in result.kept),
    }


def _edit(edit: Edit | TextEdit) -> dict[str, Any]:
    value: dict[str, Any] = {"transform": edit.transform, "path": edit.path, "because": edit.because}
    if isinstance(edit, Edit):
        value |= {"span": _span(edit.target.span), "op": type(edit.op).__name__, "safety": edit.safety.value}
    return value | {"group": edit.group}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "transform": finding.transform,
        "path": finding.path,
        "span": _span(finding.span),
        "code": finding.code,
        "message": finding.message,
        "advice": finding.advice,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "seen": [
            {
                "kind": s.load.kind.value,
                "model": s.load.model,
                "attribute": ".".join((*s.load.through, s.load.attribute)),
                "read": _place(s.load.read),
                "route": s.load.route or None,
                "loaded": _place(s.load.loaded),
                "count": s.load.count,
                "test": s.load.worst_test,
                "known": s.known,
                "outcome": s.outcome.name.lower(),
                "because": s.why,
            }
            for s in comparison.seen
        ],
        "only_reasoned": [
            {
                "kind": r.kind.value,
                "model": r.model,
                "attribute": r.attribute,
                "read": _place(r.read),
                "loaded": _place(r.loaded),
                "outcome": r.outcome.name.lower(),
            }
            for r in comparison.reasoned
        ],
    }


def _place(place: CodePlace | None) -> str | None:
    return str(place) if place is not None else None


def _span(span: Span | None) -> dict[str, int] | None:
    if span is None:
        return None
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
