"""How many legacy queries there are, and what came of each of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from query_models import MODELS

from asyncify import api
from asyncify.model.span import Span
from asyncify.model.tally import Fate, Subject, tallies

IMPORTS = "from sqlalchemy.orm import Query, Session\n\nfrom models import Post, User\n\n\n"
CONVERTED = (
    "def one(db: Session):\n    return db.query(User).first()\n\n\n"
    "def two(db: Session):\n    return Query(User, db).filter(User.id.in_(db.query(Post.author_id))).all()\n\n\n"
)
BRIDGED = "def odd(db: Session, name):\n    return getattr(db.query(User), name)()\n\n\n"
REPORTED = "def nowhere(box):\n    return box[0].query(User).all()\n\n\n"
KEPT = "def script(db: Session):  # asyncify: keep-sync\n    return db.query(User).count()\n"


def counts(root: Path, *parts: str) -> dict[str, int]:
    (root / "models.py").write_text(MODELS)
    (root / "app.py").write_text(IMPORTS + "".join(parts))
    (tally,) = api.migrate(root, ["query"]).tallies
    assert tally.kind == "legacy query"
    return {"found": tally.found} | {fate.name.lower(): count for fate, count in tally.fates if count}


def test_every_call_that_makes_a_query_counts_once(tmp_path: Path) -> None:
    assert counts(tmp_path, CONVERTED) == {"found": 3, "converted": 3}


def test_those_that_stay_are_told_apart_by_why(tmp_path: Path) -> None:
    found = counts(tmp_path, CONVERTED, BRIDGED, REPORTED, KEPT)
    assert found == {"found": 6, "converted": 3, "bridged": 1, "reported": 1, "kept": 1}


def test_queries_that_meet_one_that_stays_stay_with_it(tmp_path: Path) -> None:
    both = (
        "def both(db: Session, old, name):\n    query = db.query(User) if old else db.query(User).filter(User.id > 1)\n"
    )
    assert counts(tmp_path, both + "    return getattr(query, name)()\n") == {"found": 2, "bridged": 2}


def test_what_could_not_be_edited_is_not_called_converted() -> None:
    subject = Subject("legacy query", "a.py", Span(1, 0, 1, 9), "query:a.py:1:0")
    (tally,) = tallies([subject], applied=frozenset())
    assert dict(tally.fates)[Fate.CONVERTED] == 0
    assert dict(tally.fates)[Fate.BRIDGED] == 1


def test_a_dry_run_tells_the_numbers_and_what_is_written_leaves_nothing_to_count(tmp_path: Path) -> None:
    counts(tmp_path, CONVERTED)
    command = [sys.executable, "-m", "asyncify", "run", "query", str(tmp_path)]
    dry = subprocess.run([*command, "--dry-run"], capture_output=True, text=True)
    assert "3 legacy queries found: 3 converted.\n" in dry.stderr
    subprocess.run([*command, "--yes", "--allow-dirty"], check=True, capture_output=True)
    again = subprocess.run([*command, "--dry-run"], capture_output=True, text=True)
    assert again.stderr.splitlines() == ["Nothing to change."]
