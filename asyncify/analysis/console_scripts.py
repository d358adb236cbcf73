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
            texts = _strings(_tables(files[path]))
        elif name in WRITTEN:
            texts = iter([files[path].decode("utf-8", "replace")])
        else:
            continue
        for named in (named for text in texts for named in NAMED.findall(text)):
            module, _, function = named.partition(":")
            paths = module_paths(modules, module)
            near = [p for p in paths if p.startswith(f"{folder}/")] if folder else paths
            for home in near if len(near) == 1 else ():
                for definition in definitions_in(modules[home], function):
                    if isinstance(definition, FunctionInfo) and not definition.is_async:
                        found.add(definition)
    return found


def _tables(data: bytes) -> dict[str, Any]:
    """A `pyproject.toml` without the words for this tool."""
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    tool = found.get("tool")
    return {**found, "tool": {k: v for k, v in tool.items() if k != "asyncify"}} if isinstance(tool, dict) else found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
