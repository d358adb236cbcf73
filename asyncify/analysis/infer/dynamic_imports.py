"""Modules that are imported by names put together while the program runs.

`importlib.import_module(f"app.plugins.{name}")` gives one of the modules of the program that match; which, is known
where `name` is one of the texts that a test is parametrized with.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from asyncify.analysis.given_texts import listed_texts, parametrizations, parametrized_texts
from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.run import Run
from asyncify.analysis.nodes import last_name
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import NOTHING, Cls, Const, Ext, Fn, Inst, Mod, Pattern, Value, Values, union

#: more texts, or more modules, than this say nothing useful
MANY = 20
#: what stands for any text in a pattern
UNKNOWN = "*"

IMPORT_MODULE = "importlib.import_module"
RELOAD = "importlib.reload"
FUNCTIONS = frozenset({IMPORT_MODULE, RELOAD, "builtins.__import__"})
LOADED = "sys.modules"
REQUEST = "pytest.FixtureRequest"


def joined(run: Run, node: ast.JoinedStr) -> Values:
    """The texts that an f-string may be, with `*` for what is not known."""
    parts: list[list[str]] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append([str(part.value)])
            continue
        assert isinstance(part, ast.FormattedValue)
        values = evaluate(run, part.value)
        if part.format_spec is not None:
            evaluate(run, part.format_spec)
        plain = part.format_spec is None and part.conversion == -1
        parts.append(sorted(_texts(values)) if plain and _texts(values) else [UNKNOWN])
    return _of_parts(parts)


def added(left: Values, right: Values) -> Values:
    """The texts that `left + right` may be, where one of them is known to be a text."""
    if not _texts(left) and not _texts(right):
        return NOTHING
    return _of_parts([sorted(_texts(left)) or [UNKNOWN], sorted(_texts(right)) or [UNKNOWN]])


def _texts(values: Values) -> set[str]:
    return {v.text for v in values if isinstance(v, (Const, Pattern))}


def _of_parts(parts: Sequence[Sequence[str]]) -> Values:
    count = 1
    for part in parts:
        count *= len(part)
    if count > MANY:
        return NOTHING
    texts = {"".join(combined) for combined in product(*parts)}
    return frozenset(Pattern(t) if UNKNOWN in t else Const(t) for t in texts)


def imported(run: Run, name: str, args: Sequence[Values], kwargs: Mapping[str, Values]) -> Values:
    """What one of FUNCTIONS gives."""
    first = args[0] if args else kwargs.get("name", NOTHING)
    if name == RELOAD:
        return first
    modules = modules_named(run, first)
    if name == IMPORT_MODULE or "fromlist" in kwargs or len(args) > 3:
        return modules
    return modules_named(run, frozenset(Const(t.partition(".")[0]) for t in _texts(first)))


def modules_named(run: Run, names: Values) -> Values:
    """The modules of the program, or of libraries, that have one of these names."""
    found = []
    for value in names:
        if isinstance(value, Const):
            found.append(_module(run, value.text))
        elif isinstance(value, Pattern):
            found.append(frozenset(Mod(path) for path in _matching(run, value.text.split("."))))
    modules = union(found)
    return modules if len(modules) <= MANY else NOTHING


def _module(run: Run, dotted: str) -> Values:
    if not all(part.isidentifier() for part in dotted.split(".")):
        return NOTHING
    path = run.engine.names.index.find(dotted, run.path)
    return frozenset({Mod(path) if path else Ext(dotted)})


def _matching(run: Run, segments: Sequence[str]) -> Iterator[str]:
    """The modules below the package that the first segments name. Without such a package it may be anything."""
    known = next((i for i, s in enumerate(segments) if UNKNOWN in s), len(segments))
    package = run.engine.names.index.find(".".join(segments[:known]), run.path) if known else None
    folders = [package] if package else []
    for segment in segments[known:]:
        folders = [child for folder in folders for child in _children(run, folder, segment)]
    yield from folders


def _children(run: Run, folder: str, segment: str) -> Iterator[str]:
    index = run.engine.names.index
    prefix = folder.removesuffix("__init__.py")
    if prefix.endswith(".py"):
        return
    shape = re.compile("".join("[A-Za-z0-9_]*" if c == UNKNOWN else re.escape(c) for c in segment))
    names = {p[len(prefix) :].partition("/")[0].removesuffix(".py") for p in index.paths if p.startswith(prefix)}
    for name in sorted(n for n in names if shape.fullmatch(n) and n != "__init__"):
        child = index.child(folder, name)
        if child is not None:
            yield child


def parametrized(run: Run, function: FunctionInfo, name: str) -> Values:
    """The texts, functions and classes that pytest gives to a parameter of a test, or to `request` of a fixture (as
    `request.param`).

    Source: pytest "How to parametrize fixtures and test functions".
    """
    decorator = run.engine.fixtures.decorators.get(function)
    if name == "request" and decorator is not None:
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        given = next((k.value for k in keywords if k.arg == "params"), None)
        found = listed_texts(run.engine.names, function.path, given) if given is not None else ()
        code = _code_in(run, given, None) if given is not None else NOTHING
        return frozenset({Inst(REQUEST, (frozenset(Const(t) for t in found) | code,))})
    names = run.engine.names
    texts = frozenset(Const(t) for t in parametrized_texts(names, function, name))
    return texts | union(_code_in(run, node, position) for node, position in parametrizations(names, function, name))


def _code_in(run: Run, listed: ast.expr, position: int | None) -> Values:
    """The functions and classes in a list of such values, that a test calls then: `[made, pytest.param(stored)]`."""
    found: list[Values] = []
    for item in listed.elts if isinstance(listed, (ast.List, ast.Tuple, ast.Set)) else ():
        row = item.args if isinstance(item, ast.Call) and last_name(item.func) == "param" else [item]
        if position is not None and len(row) == 1 and isinstance(row[0], (ast.List, ast.Tuple)):
            row = row[0].elts
        if len(row) > (position or 0):
            found.append(evaluate(run, row[position or 0]))
    return frozenset(v for v in union(found) if _is_code(v))


def _is_code(value: Value) -> bool:
    """A function or a class, or a row of which one is a part: a test takes it apart."""
    if isinstance(value, Inst) and value.type == "tuple":
        return any(_is_code(v) for part in value.args for v in part)
    return isinstance(value, (Fn, Cls))
