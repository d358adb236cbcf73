"""The environment in which code of a user runs: what Python needs, and nothing that points to a real
database or service."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

KEPT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE")
KEPT_STARTS = ("PYTHONHOME", "VIRTUAL_ENV", "CONDA", "LD_LIBRARY", "DYLD_")


def run_python(arguments: Sequence[str], folder: Path, seconds: float = 600) -> subprocess.CompletedProcess[str]:
    """Run this Python interpreter in a folder.

    No bytecode is written: a file that is rewritten within one second, to the same size, would be taken from
    it. Raises `subprocess.TimeoutExpired`.
    """
    kept = {k: v for k, v in os.environ.items() if k in KEPT or k.startswith(KEPT_STARTS)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "0"},
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        timeout=seconds,
        check=False,
    )
