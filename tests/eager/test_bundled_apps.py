"""The bundled apps: their own tests pass after the transform, and pass when no relationship may load itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asyncify.analysis.discovery import discover
from asyncify.analysis.program import build
from asyncify.model.plan import Plan
from asyncify.rewrite.apply import apply_plan
from asyncify.transforms.eager import EAGER

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


def run_suite(root: Path, counts: Path, *, guard: bool = False) -> dict[str, int]:
    """The statements of each test of an app, all of which must pass."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE),
        "EAGER_COUNTS": str(counts),
        "EAGER_GUARD": "1" if guard else "",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "guard", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    found: dict[str, int] = json.loads(counts.read_text())
    return found


@pytest.mark.parametrize("name", ["shop_api", "bookclub_site"])
def test_no_lazy_load_is_left(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    before = run_suite(root, tmp_path / "before.json")
    workspace = discover(root, [])
    program = build(workspace)
    decisions = EAGER.plan(program)
    after, _ = apply_plan(Plan("eager", decisions.edits), workspace, program.reexports())
    for path, data in after.files.items():
        (root / path).write_bytes(data)
    assert decisions.edits and not decisions.findings
    counts = run_suite(root, tmp_path / "after.json")
    assert sum(counts.values()) < sum(before.values())
    run_suite(root, tmp_path / "guarded.json", guard=True)
