"""Calls of a method of which only the name is known: `relation.reader.read(session, value)`, where nothing says what
`relation` is.

Whose object is unknown may be any: it is one of the program where every class that has a method of that name takes a
session in the very place where the call gives one. All these methods change together then, so that each of them can be
awaited there. Where one of them takes something else, nothing is concluded.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

from asyncify.analysis.classes import Classes
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.infer.engine import Facts
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import NOTHING, Fn, Values, has
from asyncify.knowledge import names

_SESSIONS = (names.SESSION, names.ASYNC_SESSION)


def named_calls(modules: Mapping[str, ModuleInfo], classes: Classes, facts: Facts) -> Iterator[tuple[ast.Call, Fn]]:
    """Each such call, with every method that it may run. Tests are full of stand-ins, and theirs do not count."""
    methods: dict[str, list[Fn]] = defaultdict(list)
    for info in classes.all:
        if not is_test_path(info.path):
            for method in info.methods.values():
                methods[method.name].append(Fn(method, info, True))
    for path, module in modules.items():
        for node in () if is_test_path(path) else module.source.nodes_of(ast.Call):
            found = methods.get(node.func.attr, []) if isinstance(node.func, ast.Attribute) else []
            if found and not _is_known(node, facts) and all(_takes_sessions(f.info, node, facts) for f in found):
                yield from ((node, function) for function in found)


def _is_known(node: ast.Call, facts: Facts) -> bool:
    """Whether a call gives no session, or something is known of what it runs or of its object."""
    func = node.func
    if not isinstance(func, ast.Attribute) or not any(_is_session(facts, a) for _, a in _given(node)):
        return True
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        return True
    inherited = isinstance(func.value, ast.Call) and getattr(func.value.func, "id", "") == "super"
    known = facts.calls.get(node) or facts.values.get(func) or facts.values.get(func.value)
    return inherited or bool(known)


def _given(node: ast.Call) -> list[tuple[int | str, ast.expr]]:
    return [*enumerate(node.args), *((k.arg or "", k.value) for k in node.keywords)]


def _takes_sessions(method: FunctionInfo, node: ast.Call, facts: Facts) -> bool:
    """Whether a method can be called so, and takes a session wherever it is given one."""
    arguments = method.node.args
    positional = [*arguments.posonlyargs, *arguments.args][0 if "staticmethod" in method.decorators else 1 :]
    by_name = {p.arg: p for p in (*arguments.args, *arguments.kwonlyargs)}
    if method.is_generator or len(node.args) > len(positional):
        return False
    for key, value in _given(node):
        parameter = positional[key] if isinstance(key, int) else by_name.get(key)
        if parameter is None or (_is_session(facts, value) and not _is_session(facts, parameter)):
            return False
    return True


def _is_session(facts: Facts, node: ast.AST) -> bool:
    values: Values = facts.values.get(node, NOTHING)
    return has(values, *_SESSIONS)
