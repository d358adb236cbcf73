"""The bundled apps: after the transform their own tests pass where no relationship may load itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_runs import OPTIONS

from asyncify.analysis.discovery import discover
from asyncify.analysis.program import build
from asyncify.model.plan import Plan
from asyncify.rewrite.apply import apply_plan
from asyncify.transforms.eager import EAGER

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


def run_guarded(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of an app, in which a lazy load is an error."""
    command = [sys.executable, "-m", "pytest", "-p", "guard", *OPTIONS]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def _without_awaitable_attributes(root: Path) -> None:
    """Let an app be one of SQLAlchemy 2.0.12: whatever can be awaited where it is read would be left to `flip`."""
    for manifest in (path for name in ("requirements.txt", "pyproject.toml") for path in root.glob(name)):
        text = manifest.read_text()
        assert "sqlalchemy>=2.0" in text
        manifest.write_text(text.replace("sqlalchemy>=2.0", "sqlalchemy==2.0.12"))


@pytest.mark.parametrize("name", ["shop_api", "bookclub_site"])
def test_no_lazy_load_is_left(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    _without_awaitable_attributes(root)
    workspace = discover(root, [])
    program = build(workspace)
    decisions = EAGER.plan(program)
    after, _ = apply_plan(Plan("eager", decisions.edits), workspace, program.reexports())
    for path, data in after.files.items():
        (root / path).write_bytes(data)
    assert decisions.edits and not decisions.findings
    done = run_guarded(root)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
