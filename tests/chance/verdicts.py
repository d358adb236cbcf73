"""An app by chance before and after its migration: what each request is answered, and what is in the database then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flip.harness import Migrated, migrate, run_app, write_files

from .app import App
from .serving import serve

WARNINGS = ("never awaited", "non-checked-in connection", "MissingGreenlet")


@dataclass(frozen=True)
class Verdict:
    """What became of an app. differences: as texts. failed: requests that fail in the sync app, which say nothing."""

    migrated: Migrated
    differences: tuple[str, ...]
    failed: int


def judge(app: App, folder: Path) -> Verdict:
    """Migrate an app (a second run must change nothing), run both forms in a folder and compare them."""
    migrated = migrate(app.files)
    before, _ = run_app(write_files(folder / "sync", app.files), "sync", app.requests, serve)
    after, errors = run_app(write_files(folder / "async", migrated.files), "async", app.requests, serve)
    failed = sum(answer[0] == "error" for answer, _ in before)
    differences = [*_compare(app, before, after), *(text for text in WARNINGS if text in errors)]
    return Verdict(migrated, tuple(differences), failed)


def _compare(app: App, expected: list[list[object]], actual: list[list[object]]) -> Iterator[str]:
    for request, (answer, rows), (other, other_rows) in zip(app.requests, expected, actual, strict=True):
        asked = " ".join(request)
        if isinstance(answer, list) and answer[0] == "error":
            continue  # what a sync session refuses late may be refused in another way, or not at all
        if answer != other:
            yield f"{asked}: {answer} -> {other}"
        elif rows != other_rows:
            yield f"{asked}: other rows: {rows} -> {other_rows}"
