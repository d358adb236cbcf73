"""What a test tells about a name: `isinstance(x, Class)`, where it holds and where it does not."""

from __future__ import annotations

import ast

from asyncify.analysis.infer.annotations import from_values
from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.run import Run
from asyncify.analysis.values import Cls, Ext, Inst, Obj, Rec, Value, Values, union
from asyncify.knowledge.names import canonical, is_a

#: builtin classes whose instances are told apart from everything else
BUILTINS = frozenset({"list", "dict", "set", "tuple"})


def narrow(run: Run, test: ast.expr, *, holds: bool = True) -> None:
    """Take what a test says into account: of the values of a name, those stay that can be there.

    Where the test holds and nothing is known about the name, it is an instance of the class that is asked for.
    """
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        narrow(run, test.operand, holds=not holds)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And if holds else ast.Or):
        for part in test.values:
            narrow(run, part, holds=holds)
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "isinstance":
        if len(test.args) == 2 and isinstance(test.args[0], ast.Name):
            name, asked = test.args[0].id, evaluate(run, test.args[1])
            classes = asked | union(m for v in asked if isinstance(v, Inst) and v.type == "tuple" for m in v.args)
            values = run.lookup(name)
            run.env[name] = of_classes(run, values, classes) if holds else _others(run, values, classes)


def of_classes(run: Run, values: Values, classes: Values) -> Values:
    """The values that may be instances of one of the classes; where there is none, an instance of each class."""
    kept = frozenset(v for v in values if any(_is_instance(run, v, c) is not False for c in classes))
    return kept or from_values(run, classes)


def _others(run: Run, values: Values, classes: Values) -> Values:
    """The values that may be instances of none of the classes."""
    return frozenset(v for v in values if not any(_is_instance(run, v, c) for c in classes))


def _is_instance(run: Run, value: Value, cls: Value) -> bool | None:
    """Whether a value is an instance of a class; None where that is not known."""
    if isinstance(cls, Cls):
        if isinstance(value, Obj):
            below = value.info in run.engine.classes.ancestors(cls.info)
            return cls.info in run.engine.classes.ancestors(value.info) or (None if below else False)
        return False if isinstance(value, Rec) or (isinstance(value, Inst) and value.type in BUILTINS) else None
    if not isinstance(cls, Ext):
        return None
    name = canonical(cls.name)
    builtin = name.removeprefix("builtins.")
    if isinstance(value, Rec):
        return builtin == "dict"
    if isinstance(value, Inst):
        if value.type in BUILTINS or builtin in BUILTINS:
            return value.type == builtin
        return True if is_a(value.type, name) else None
    if isinstance(value, Obj):
        above = [b for b in run.engine.classes.ancestors(value.info) if isinstance(b, Ext)]
        return any(is_a(b.name, name) for b in above) or (None if above else False)
    return None
