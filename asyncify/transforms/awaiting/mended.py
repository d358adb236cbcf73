"""What earlier hands left half done: an `await` on something plain, a caught lazy load."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.colouring import Colouring
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.unawaited import gives_coroutine
from asyncify.analysis.values import Ext, Fn, Inst, Obj, Values, has
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Hole, Replace

#: expressions whose value is never awaitable
PLAIN_VALUES = (
    *(ast.Constant, ast.BinOp, ast.Compare, ast.JoinedStr),
    *(ast.Dict, ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp),
)
PLAIN_KINDS = frozenset({"list", "dict", "set", "tuple", "row"})
#: results of a statement. A streamed one is async, and looks the same here
RESULTS = (names.RESULT, names.SCALARS)
STREAMS = frozenset({"stream", "stream_scalars"})


def mended(program: Program, colouring: Colouring, module: ModuleInfo) -> Iterator[Edit | Finding]:
    """Drop the awaits that cannot be right; report handlers of `MissingGreenlet`."""
    if is_test_path(module.path):
        return
    source = module.source
    for node in source.nodes:
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            because = _plain_call(program, colouring, module, node.value)
            if because:
                op = Replace("$v", (Hole("v", source.span(node.value)),))
                yield Edit("await", module.path, source.target(node), op, (), (), "flip", because)
        elif isinstance(node, ast.ExceptHandler) and node.type is not None:
            if _catches_lazy_loads(program, node.type):
                yield Finding(
                    "await", module.path, source.span(node), "missing-greenlet",
                    "lazy loads that failed are caught here: what is loaded with the query no longer fails",
                    "take the handler away when the answers with the loaded values are the right ones",
                )  # fmt: skip


def _catches_lazy_loads(program: Program, node: ast.expr) -> bool:
    caught = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(isinstance(v, Ext) and v.name.endswith(".MissingGreenlet") for c in caught for v in program.values(c))


def _plain_call(program: Program, colouring: Colouring, module: ModuleInfo, call: ast.Call) -> str:
    """Why a call gives nothing that can be awaited; empty where that is not certain."""
    if isinstance(call.func, ast.Attribute):
        receiver, name = program.values(call.func.value), call.func.attr
        sessions = has(receiver, names.SESSION, names.ASYNC_SESSION)
        if (
            sessions
            and _only(receiver, names.SESSION, names.ASYNC_SESSION)
            and form_of(names.SESSION, name) is Form.PLAIN
        ):
            return f"{name}() of a session is plain"
        if _only(receiver, *RESULTS) and not _streams(module):
            return f"{name}() of a result is plain"
    called = program.values(call.func)
    functions = [value.info for value in called if isinstance(value, Fn)]
    if functions and len(functions) == len(called) and all(_gives_plain(program, colouring, f) for f in functions):
        return f"{functions[0].qualname}() gives nothing that can be awaited"
    return ""


def _only(values: Values, *kinds: str) -> bool:
    return bool(values) and all(has(frozenset({value}), *kinds) for value in values)


def _streams(module: ModuleInfo) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in STREAMS for node in module.source.nodes)


def _gives_plain(program: Program, colouring: Colouring, function: FunctionInfo) -> bool:
    """Whether a plain function is certain to return nothing that can be awaited."""
    if colouring.waits(function) or function in colouring.bridged or function.is_generator:
        return False
    if function.node.decorator_list or program.classes.overrides(function):
        return False
    calls = [node for node in own_nodes(function.node) if isinstance(node, ast.Call)]
    if any(
        gives_coroutine(program, call) or any(colouring.waits(t.info) for t in program.calls(call)) for call in calls
    ):
        return False  # which it may hand on
    returned = [n.value for n in own_nodes(function.node) if isinstance(n, ast.Return) and n.value is not None]
    return all(_is_plain(program, value) for value in returned)


def _is_plain(program: Program, node: ast.expr) -> bool:
    if isinstance(node, PLAIN_VALUES):
        return True
    values = program.values(node)
    return bool(values) and all(
        (isinstance(v, Obj) and program.orm.is_model(v.info)) or (isinstance(v, Inst) and v.type in PLAIN_KINDS)
        for v in values
    )
