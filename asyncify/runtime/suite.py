"""The tests of an app, run as its developers run them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from asyncify.runtime.environment import run_python


@dataclass(frozen=True)
class SuiteOutcome:
    """What `pytest` said. passed: how many tests; closing: its last line; output: all of it."""

    green: bool
    passed: int
    closing: str
    output: str


def run_suite(folder: Path) -> SuiteOutcome:
    """Run `python -m pytest` in a folder, with the interpreter that runs this program."""
    try:
        done = run_python(["-m", "pytest", "-q", "-p", "no:cacheprovider"], folder)
    except subprocess.TimeoutExpired as late:
        return SuiteOutcome(False, 0, f"no end after {late.timeout:.0f} seconds", "")
    output = done.stderr + done.stdout  # the summary is at the end of stdout
    lines = [line for line in (done.stdout if done.stdout.strip() else done.stderr).splitlines() if line.strip()]
    closing = lines[-1].strip("= ") if lines else f"pytest ended with {done.returncode} and said nothing"
    passed = re.search(r"(\d+) passed", closing)
    return SuiteOutcome(done.returncode == 0, int(passed[1]) if passed else 0, closing, output)
