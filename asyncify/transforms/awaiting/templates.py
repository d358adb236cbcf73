"""Templates for calls that are taken apart and put together again."""

from __future__ import annotations

import ast

from asyncify.analysis.dotted import is_path
from asyncify.analysis.source import SourceFile
from asyncify.model.ops import Hole, Replace


def arguments(source: SourceFile, call: ast.Call, *, first: int = 0) -> tuple[str, tuple[Hole, ...]]:
    """The arguments of a call as a template and its holes. first: how many positional ones to leave out."""
    texts: list[str] = []
    holes: list[Hole] = []
    for index, item in enumerate(call.args[first:]):
        value = item.value if isinstance(item, ast.Starred) else item
        texts.append(f"{'*' if isinstance(item, ast.Starred) else ''}$a{index}")
        holes.append(Hole(f"a{index}", source.span(value)))
    for index, keyword in enumerate(call.keywords):
        texts.append(f"{keyword.arg}=$k{index}" if keyword.arg else f"**$k{index}")
        holes.append(Hole(f"k{index}", source.span(keyword.value)))
    return ", ".join(texts), tuple(holes)


def spawn(source: SourceFile, call: ast.Call, greenlet_spawn: str) -> Replace:
    """`f(x)` to `await greenlet_spawn(f, x)`."""
    text, holes = arguments(source, call)
    inner = f"$f, {text}" if text else "$f"
    return Replace(f"await {greenlet_spawn}({inner})", (Hole("f", source.span(call.func)), *holes))


def spawn_below(source: SourceFile, call: ast.Call, greenlet_spawn: str) -> Replace | None:
    """`f(x, y=1)` to `await greenlet_spawn(lambda value: f(value, y=1), x)`: with a frame of Python code around it.

    None where other arguments are more than names, which might wait."""
    names = {n.id for n in ast.walk(call) if isinstance(n, ast.Name)}
    value = next(n for n in ("value", "found", "given", "value_") if n not in names)
    items: list[tuple[str, ast.expr]] = [("", a) for a in call.args]
    items += [(f"{k.arg}=", k.value) for k in call.keywords if k.arg is not None]
    rest = [item for _, item in items if not is_path(item) and not isinstance(item, ast.Constant)]
    chosen = rest[0] if rest else next((item for _, item in items), None)
    if chosen is None or len(rest) > 1 or len(items) != len(call.args) + len(call.keywords):
        return None
    inside = ", ".join(f"{name}{value if item is chosen else source.segment(item)}" for name, item in items)
    holes = (Hole("f", source.span(call.func)), Hole("x", source.span(chosen)))
    return Replace(f"await {greenlet_spawn}(lambda {value}: $f({inside}), $x)", holes)


def run_sync(source: SourceFile, call: ast.Call) -> Replace:
    """`f(db, x)` to `await db.run_sync(f, x)`."""
    text, holes = arguments(source, call, first=1)
    inner = f"$f, {text}" if text else "$f"
    return Replace(
        f"await $s.run_sync({inner})",
        (Hole("s", source.span(call.args[0])), Hole("f", source.span(call.func)), *holes),
    )


def through_run_sync(source: SourceFile, call: ast.Call, prefix: str) -> Replace:
    """`db.bulk_save_objects(x)` to `await db.run_sync(lambda session: session.bulk_save_objects(x))`."""
    assert isinstance(call.func, ast.Attribute)
    text, holes = arguments(source, call)
    return Replace(
        f"{prefix}$s.run_sync(lambda session: session.{call.func.attr}({text}))",
        (Hole("s", source.span(call.func.value)), *holes),
    )


def opened_with_options(call: ast.Call) -> ast.Call | None:
    """The `engine.connect()` in `engine.connect().execution_options(...)`."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr != "execution_options" or not isinstance(func.value, ast.Call):
        return None
    opened = func.value
    return opened if isinstance(opened.func, ast.Attribute) and opened.func.attr == "connect" else None


def options_first(source: SourceFile, call: ast.Call, opened: ast.Call) -> Replace:
    """`engine.connect().execution_options(x)` to `engine.execution_options(x).connect()`.

    An async connection takes its options once it is open, and one that is open cannot be entered.
    """
    assert isinstance(opened.func, ast.Attribute)
    text, holes = arguments(source, call)
    return Replace(f"$e.execution_options({text}).connect()", (Hole("e", source.span(opened.func.value)), *holes))
