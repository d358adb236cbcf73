"""Serves apps, each in a process of its own that is forked from this one: a script for any SQLAlchemy version.

Standard input has a list of `folder`, `form` ("sync" or "async") and `requests`; standard output gets, for each,
its answers and what it wrote to stderr.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from flip.driver import serve
from flip.warm import warm


def answers(folder: Path, form: str, requests: list[list[Any]]) -> dict[str, Any]:
    process = multiprocessing.get_context("fork").Process(target=serve, args=(folder, form, requests))
    process.start()
    process.join(60)
    if process.is_alive():
        process.kill()
    errors = (folder / "stderr.txt").read_text()
    found = folder / "answers.json"
    return {"answers": json.loads(found.read_text()) if found.exists() else None, "errors": errors}


if __name__ == "__main__":
    warm()
    jobs = json.load(sys.stdin)
    json.dump([answers(Path(j["folder"]), j["form"], j["requests"]) for j in jobs], sys.stdout)
