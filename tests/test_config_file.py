"""`[tool.asyncify]` is read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.analysis.config import Config
from asyncify.analysis.config_file import load_config
from asyncify.model.errors import UsageError


def load(folder: Path, text: str) -> Config:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return load_config(folder)


def test_no_file_or_no_table_means_the_defaults(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()
    assert load(tmp_path, "[tool.other]\nx = 1\n") == Config()


def test_keys_are_read_with_either_dash(tmp_path: Path) -> None:
    config = load(tmp_path, '[tool.asyncify]\nexclude = ["old/"]\nkeep-sync = ["alembic/"]\nforce_async = ["a:b"]\n')
    assert config == Config(exclude=("old/",), keep_sync=("alembic/",), force_async=("a:b",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.asyncify]\nexclud = []\n", "unknown key 'exclud'; did you mean exclude"),
        ("[tool.asyncify]\nkeep_snyc = []\n", "unknown key 'keep_snyc'; did you mean keep-sync"),
        ('[tool.asyncify]\nexclude = "x"\n', "must be a list of strings"),
        ("[tool.asyncify]\nexclude = [1]\n", "must be a list of strings"),
        ("[tool.asyncify]\ndriver = 1\n", "must be a str"),
        ('[tool.asyncify]\ntests = "requests"\n', "must be one of asyncclient, testclient"),
        ("[tool]\nasyncify = 1\n", "is not a table"),
        ("[tool\n", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(tmp_path, text)
