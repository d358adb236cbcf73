"""Patterns of a `match` statement: what they read, and what their names hold. Source: Python reference, "The match
statement"."""

from __future__ import annotations

import ast

from asyncify.analysis.infer.attributes import attribute
from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.iteration import elements, position_of
from asyncify.analysis.infer.narrowing import of_classes
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import NOTHING, Cls, Const, Inst, Rec, Values, collection, union


def bind_pattern(run: Run, pattern: ast.pattern, values: Values) -> None:
    """Match values against a pattern."""
    if isinstance(pattern, ast.MatchAs):
        if pattern.pattern is not None:
            bind_pattern(run, pattern.pattern, values)
        if pattern.name:
            inner = pattern.pattern
            of_class = isinstance(inner, ast.MatchClass)
            run.bind(pattern.name, _narrowed(run, inner, values) if of_class else values)
    elif isinstance(pattern, ast.MatchOr):
        for part in pattern.patterns:
            bind_pattern(run, part, values)
    elif isinstance(pattern, ast.MatchClass):
        narrowed = _narrowed(run, pattern, values)
        positional = _match_args(run, pattern)
        named = [
            *zip(positional, pattern.patterns, strict=False),
            *zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True),
        ]
        for name, part in named:
            bind_pattern(run, part, attribute(run, narrowed, name, pattern))
        for part in pattern.patterns[len(positional) :]:  # `str(name)`: the thing itself
            bind_pattern(run, part, narrowed)
    elif isinstance(pattern, ast.MatchSequence):
        _sequence(run, pattern, values)
    elif isinstance(pattern, ast.MatchMapping):
        _mapping(run, pattern, values)
    elif isinstance(pattern, ast.MatchValue):
        evaluate(run, pattern.value)


def _narrowed(run: Run, pattern: ast.pattern | None, values: Values) -> Values:
    return of_classes(run, values, evaluate(run, pattern.cls)) if isinstance(pattern, ast.MatchClass) else values


def _match_args(run: Run, pattern: ast.MatchClass) -> list[str]:
    """The attributes that positional patterns mean: those in `__match_args__`, of a dataclass its fields."""
    found: list[str] = []
    for value in evaluate(run, pattern.cls) if pattern.patterns else ():
        for base in run.engine.classes.ancestors(value.info) if isinstance(value, Cls) else ():
            if isinstance(base, ClassInfo):
                told = getattr(base.attributes.get("__match_args__"), "value", None)
                if isinstance(told, ast.Tuple):
                    return [e.value for e in told.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
                found = [n for n, s in base.attributes.items() if isinstance(s, ast.AnnAssign)] + found
    return found


def _sequence(run: Run, pattern: ast.MatchSequence, values: Values) -> None:
    for position, part in enumerate(pattern.patterns):
        if isinstance(part, ast.MatchStar):
            if part.name:
                run.bind(part.name, frozenset({collection("list", elements(run, values, pattern))}))
        else:
            bind_pattern(run, part, position_of(run, values, position, pattern))


def _mapping(run: Run, pattern: ast.MatchMapping, values: Values) -> None:
    held = union(v.args[1] for v in values if isinstance(v, Inst) and v.type == "dict" and len(v.args) > 1)
    for key, part in zip(pattern.keys, pattern.patterns, strict=True):
        texts = [k.text for k in evaluate(run, key) if isinstance(k, Const)]
        known = union(v.get(text) for v in values if isinstance(v, Rec) for text in texts)
        bind_pattern(run, part, known or held)
    if pattern.rest:
        run.bind(pattern.rest, values or NOTHING)
