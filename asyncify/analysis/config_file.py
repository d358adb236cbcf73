"""The configuration of a repository: `[tool.asyncify]` in its `pyproject.toml`."""

from __future__ import annotations

import sys
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from asyncify.analysis.config import CHOICES, Config
from asyncify.model.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def load_config(root: Path) -> Config:
    """What `[tool.asyncify]` says; the defaults where there is no such table or file.

    Raises `UsageError` for a file that is not TOML, an unknown key, or a value of the wrong type.
    """
    file = root / "pyproject.toml"
    if not file.is_file():
        return Config()
    try:
        tool = tomllib.loads(file.read_text("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML ({error}); mend it first") from None
    table = tool.get("asyncify", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"tool.asyncify in {file} is not a table; write [tool.asyncify]")
    defaults = Config()
    known = [field.name for field in fields(Config)]
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            raise UsageError(f"[tool.asyncify] in {file} has an unknown key {key!r}; {_hint(key, known)}")
        values[name] = _checked(file, key, value, getattr(defaults, name))
    for key, choices in CHOICES.items():
        if values.get(key, "") not in choices:
            raise UsageError(f"{key} of [tool.asyncify] in {file} must be one of {', '.join(choices[1:])}")
    return Config(**values)


def _hint(key: str, known: list[str]) -> str:
    written = [name.replace("_", "-") for name in known]
    near = get_close_matches(key.replace("_", "-"), written, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(written)}"


def _checked(file: Path, key: str, value: object, default: object) -> object:
    """The value in the type of the default: a text, or a tuple of texts for a list."""
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise UsageError(f"{key} of [tool.asyncify] in {file} must be a list of strings")
    if not isinstance(value, type(default)):
        raise UsageError(f"{key} of [tool.asyncify] in {file} must be a {type(default).__name__}")
    return value
