"""`patch("app.db.Session")`: the module will have `AsyncSession` there, and the string must say so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType

from asyncify.analysis.bindings import bring
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.nodes import last_name
from asyncify.analysis.values import Ext, Mod
from asyncify.knowledge import names
from asyncify.model.ops import Replace
from asyncify.transforms.session.types import ASYNC_CLASSES
from asyncify.transforms.tests.found import Work

_RENAMED = MappingProxyType({**ASYNC_CLASSES, names.CREATE_ENGINE: ("sqlalchemy.ext.asyncio", "create_async_engine")})


def plan_patched_names(work: Work) -> None:
    """Rename in the strings of `patch`, `patch.object` and `setattr`."""
    for path in sorted(work.program.modules):
        source = work.source(path)
        for node in source.nodes:
            if isinstance(node, ast.Call) and last_name(node.func) in ("patch", "object", "setattr", "delattr"):
                for literal, text, module in _targets(work, path, node):
                    name = text.rpartition(".")[2]
                    new = _new_name(work, module, name)
                    before = source.segment(literal)
                    if new and before[:-1].endswith(name):
                        after = before[: -len(name) - 1] + new + before[-1]
                        work.edit(path, literal, Replace(after), f"{module} has {new} in its place")


def _targets(work: Work, path: str, call: ast.Call) -> Iterator[tuple[ast.Constant, str, str]]:
    """The string that names what is replaced, its value, and the file of the module that it is in."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and "." in first.value:
        module = work.program.names.index.find(first.value.rpartition(".")[0], path)
        if module in work.program.modules and module is not None:
            yield first, first.value, module
    elif first is not None and len(call.args) > 1:
        second = call.args[1]
        for value in work.program.values(first):
            if isinstance(value, Mod) and isinstance(second, ast.Constant) and isinstance(second.value, str):
                yield second, second.value, value.path


def _new_name(work: Work, module: str, name: str) -> str:
    if kept_sync(work.program, module) or module not in work.program.modules:
        return ""
    found = work.program.names.resolve(module, name)
    if not isinstance(found, Ext) or found.name not in _RENAMED or name not in work.program.modules[module].imports:
        return ""
    return bring(work.program, module, *_RENAMED[found.name])[0]
