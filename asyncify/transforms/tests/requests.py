"""Requests and responses: what old test clients on `requests` allowed. The `await` is written with all others.

Starlette before 0.21 built TestClient on requests. What only requests knows is rewritten wherever it is met: it would
fail with every HTTPX client.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from asyncify.analysis.source import SourceFile
from asyncify.analysis.test_clients import client_calls, is_async_client
from asyncify.analysis.values import of_type
from asyncify.knowledge.testing import (
    BODY_KEYWORDS,
    BODYLESS,
    REQUEST_KEYWORDS,
    RESPONSE_ATTRIBUTES,
)
from asyncify.model.ops import Hole, RenameAttribute, Replace
from asyncify.transforms.tests.found import Work

_WHY = "HTTPX has another name for it"


def plan_requests(work: Work) -> None:
    """Arguments of requests, attributes of responses, streams."""
    if not work.clients.convertible:
        return
    for path in sorted(work.program.modules):
        source = work.source(path)
        for call, method, values in client_calls(work.program, path):
            if is_async_client(values, work.clients.convertible):
                _arguments(work, source, call, method)
        for node in source.nodes:
            if isinstance(node, ast.Attribute) and node.attr in RESPONSE_ATTRIBUTES:
                if of_type(work.program.values(node.value), "httpx.Response"):
                    work.edit(path, node, RenameAttribute(RESPONSE_ATTRIBUTES[node.attr]), _WHY)


def _arguments(work: Work, source: SourceFile, call: ast.Call, method: str) -> None:
    """`client.delete(url, json=x)` to `client.request("DELETE", url, json=x)`, and keywords that were renamed."""
    if not isinstance(call.func, ast.Attribute):
        return
    keywords = {k.arg for k in call.keywords}
    has_body = method in BODYLESS and bool(BODY_KEYWORDS & keywords)
    renamed = {} if work.facts.follows else REQUEST_KEYWORDS
    old = [k for k in call.keywords if k.arg in renamed or (k.arg == "data" and _is_text(source, k.value))]
    if not has_body and not old:
        return
    holes = [Hole("client", source.span(call.func.value))]
    parts = [f'"{method.upper()}"'] if has_body else []
    for number, (prefix, value) in enumerate(_parts(source, call, renamed)):
        holes.append(Hole(f"a{number}", source.span(value)))
        parts.append(f"{prefix}$a{number}")
    template = f"$client.{'request' if has_body else method}({', '.join(parts)})"
    why = f"`{method}` of an HTTPX client takes no body" if has_body else _WHY
    work.edit(source.path, call, Replace(template, tuple(holes)), why)


def _parts(source: SourceFile, call: ast.Call, renamed: Mapping[str, str]) -> Iterator[tuple[str, ast.expr]]:
    for arg in call.args:
        yield ("*", arg.value) if isinstance(arg, ast.Starred) else ("", arg)
    for keyword in call.keywords:
        name = renamed.get(keyword.arg, keyword.arg) if keyword.arg else None
        if name == "data" and _is_text(source, keyword.value):
            name = "content"
        yield (f"{name}=" if name else "**"), keyword.value


def _is_text(source: SourceFile, node: ast.expr) -> bool:
    """Whether a body is text or bytes for certain; HTTPX wants those as `content`."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return source.segment(node.func) == "json.dumps" or node.func.attr in ("model_dump_json", "encode")
    return False
