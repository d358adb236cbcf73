"""Dependency files that are not plain UTF-8 keep their encoding."""

from __future__ import annotations

import codecs
import subprocess
from pathlib import Path

import pytest

from asyncify.analysis.discovery import discover
from asyncify.pipeline import run_steps, stages
from asyncify.report.patch import patch

APP = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///./app.db")
"""
PINS = "fastapi==0.115.0\r\nSQLAlchemy==2.0.48\r\n"


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF8, "utf-8")],
)
def test_requirements(tmp_path: Path, bom: bytes, encoding: str) -> None:
    (tmp_path / "app.py").write_text(APP)
    file = tmp_path / "requirements.txt"
    file.write_bytes(bom + PINS.encode(encoding))
    workspace = discover(tmp_path)
    result = run_steps(workspace, stages(["settings"]))
    after = result.after.files["requirements.txt"]
    assert after.startswith(bom)
    assert after[len(bom) :].decode(encoding).startswith("fastapi==0.115.0\r\nSQLAlchemy[asyncio]==2.0.48\r\naiosqlite")
    assert not result.findings
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch(workspace, result.after), check=True)
    assert file.read_bytes() == after
