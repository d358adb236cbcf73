"""Generators: where they are made, and where they are driven to their next item or their end."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Fn, Inst, Obj
from asyncify.knowledge.barriers import ASYNC_METHODS, CONTEXT_METHODS

#: methods that run a generator, or the context manager that one is made to, and the async ones in their place
DRIVES: Mapping[str, str] = MappingProxyType(
    {
        "close": "aclose",
        "send": "asend",
        "throw": "athrow",
        "__next__": "__anext__",
        **{name: ASYNC_METHODS[name] for name in sorted(CONTEXT_METHODS)},
    }
)


def generators_in(program: Program, node: ast.AST) -> list[FunctionInfo]:
    """The generator functions of the program that made what an expression holds."""
    found: list[FunctionInfo] = []
    for value in program.values(node):
        if isinstance(value, Inst) and value.type in ("generator", "contextmanager") and len(value.args) > 1:
            found += [maker.info for maker in value.args[1] if isinstance(maker, Fn)]
        elif isinstance(value, Obj):
            method = program.classes.method(value.info, "__iter__")
            found += [method] if method is not None and method.is_generator else []
    return found


#: builtins, and methods of containers, text, files and sessions, that run an iterable to its end. Source: Python and
#: SQLAlchemy references
DRAINS = frozenset(
    "list tuple set frozenset sorted any all sum max min dict enumerate zip map filter reversed reduce chain deque "
    "Counter OrderedDict".split()
)
DRAINING_METHODS = frozenset("join extend update union writelines writerows add_all fromkeys intersection".split())


def stepped_generator(node: ast.Call) -> ast.expr | None:
    """What `next(rows)` or `rows.__next__()` takes an item of; None for other calls."""
    func = node.func
    if isinstance(func, ast.Name) and func.id == "next" and node.args:
        return node.args[0]
    return func.value if isinstance(func, ast.Attribute) and func.attr == "__next__" and not node.args else None


def driven_generator(program: Program, node: ast.Call) -> ast.expr | None:
    """What `rows.send(x)` or `scope.__enter__()` runs: a generator, or the context manager of one; None for others."""
    func = node.func
    if not isinstance(func, ast.Attribute) or func.attr not in DRIVES:
        return None
    entered = any(isinstance(v, Inst) and v.type == "contextmanager" for v in program.values(func.value))
    return func.value if entered is (func.attr in CONTEXT_METHODS) else None


def drained_arguments(program: Program, node: ast.Call) -> list[ast.expr]:
    """The arguments that a call of a library runs to their end: `list(rows())`, `",".join(rows())`."""
    if program.calls(node) and not isinstance(node.func, ast.Name):
        return []
    drains = isinstance(node.func, ast.Name) and node.func.id in DRAINS
    drains = drains or (isinstance(node.func, ast.Attribute) and node.func.attr in DRAINS | DRAINING_METHODS)
    return [a for a in (*node.args, *(k.value for k in node.keywords)) if not isinstance(a, ast.Starred) and drains]


#: kinds of nodes that may run an iterable or enter a context manager
_CONSUMERS = frozenset({ast.Call, ast.Starred, ast.For, ast.comprehension, ast.With, ast.YieldFrom})


def consumed_generators(program: Program, module: ModuleInfo) -> Iterator[tuple[ast.AST, FunctionInfo]]:
    """Places that iterate over, drive or enter what a generator function made, with that function."""
    for node in module.source.nodes_among(_CONSUMERS):
        consumed: list[ast.expr] = []
        if isinstance(node, ast.Call):
            consumed = drained_arguments(program, node)
            stepped = stepped_generator(node)
            if stepped is not None:
                consumed = [stepped]
            elif (driven := driven_generator(program, node)) is not None:
                consumed = [*consumed, driven]
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "enter_context":
                consumed = node.args[:1]
        elif isinstance(node, ast.Starred):
            consumed = [node.value]
        elif isinstance(node, (ast.For, ast.comprehension)):
            consumed = [node.iter]
        elif isinstance(node, ast.With):
            consumed = [item.context_expr for item in node.items]
        elif isinstance(node, ast.YieldFrom):
            consumed = [node.value]
        for expression in consumed:
            for function in generators_in(program, expression):
                yield expression if isinstance(node, ast.comprehension) else node, function


def lends(program: Program, function: FunctionInfo, around: frozenset[FunctionInfo] = frozenset()) -> bool:
    """Whether a generator yields once, in no loop, as those do that are dependencies, fixtures and context managers.

    around: generators that give on what this one yields.
    """
    if function in around:
        return False
    loops = (ast.For, ast.AsyncFor, ast.While)
    looped = {inner for node in function.nodes if isinstance(node, loops) for inner in ast.walk(node)}
    yields = [n for n in function.nodes if isinstance(n, (ast.Yield, ast.YieldFrom))]
    if len(yields) != 1 or yields[0] in looped:
        return False
    if isinstance(yields[0], ast.Yield):
        return True
    inner = program.calls(yields[0].value)
    return bool(inner) and all(lends(program, target.info, around | {function}) for target in inner)
