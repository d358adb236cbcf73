"""Real runs of pytest with the recorder, on a version of SQLAlchemy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_runs import OPTIONS
from recorded_app import CONFTEST, MODELS, TESTS
from sqlalchemy_versions import installed

from asyncify.model.evidence import Evidence, read_evidence

OLD = ".asyncify/evidence.json"


def pytest_with_recorder(
    folder: Path, version: str, *options: str, tests: str = TESTS, conftest: str = CONFTEST
) -> subprocess.CompletedProcess[str]:
    """Write a suite into a folder and run it there."""
    for name, text in {"models.py": MODELS, "conftest.py": conftest, "test_app.py": tests}.items():
        (folder / name).write_text(text)
    return run_there(folder, [installed(version).folder], *options)


def run_there(folder: Path, packages: Sequence[Path], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder in it. packages: folders with what is imported, before all others."""
    python_path = os.pathsep.join([*map(str, packages), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "pytest", "-p", "asyncify.recorder", *OPTIONS, *options]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    return subprocess.run(
        command, cwd=folder, env={**environment, "PYTHONPATH": python_path}, capture_output=True, text=True, check=False
    )


def record(
    folder: Path, version: str, *options: str, tests: str = TESTS, conftest: str = CONFTEST
) -> tuple[Evidence, str]:
    """The evidence of a suite whose tests pass, and what the run has printed."""
    done = pytest_with_recorder(folder, version, *options, tests=tests, conftest=conftest)
    assert done.returncode == 0, done.stdout + done.stderr
    return read_evidence((folder / OLD).read_text(), "evidence"), done.stdout
