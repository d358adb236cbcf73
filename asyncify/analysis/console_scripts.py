"""Functions that the manifests of a project name: `shop-seed = "shop.cli:main"` is called synchronously from a shell.

Sources: packaging.python.org "Entry points specification"; setuptools, Poetry, PDM and Poe the Poet documentation.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from asyncify.analysis.lookup import definitions_in, module_paths
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: manifests beside `pyproject.toml` that write it the same way
WRITTEN = ("setup.cfg", "setup.py")
NAMED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def console_scripts(modules: Mapping[str, ModuleInfo], files: Mapping[str, bytes]) -> set[FunctionInfo]:
    """The plain functions that are named, in any folder. files: of the whole repository."""
    found: set[FunctionInfo] = set()
    for path in sorted(files):
        folder, _, name = path.rpartition("/")
        if name == "pyproject.toml":
            texts = strings_in(read_tables(files[path]))
        elif name in WRITTEN:
            texts = iter([files[path].decode("utf-8", "replace")])
        else:
            continue
        for named in (named for text in texts for named in NAMED.findall(text)):
            found |= named_functions(modules, named, folder)
    return found


def named_functions(modules: Mapping[str, ModuleInfo], named: str, folder: str = "") -> set[FunctionInfo]:
    """The plain function that a text such as `app.jobs:clean` means, below a folder."""
    module, _, function = named.partition(":")
    paths = module_paths(modules, module)
    near = [path for path in paths if path.startswith(f"{folder}/")] if folder else paths
    definitions = definitions_in(modules[near[0]], function) if len(near) == 1 else ()
    return {d for d in definitions if isinstance(d, FunctionInfo) and not d.is_async}


def read_tables(data: bytes) -> dict[str, Any]:
    """A `pyproject.toml` without the words for this tool."""
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    tool = found.get("tool")
    return {**found, "tool": {k: v for k, v in tool.items() if k != "asyncify"}} if isinstance(tool, dict) else found


def strings_in(value: Any) -> Iterator[str]:
    """All texts in a value of TOML."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings_in(inner)
