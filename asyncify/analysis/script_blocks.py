"""Statements at the top of a module that wait: they go into an async function that is run to its end there."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.import_order import ImportGraph
from asyncify.analysis.program import Program
from asyncify.analysis.servers import Serving, serves
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names

#: run tests, which have loops of their own
TEST_RUNNERS = frozenset({"pytest.main", "unittest.main"})


@dataclass(frozen=True)
class ScriptBlock:
    """Statements of one module that become the body of a function.

    statement: what is replaced. body: what goes into the function. guarded: whether the statement is
    `if __name__ == "__main__":`. outside: names that the body binds and that others read: they stay global.
    behind: what stays there, behind the call of the function.
    """

    statement: ast.stmt
    body: tuple[ast.stmt, ...]
    guarded: bool
    outside: tuple[str, ...]
    behind: tuple[ast.stmt, ...] = ()


def is_main_guard(node: ast.AST) -> bool:
    """Whether a statement is `if __name__ == "__main__":`."""
    return isinstance(node, ast.If) and any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test))


def in_main_guard(source: SourceFile, node: ast.AST) -> bool:
    """Whether a node stands under `if __name__ == "__main__":`."""
    outer: ast.AST | None = node
    while outer is not None and not is_main_guard(outer):
        outer = source.parent(outer)
    return outer is not None


def is_script(program: Program, path: str) -> bool:
    """Whether a module is run and not imported: no other one imports it, it has no app, and pytest looks elsewhere."""
    if is_test_path(path) or PurePosixPath(path).name == "__init__.py":
        return False
    if any(has(program.values(n), names.FASTAPI) for n in program.modules[path].source.nodes_of(ast.Name)):
        return False
    graph = ImportGraph(program)
    kinds = frozenset({ast.Import, ast.ImportFrom})
    return not any(
        path in graph.targets(other, node)
        for other in program.modules
        if other != path
        for node in program.modules[other].source.nodes_among(kinds)
    )


def script_blocks(
    program: Program, module: ModuleInfo, waiting: Iterable[ast.AST], *, alone: bool
) -> Iterator[ScriptBlock]:
    """The blocks of a module. waiting: nodes outside of functions that wait, and are no lone call of a coroutine.

    Besides a main guard at most one statement: each runs a loop of its own, and connections cannot go from one loop to
    another. alone: the module is a script, where all of them share one loop.
    """
    inside = {id(inner): stmt for stmt in module.source.tree.body for inner in ast.walk(stmt)}
    waiting_nodes = set(waiting)
    found = list(dict.fromkeys(inside[id(node)] for node in waiting_nodes if id(node) in inside))
    found.sort(key=lambda s: s.lineno)
    plain = [s for s in found if not is_main_guard(s)]
    for stmt in found:
        behind: tuple[ast.stmt, ...] = ()
        if is_main_guard(stmt):
            assert isinstance(stmt, ast.If)
            body, guarded = tuple(stmt.body), True
            if stmt.orelse or _starts_own_loop(program, stmt):
                continue
            first = next((n for n, inner in enumerate(body) if _may_serve(program, inner)), 0)
            if first and not any(node in waiting_nodes for one in body[first:] for node in ast.walk(one)):
                body, behind = body[:first], body[first:]
        elif (alone or len(plain) == 1) and isinstance(stmt, (ast.With, ast.Try, ast.For, ast.While, ast.If)):
            body, guarded = (stmt,), False
        else:
            continue
        outside = _names_outside(program, module, body)
        if outside is not None:
            yield ScriptBlock(stmt, body, guarded, outside, behind)


def _may_serve(program: Program, stmt: ast.stmt) -> bool:
    """Whether a statement runs a server that may need a loop of its own, or may start processes that have one."""
    calls = (n for n in ast.walk(stmt) if isinstance(n, ast.Call))
    return any(serves(program, call) in (Serving.UNKNOWN, Serving.ELSEWHERE) for call in calls)


def together(program: Program, module: ModuleInfo, lone: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The lone calls of coroutines under a main guard where more than one thing wants a loop: they share one, as
    connections cannot go from one loop to another. A server that runs there is such a thing."""
    for stmt in module.source.tree.body:
        if not isinstance(stmt, ast.If) or not is_main_guard(stmt) or stmt.orelse or _starts_own_loop(program, stmt):
            continue
        inside = set(ast.walk(stmt))
        calls = [n for n in inside if isinstance(n, ast.Call)]
        if any(isinstance(v, Ext) and v.name in TEST_RUNNERS for n in calls for v in program.values(n.func)):
            continue
        found = [node for node in lone if node in inside]
        if found and len(found) + sum(serves(program, n) is Serving.HERE for n in calls) > 1:
            yield from found


def _starts_own_loop(program: Program, stmt: ast.stmt) -> bool:
    """Whether a server that is started below a statement cannot run in the loop of others, or it is not known."""
    return any(serves(program, node) is Serving.UNKNOWN for node in ast.walk(stmt) if isinstance(node, ast.Call))


def waits_beside_server(program: Program, path: str, nodes: Iterable[ast.AST]) -> bool:
    """Whether some nodes at the top of a module run loops before such a server starts one."""
    body = program.modules[path].source.tree.body
    guards = [s for s in body if is_main_guard(s) and _starts_own_loop(program, s)]
    inside = {inner for stmt in guards for inner in ast.walk(stmt)}
    return any(node in inside for node in nodes)


def in_block(source: SourceFile, node: ast.AST, blocks: Container[ast.AST]) -> bool:
    """Whether a node stands in one of the statements that go into a function."""
    outer: ast.AST | None = node
    while outer is not None and outer not in blocks:
        outer = source.parent(outer)
    return outer is not None


def _names_outside(program: Program, module: ModuleInfo, body: tuple[ast.stmt, ...]) -> tuple[str, ...] | None:
    """Names that a body binds and that something else of the program reads; None where it cannot be a function."""
    nodes = [n for stmt in body for n in ast.walk(stmt)]
    if any(isinstance(n, (ast.ClassDef, ast.Global)) for n in nodes):
        return None
    brought = [alias for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)) for alias in n.names]
    if any(alias.name == "*" for alias in brought):
        return None
    inner = {n for n in nodes if isinstance(n, ast.Name)}
    bound = {n.id for n in inner if isinstance(n.ctx, (ast.Store, ast.Del))}
    bound |= {(alias.asname or alias.name).partition(".")[0] for alias in brought}
    bound |= {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
    read = {
        n.id
        for n in module.source.nodes
        if isinstance(n, ast.Name) and n not in inner and not _is_local(program.function_of(n), n.id)
    }
    shared = (read | program.reexports().get(module.path, frozenset()) | set(_read_first(body))) & bound
    if shared & {n.target.id for n in nodes if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}:
        return None
    return tuple(sorted(shared))


def _read_first(body: tuple[ast.stmt, ...]) -> Iterator[str]:
    """Names that a body reads before it binds them: `with session.begin() as session`, `count = count + 1`."""
    bound: set[str] = set()
    for node in (n for stmt in body for n in _evaluated(stmt)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in bound:
            yield node.id
        elif isinstance(node, ast.Name):
            bound.add(node.id)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement in the order in which they are evaluated: values before what they are bound to."""
    targets = (getattr(node, "targets", None) or []) + [
        inner for name in ("target", "optional_vars") if isinstance(inner := getattr(node, name, None), ast.AST)
    ]
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield ast.Name(node.target.id, ast.Load())
    first: list[ast.AST] = [node.iter] if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) else []
    first += getattr(node, "generators", [])
    first += [node.value] if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value else []
    first += [node.context_expr] if isinstance(node, ast.withitem) else []
    rest = [child for child in ast.iter_child_nodes(node) if child not in first and child not in targets]
    yield node
    for child in (*first, *targets, *rest):
        yield from _evaluated(child)


def _is_local(function: FunctionInfo | None, name: str) -> bool:
    while function is not None:
        if name in function.local_names:
            return True
        function = function.parent
    return False
