"""The arguments of a call: what is written, and what `*items` and `**entries` spread."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.iteration import elements
from asyncify.analysis.infer.run import Run
from asyncify.analysis.values import NOTHING, Inst, Obj, Rec, Values, union

#: the keyword that stands for those of a dictionary whose keys are not known
ANY = "**"
#: positions that a list of unknown length is taken to fill
SPREAD = 8


def arguments(run: Run, node: ast.Call) -> tuple[list[Values], dict[str, Values], Values]:
    """Positional arguments, keywords, and what lists of unknown length hold that are spread."""
    args: list[Values] = []
    rest: list[Values] = []
    for item in node.args:
        if isinstance(item, ast.Starred):
            values = evaluate(run, item.value)
            tuples = [v for v in values if isinstance(v, Inst) and v.type in ("tuple", "row")]
            for position in range(max((len(t.args) for t in tuples), default=0)):
                args.append(union(t.args[position] for t in tuples if position < len(t.args)))
            if not tuples:
                rest.append(_instances(run, elements(run, values, item)))
        else:
            args.append(evaluate(run, item))
    kwargs: dict[str, Values] = {}
    for keyword in node.keywords:
        values = evaluate(run, keyword.value)
        if keyword.arg is not None:
            kwargs[keyword.arg] = values
        else:
            for value in values:
                if isinstance(value, Rec):
                    for key, inner in value.items:
                        kwargs[key] = kwargs.get(key, NOTHING) | inner
                elif isinstance(value, Inst) and value.type == "dict" and value.args[1:] and not values_known(values):
                    kwargs[ANY] = kwargs.get(ANY, NOTHING) | _instances(run, value.args[1])
    return args, kwargs, union(rest)


def _instances(run: Run, values: Values) -> Values:
    """Instances of mapped classes: of other things a list of arguments is no telling which goes where."""
    return frozenset(v for v in values if isinstance(v, Obj) and run.engine.orm.is_model(v.info))


def values_known(values: Values) -> bool:
    """Whether the keys of a dictionary among values are known."""
    return any(isinstance(v, Rec) for v in values)


def spread(args: Sequence[Values], rest: Values) -> Sequence[Values]:
    """The arguments with what `*items` may fill behind them."""
    return [*args, *[rest] * SPREAD] if rest else args
