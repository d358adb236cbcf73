"""The tables of the README are those of the code, and its first two commands have the promised form."""

from __future__ import annotations

import io
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from rich.console import Console

from asyncify import api
from asyncify.analysis.config import Config
from asyncify.analysis.discovery import MAX_BYTES, SKIPPED_FOLDERS
from asyncify.cli.main import COMMANDS
from asyncify.model.exit_codes import ExitCode
from asyncify.model.plan import RunResult
from asyncify.report.as_json import as_json
from asyncify.report.why import show_explanation
from asyncify.transforms.registry import STEPS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def rows(heading: str, table: int = 0) -> list[list[str]]:
    """The cells of a table below a heading, without its head."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    lines = tables[table].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_commands() -> None:
    names = [words(row[0])[0].split()[1] for row in rows("Commands")]
    assert names == [command.__name__ for command in COMMANDS]


def test_options_exist() -> None:
    options = (ROOT / "asyncify/cli/options.py").read_text("utf-8").replace("Exclude =", '"--exclude"')
    for row in rows("Commands", table=1):
        assert f'"{words(row[0])[0].split()[0]}"' in options


def test_steps() -> None:
    assert tuple(words(row[0])[0] for row in rows("Steps")) == STEPS


def test_exit_codes_with_their_meaning() -> None:
    source = (ROOT / "asyncify/model/exit_codes.py").read_text("utf-8")
    meanings = dict(re.findall(r"^    (\w+) = \d+  #: (.*)$", source, re.MULTILINE))
    assert rows("Exit codes") == [[str(int(c)), f"`{c.name}`", meanings[c.name]] for c in ExitCode]


def test_limits() -> None:
    limits = dict(rows("Limits"))
    assert limits["size of a file"] == f"{MAX_BYTES // 1_000_000} MB"
    assert words(limits["folders that are never entered"]) == sorted(SKIPPED_FOLDERS)


def test_configuration() -> None:
    assert [words(row[0])[0] for row in rows("Configuration")] == [f.name.replace("_", "-") for f in fields(Config)]


def test_json(bundled_run: Callable[[str], RunResult]) -> None:
    value = json.loads(as_json(bundled_run("bookclub_site"), written=False))
    documented = {words(row[0])[0]: words(row[1]) for row in rows("JSON")}
    assert list(documented) == list(value)
    assert documented["summary"] == list(value["summary"])
    assert [w for w in documented["files"] if '"' not in w] == list(value["files"][0])
    assert documented["steps"] == ["step", "seconds", "edits", *next(s["edits"] for s in value["steps"])[0]]


def test_the_explanation_is_real() -> None:
    command, expected = re.findall(r"^  ```console\n  \$ (.*)\n((?:  .*\n)+?)  ```", README, re.MULTILINE)[0]
    _, _, name, folder = command.split()
    out = io.StringIO()
    for explanation in api.explain(ROOT / folder, name):
        show_explanation(explanation, Console(file=out))
    assert out.getvalue() == textwrap.dedent(expected)


def test_the_diffs_are_real(bundled_run: Callable[[str], RunResult]) -> None:
    blocks = re.findall(r"^```diff\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    real = api.diff(bundled_run("bookclub_site")).decode()
    assert len(blocks) == 3
    assert [block for block in blocks if block not in real] == []


def test_the_first_code_block_is_two_commands() -> None:
    block = README.split("```")[1].splitlines()[1:]
    assert len(block) == 2
    assert block[0].endswith(".venv/bin/asyncify demo")
    assert block[1].endswith(".venv/bin/python -m pytest")
