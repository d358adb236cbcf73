"""Test clients: where they are made, what they are called in annotations, and what is only said of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.config import KEEP_CLIENTS
from asyncify.analysis.dotted import root_of
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.test_clients import is_async_client
from asyncify.analysis.values import Ext
from asyncify.knowledge import names
from asyncify.model.ops import RenameAttribute, Replace
from asyncify.transforms.tests.construct import LINE, async_client, filled_length
from asyncify.transforms.tests.contexts import app_of
from asyncify.transforms.tests.found import Work

_WHY = "the tests run on the same event loop as the app, its sessions and its engine"


def plan_clients(work: Work) -> None:
    """Constructors, subclasses, annotations, `client.app` and `client.close()`; report what stays."""
    for key, path in work.clients.made.items():
        if key in work.clients.kept:
            wanted = work.program.config.tests == KEEP_CLIENTS
            for obstacle in () if wanted else work.clients.kept[key]:
                message = f"it stays a TestClient: {obstacle.message}"
                work.report(obstacle.path, obstacle.node, obstacle.code, message, obstacle.advice)
        elif isinstance(key, ast.ClassDef):
            _subclass(work, work.source(path), key)
        elif isinstance(key, ast.Call) and key not in work.taken:
            _constructor(work, work.source(path), key)
    if work.clients.convertible:
        for path in sorted(work.program.modules):
            _annotations(work, work.source(path))
            _members(work, work.source(path))


def _constructor(work: Work, source: SourceFile, call: ast.Call, callee: str = "") -> None:
    made = async_client(work.program, source, call, work.facts, callee)
    length = call.col_offset + filled_length(source, made)
    template = made.long if length > LINE else made.template
    work.edit(source.path, call, Replace(template, made.holes), _WHY, made.imports, made.drops)


def _subclass(work: Work, source: SourceFile, node: ast.ClassDef) -> None:
    """`class Api(TestClient)`: another base, and other arguments where it is made."""
    for base in node.bases:
        if _is_test_client(work, source, base):
            _rename(work, source, base)
    info = work.program.modules[source.path].classes[node]
    init = info.methods.get("__init__")
    if init is not None:
        for call in ast.walk(init.node):
            if isinstance(call, ast.Call) and source.segment(call.func) == "super().__init__":
                _constructor(work, source, call, "super().__init__")
        return
    for path in sorted(work.program.modules):
        for call in work.source(path).nodes:
            if not isinstance(call, ast.Call) or call in work.taken:
                continue
            if any(getattr(v, "info", None) is info for v in work.program.values(call.func)):
                _constructor(work, work.source(path), call, work.source(path).segment(call.func))


def _is_test_client(work: Work, source: SourceFile, node: ast.expr) -> bool:
    return work.program.names.resolve_expression(source.path, node) == Ext(names.TEST_CLIENT)


def _rename(work: Work, source: SourceFile, node: ast.expr) -> None:
    name, imports = bring(work.program, source.path, work.facts.package, "AsyncClient")
    if isinstance(node, ast.Constant):
        work.edit(source.path, node, Replace(repr(name).replace("'", '"')), _WHY, imports, ("TestClient",))
    else:
        work.edit(source.path, node, Replace(name), _WHY, imports, (root_of(node),))


def _annotations(work: Work, source: SourceFile) -> None:
    for node in source.nodes:
        if isinstance(node, ast.arg) and node.annotation is not None:
            if _stays_none(work, node):
                _annotation(work, source, node.annotation)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            info = work.program.modules[source.path].functions[node]
            if all(_is_async(work, e) for e in _results(info)):
                _annotation(work, source, node.returns)
        elif isinstance(node, ast.AnnAssign) and (node.value is None or _is_async(work, node.value)):
            _annotation(work, source, node.annotation)


def _stays_none(work: Work, arg: ast.arg) -> bool:
    """Whether none of the clients that come to a parameter stays a TestClient."""
    return is_async_client(work.program.values(arg), work.clients.convertible)


def _is_async(work: Work, node: ast.expr) -> bool:
    values = work.program.values(node)
    return not values or is_async_client(values, work.clients.convertible)


def _results(info: FunctionInfo) -> Iterator[ast.expr]:
    for node in info.nodes:  # those of functions inside are not its own
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            yield node.value


def _annotation(work: Work, source: SourceFile, annotation: ast.expr) -> None:
    for node in ast.walk(annotation):
        is_name = isinstance(node, (ast.Name, ast.Attribute)) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if is_name and isinstance(node, ast.expr) and _is_test_client(work, source, node):
            _rename(work, source, node)


def _members(work: Work, source: SourceFile) -> None:
    """`client.app`, which an AsyncClient has not; and `client.close()`, which is `aclose` there."""
    for node in source.nodes:
        if not isinstance(node, ast.Attribute) or node.attr not in ("app", "close"):
            continue
        if not is_async_client(work.program.values(node.value), work.clients.convertible):
            continue
        if node.attr == "app":
            work.edit(source.path, node, Replace(app_of(work, source, node.value)), "an AsyncClient has no `app`")
            continue
        work.edit(source.path, node, RenameAttribute("aclose"), "an AsyncClient is closed by waiting for it")
