"""`with TestClient(app) as client:` runs the lifespan of the app; an `AsyncClient` does not, so it is entered too.

A TestClient can be entered again and again, an AsyncClient once: for `with client:` over a client that was made
elsewhere only the lifespan is entered.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from asyncify.analysis.bindings import free_name
from asyncify.analysis.points import waits_as_context
from asyncify.analysis.source import SourceFile
from asyncify.analysis.test_clients import client_arguments, is_async_client
from asyncify.analysis.values import Cls, Value
from asyncify.model.edit import Import
from asyncify.model.ops import Hole, InsertStatements, ReplaceStatement
from asyncify.model.span import Place
from asyncify.transforms.tests.construct import LINE, async_client, filled_length
from asyncify.transforms.tests.found import Work

_WHY = "AsyncClient does not run the lifespan of the app, and waits as it is closed"


@dataclass
class _Items:
    """The items of the new statement, `(async?, source)`; and what they need."""

    parts: list[tuple[bool, str]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    drops: list[str] = field(default_factory=list)
    length: int = 0


def plan_contexts(work: Work) -> None:
    """Rewrite every with statement that has a client among its items."""
    for path in sorted(work.program.modules):
        source = work.source(path)
        for node in source.nodes:
            if isinstance(node, (ast.With, ast.AsyncWith)) and any(_is_client(work, item) for item in node.items):
                _rewrite(work, source, node)


def _is_client(work: Work, item: ast.withitem) -> bool:
    return is_async_client(work.program.values(item.context_expr), work.clients.convertible)


def _rewrite(work: Work, source: SourceFile, node: ast.With | ast.AsyncWith) -> None:
    items = _Items()
    for number, item in enumerate(node.items):
        call = item.context_expr
        if not _is_client(work, item):
            items.parts.append((_waits(work, node, call), _kept_item(source, item, number, items)))
        elif isinstance(call, ast.Call) and call in work.clients.made:
            _new_client(work, source, item, call, items)
        elif isinstance(call, ast.Call) and (made := [v.info for v in work.program.values(call.func) if _is_cls(v)]):
            if any("__init__" in info.methods for info in made) or "app" not in (client_arguments(call) or {}):
                _own_client(work, source, item, items)
            else:
                _new_client(work, source, item, call, items, source.segment(call.func))
        else:
            _known_client(work, source, item, items)
    body = Hole("body", source.span(node.body[0]), Place.STATEMENT, source.span(node.body[-1]))
    template = "".join(f"{line}\n" for line in _nested(items))
    work.taken.update(i.context_expr for i in node.items)
    work.edit(source.path, node, ReplaceStatement(template, (*items.holes, body)), _WHY, items.imports, items.drops)
    for line in items.before:
        work.edit(source.path, node, InsertStatements(line, "before", _app_holes(items, line)), _WHY)


def _app_holes(items: _Items, line: str) -> tuple[Hole, ...]:
    return tuple(h for h in items.holes if f"${h.name}" in line)


def _waits(work: Work, node: ast.With | ast.AsyncWith, expression: ast.expr) -> bool:
    if isinstance(node, ast.AsyncWith):
        return True
    if waits_as_context(work.program.values(expression), work.clients.convertible):
        return True
    return any(work.waits(f.info) for f in work.program.calls(expression))


def _kept_item(source: SourceFile, item: ast.withitem, number: int, items: _Items) -> str:
    items.holes.append(Hole(f"item{number}", source.span(item.context_expr)))
    return f"$item{number}{_as(source, item)}"


def _as(source: SourceFile, item: ast.withitem) -> str:
    return f" as {source.segment(item.optional_vars)}" if item.optional_vars else ""


def _is_cls(value: Value) -> TypeGuard[Cls]:
    return isinstance(value, Cls)


def _own_client(work: Work, source: SourceFile, item: ast.withitem, items: _Items) -> None:
    """`with Api() as client:`, of a subclass that is not told its app there: made first, as its app is asked for."""
    name = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""
    name = name or free_name(work.program, source.path, "client")
    items.before.append(f"{name} = {source.segment(item.context_expr)}")
    if work.facts.lifespan:
        items.parts.append((True, f"{name}._transport.app.router.lifespan_context({name}._transport.app)"))
    other = item.optional_vars is not None and not isinstance(item.optional_vars, ast.Name)
    items.parts.append((True, f"{name}{_as(source, item) if other else ''}"))


def _new_client(
    work: Work, source: SourceFile, item: ast.withitem, call: ast.Call, items: _Items, callee: str = ""
) -> None:
    """callee: what is called in the place of `AsyncClient`, a subclass."""
    app = (client_arguments(call) or {})["app"]
    name = source.segment(app) if isinstance(app, (ast.Name, ast.Attribute)) else ""
    if work.facts.lifespan and not name:
        name = free_name(work.program, source.path, "app")
        items.before.append(f"{name} = {source.segment(app)}")
    given = name
    if work.facts.lifespan:
        state = ""
        if work.facts.state:
            state = free_name(work.program, source.path, "state")
            given = f'lambda scope, receive, send: {name}({{**scope, "state": dict({state} or {{}})}}, receive, send)'
        items.parts.append((True, f"{name}.router.lifespan_context({name}){f' as {state}' if state else ''}"))
    made = async_client(work.program, source, call, work.facts, callee, app=given if name else "")
    items.holes += made.holes
    items.imports += made.imports
    items.drops += () if callee else made.drops
    length = call.col_offset + filled_length(source, made) + sum(len(text) for _, text in items.parts)
    template = made.long if length > LINE or any(h.span.line != h.span.end_line for h in made.holes) else made.template
    items.parts.append((True, f"{template}{_as(source, item)}"))


def _known_client(work: Work, source: SourceFile, item: ast.withitem, items: _Items) -> None:
    client = source.segment(item.context_expr)
    if work.facts.lifespan:
        app = app_of(work, source, item.context_expr)
        items.parts.append((True, f"{app}.router.lifespan_context({app})"))
    if item.optional_vars is not None and source.segment(item.optional_vars) != client:
        items.inside.append(f"{source.segment(item.optional_vars)} = {client}")


def app_of(work: Work, source: SourceFile, client: ast.expr) -> str:
    """Source for the app of a client: the name that it was made with, where that means the same here."""
    apps = set()
    for key in work.clients.uses.get(client, ()):
        app = (client_arguments(key) or {}).get("app") if isinstance(key, ast.Call) else None
        made_in = work.clients.made[key]
        if not isinstance(app, (ast.Name, ast.Attribute)):
            return f"{source.segment(client)}._transport.app"
        here, there = work.program.function_of(client), work.program.function_of(key)
        text = work.source(made_in).segment(app)
        same_scope = made_in == source.path and (here is there or _is_global(work, source.path, text, there))
        means_same = same_scope or (not _is_local(work, key, text) and _same_global(work, source.path, made_in, text))
        apps.add(text if means_same and (here is there or not _is_local(work, client, text)) else "")
    only = apps.pop() if len(apps) == 1 else ""
    return only or f"{source.segment(client)}._transport.app"


def _is_local(work: Work, node: ast.AST, text: str) -> bool:
    """Whether a function around a node gives the root of a path a meaning of its own: `app = client.app`."""
    function = work.program.function_of(node)
    while function is not None:
        if text.partition(".")[0] in function.local_names:
            return True
        function = work.program.function_of(function.node)
    return False


def _is_global(work: Work, path: str, text: str, function: object) -> bool:
    root = text.partition(".")[0]
    return root in work.program.modules[path].bound and root not in getattr(function, "local_names", ())


def _same_global(work: Work, here: str, there: str, text: str) -> bool:
    node = ast.parse(text, mode="eval").body
    mine, other = (work.program.names.resolve_expression(p, node) for p in (here, there))
    return mine is not None and mine == other


def _nested(items: _Items) -> Iterator[str]:
    """The lines of the new statement: one `with` for each run of items of the same sort."""
    indent = ""
    runs: list[tuple[bool, list[str]]] = []
    for is_async, text in items.parts:
        if runs and runs[-1][0] == is_async:
            runs[-1][1].append(text)
        else:
            runs.append((is_async, [text]))
    for is_async, texts in runs:
        head = f"{'async ' if is_async else ''}with {', '.join(texts)}:"
        yield from (indent + line for line in head.splitlines())
        indent += "    "
    yield from (indent + line for line in items.inside)
    yield f"{indent}$body"
