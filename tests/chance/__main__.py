# ruff: noqa: T201 - a command that prints
"""Apps put together by chance: `PYTHONPATH=.:tests python -m chance FIRST NUMBER [FOLDER]`, from the root.

Prints for each app what is different after its migration. With a folder, both forms are left in it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from .app import draw
from .verdicts import judge


def main(first: int, number: int, kept: str = "") -> int:
    """The number of apps with differences."""
    fates: Counter[str] = Counter()
    for seed in range(first, first + number):
        app = draw(seed)
        with tempfile.TemporaryDirectory() as folder:
            target = Path(kept, str(seed)) if kept else Path(folder)
            shutil.rmtree(target, ignore_errors=True)
            sys.stdout = open("/dev/null", "w")  # noqa: PTH123, SIM115 - what the apps say is in their folders
            try:
                verdict = judge(app, target)
            except Exception as error:
                told: tuple[str, ...] = (f"{type(error).__name__}: {str(error)[-2000:]}",)
            else:
                told = verdict.differences
                fates["requests"] += len(app.requests)
                fates["failed before"] += verdict.failed
            finally:
                sys.stdout = sys.__stdout__
        fates["different" if told else "same"] += 1
        if told:
            print(f"--- {seed}", *told, sep="\n", flush=True)
    print(dict(fates))
    return fates["different"]


if __name__ == "__main__":
    raise SystemExit(1 if main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]) else 0)
