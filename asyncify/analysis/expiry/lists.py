"""Lists that hold nothing but mapped instances of one class: all of them can be loaded again.

What is known of the elements of a list is what is known of some of them: `[user, 3]` holds users as far as that goes.
"""

from __future__ import annotations

import ast

from asyncify.analysis.assignments import assigned_value
from asyncify.analysis.expiry.events import is_list, is_model_instance
from asyncify.analysis.mock_calls import results
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import instances

#: methods of a list that put in what they are given last. Source: Python "Mutable Sequence Types"
PUTS_IN = frozenset({"append", "insert"})
DISPLAYS = (ast.List, ast.Tuple, ast.Set)
#: functions of Python that give the elements of their first argument. Source: Python "Built-in Functions"
COPIES = frozenset({"list", "sorted", "set", "tuple"})


def is_list_of_rows(program: Program, node: ast.expr) -> bool:
    """Whether an expression is a list of mapped instances of one class that were loaded or made one by one, and of
    nothing else: what others lead to comes again with these."""
    found = list(instances(program.values(node)))
    infos = {value.info for value in found}
    alone = len(infos) == 1 and not any(value.origin is not None and value.origin.steps for value in found)
    return alone and is_list(program, node) and _is_pure(program, node, set())


def _is_pure(program: Program, node: ast.expr, seen: set[object]) -> bool:
    """Whether all that an expression may have as an element is an instance. seen: what was asked already."""
    if isinstance(node, ast.Await):
        return _is_pure(program, node.value, seen)
    if isinstance(node, DISPLAYS):
        return all(_is_element(program, part, seen) for part in node.elts)
    if isinstance(node, (ast.ListComp, ast.SetComp)):
        return is_model_instance(program, node.elt)
    if isinstance(node, ast.Name):
        function = program.function_of(node)
        return function is not None and _holds_rows(program, function, node.id, seen)
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in COPIES and node.args:
            return _is_pure(program, node.args[0], seen)
        for called in program.calls(node):
            if called.info not in seen:
                seen.add(called.info)
                if not all(_is_pure(program, value, seen) for value in results(called.info.node)):
                    return False
    return True


def _is_element(program: Program, part: ast.expr, seen: set[object]) -> bool:
    if isinstance(part, ast.Starred):
        return _is_pure(program, part.value, seen)
    return is_model_instance(program, part) or (is_list(program, part) and _is_pure(program, part, seen))


def _holds_rows(program: Program, function: FunctionInfo, name: str, seen: set[object]) -> bool:
    """Whether all that a function gives a name as a list, and puts in, is an instance."""
    if (function, name) in seen:
        return True
    seen.add((function, name))
    for node in function.nodes:
        value = assigned_value(node, name)
        if isinstance(value, DISPLAYS):
            if not _is_pure(program, value, seen):
                return False
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PUTS_IN:
            if isinstance(node.func.value, ast.Name) and node.func.value.id == name and node.args:
                value = node.args[-1]
        if value is not None and not _is_element(program, value, seen):
            return False
    return True
