"""Functions that are one by the class of their first argument: `singledispatch`, and what is registered for it.

Who calls one gets what any of them gives, so all of them wait, or none. Source: functools, `singledispatch` and
`singledispatchmethod`, which give what the chosen function gives: of an async one its coroutine.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn
from asyncify.knowledge.library import DISPATCHERS


def dispatched(program: Program) -> Mapping[FunctionInfo, tuple[FunctionInfo, ...]]:
    """For each function of such a family, all of it."""
    if not any(function.decorators & DISPATCHERS for function in program.functions):
        return {}
    found: dict[FunctionInfo, dict[FunctionInfo, None]] = defaultdict(dict)
    for function in program.functions:
        for decorator in function.node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(target, ast.Attribute) and target.attr == "register":
                for value in program.values(target.value):
                    if isinstance(value, Fn) and value.info.decorators & DISPATCHERS:
                        found[value.info] |= {value.info: None, function: None}
    return {member: tuple(family) for family in found.values() for member in family}
