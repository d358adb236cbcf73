"""Reads that another read, just before them and always done, has loaded for."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from asyncify.analysis.evaluated import comes_before, decided_by, is_always_evaluated
from asyncify.analysis.expiry.events import read_in_greenlet, spawns
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.unloaded import Reads, Unloaded
from asyncify.analysis.values import Ext
from asyncify.transforms.eager.reading import Reader, Steps

#: methods of a session after which an instance may have to load again
FORGETS = frozenset("refresh expire expire_all rollback expunge expunge_all close reset".split())


def first_reads(program: Program, places: Iterable[Unloaded]) -> Iterator[Unloaded]:
    """The places without those that read an attribute again that a place before them has surely loaded."""
    places = list(places)
    reads: dict[tuple[FunctionInfo | str, str], list[ast.expr]] = defaultdict(list)
    for path, call, base, name in _loaded_already(program):
        reads[program.function_of(call) or path, f"{ast.dump(_plain(program, base))}.{name}"].append(call)
    for place in places:
        if (key := _key(program, place)) is not None:
            reads[key].append(place.node)
    for place in places:
        key, node = _key(program, place), place.node
        source = program.modules[place.path].source
        others = [e for e in reads[key] if e is not node] if key is not None else []
        if not any(isinstance(node, ast.Attribute) and _covers(program, source, e, node) for e in others):
            yield place


def is_read_before(program: Program, reader: Reader, steps: Steps) -> bool:
    """Whether an earlier run has let something wait before a reader that reads the same."""
    if isinstance(reader.node, ast.expr) and reader.kind == "schema":
        returned = isinstance(program.modules[reader.path].source.parent(reader.node), ast.Return)
        if returned and is_validated_before(program, reader.path, reader.node, written=reader.apart):
            return True
    return is_loaded_before(program, reader, steps)


def is_loaded_before(program: Program, reader: Reader, steps: Steps) -> bool:
    """Whether the function of a reader has surely awaited the same attribute before, as an earlier run has written."""
    function = program.function_of(reader.node)
    read = _read_by(reader, steps)
    if read is None or function is None:
        return False
    node, instance, attribute = read
    for earlier in function.nodes:
        if not isinstance(earlier, (ast.Call, ast.Attribute)):
            continue
        known = read_in_greenlet(program, earlier)
        if known is not None and known[1] == attribute:
            same = ast.dump(_plain(program, known[0])) == ast.dump(_plain(program, instance))
            if same and _covers(program, function.source, earlier, node):
                return True
    return False


def _read_by(reader: Reader, steps: Steps) -> tuple[ast.expr, ast.expr, str] | None:
    """The expression of a reader that reads one relationship, the instance and the attribute."""
    node = reader.node
    if reader.kind == "code":
        return (node, node.value, node.attr) if isinstance(node, ast.Attribute) else None
    return (node, node, steps[0]) if isinstance(node, ast.Name) and len(steps) == 1 else None


def _key(program: Program, place: Unloaded) -> tuple[FunctionInfo | str, str] | None:
    """What tells which attribute of what a place reads; None where it reads no attribute."""
    node = place.node
    if place.reads not in (Reads.ATTRIBUTE, Reads.WRITE) or not isinstance(node, ast.Attribute):
        return None
    return program.function_of(node) or place.path, f"{ast.dump(_plain(program, node.value))}.{node.attr}"


def _plain(program: Program, node: ast.expr) -> ast.expr:
    """An expression as it was before an earlier run has let its reads wait: `invoice.order` of
    `await invoice.awaitable_attrs.order`."""
    read = read_in_greenlet(program, node.value) if isinstance(node, ast.Await) else None
    if read is None and isinstance(node, ast.Attribute):
        read = node.value, node.attr
    return node if read is None else ast.Attribute(_plain(program, read[0]), read[1], ast.Load())


def _loaded_already(program: Program) -> Iterator[tuple[str, ast.expr, ast.expr, str]]:
    """`greenlet_spawn(getattr, instance, "name")` and `instance.awaitable_attrs.name`, the work of an earlier run: the
    file, the place, the instance, the name."""
    for path, module in program.modules.items():
        for node in (*module.source.nodes_of(ast.Call), *module.source.nodes_of(ast.Attribute)):
            read = read_in_greenlet(program, node)
            if read is not None:
                yield path, node, *read


def _covers(program: Program, source: SourceFile, earlier: ast.expr, later: ast.expr) -> bool:
    root = _root(later)
    if not root:
        return False  # each call may give another instance
    condition = decided_by(source, earlier, later)
    if condition is not None:
        return not any(_stores(n, root) or _forgets(program, n, root) for n in ast.walk(condition))
    if (
        earlier.lineno > later.lineno
        or not is_always_evaluated(source, earlier)
        or not _leads_to(source, earlier, later)
    ):
        return False
    function = program.function_of(earlier)
    own = function.nodes if function is not None else (n for n in source.nodes if program.function_of(n) is None)
    between = [n for n in own if earlier.lineno <= getattr(n, "lineno", 0) <= later.lineno]
    return not any(_stores(n, root) or _forgets(program, n, root) for n in between)


def _root(node: ast.expr) -> str:
    """The name from which an expression goes on by attributes and constant places alone; empty where there is none."""
    while isinstance(node, ast.Attribute) or (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _leads_to(source: SourceFile, earlier: ast.AST, later: ast.AST) -> bool:
    """Whether the later node stands in a statement behind that of the earlier one, or in its body."""
    statement = source.statement(earlier)
    inner: ast.AST | None = source.statement(later)
    if inner is statement:
        return False
    while inner is not None and inner is not statement:
        inner = source.parent(inner)
    if inner is statement:
        return isinstance(statement, (ast.If, ast.For, ast.With))
    return comes_before(source, earlier, later)


def _stores(node: ast.AST, root: str) -> bool:
    return isinstance(node, ast.Name) and node.id == root and not isinstance(node.ctx, ast.Load)


def _forgets(program: Program, node: ast.AST, root: str) -> bool:
    """Whether a call may make instances forget: it is a session's, or it is given the instance."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in FORGETS:
        return True
    given = [*node.args, *(k.value for k in node.keywords)]
    library = all(isinstance(v, Ext) for v in program.values(node.func)) and program.values(node.func)
    return not library and any(isinstance(a, ast.Name) and a.id == root for a in given)


def is_validated_before(program: Program, path: str, node: ast.expr, *, written: bool = False) -> bool:
    """Whether the statement before one that returns validates the same in the greenlet: the work of an earlier run.
    written: whether it must be written out there, too, which reads what a schema computes."""
    source = program.modules[path].source
    statement = source.statement(node)
    block = source.parent(statement)
    bodies = [b for name in ("body", "orelse", "finalbody") if isinstance(b := getattr(block, name, None), list)]
    before = next((b[b.index(statement) - 1] for b in bodies if statement in b[1:]), None)
    if isinstance(before, ast.With) and len(before.body) == 1:  # `with suppress(ValidationError):`
        before = before.body[0]
    if not isinstance(before, ast.Expr) or not isinstance(before.value, ast.Await):
        return False
    call = before.value.value
    if not isinstance(call, ast.Call) or not spawns(program, call):
        return False
    validators = [a.body for a in call.args[:1] if isinstance(a, ast.Lambda)]
    if written and not any(last_name(_called(body)) == "model_dump" for body in validators):
        return False
    same = ast.dump(node)
    return any(ast.dump(_prepared(argument)) == same for argument in call.args)


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _prepared(node: ast.expr) -> ast.expr:
    """What is handed over: `page` of `page.dict(by_alias=True)`."""
    made = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "dict"
    return node.func.value if made else node  # type: ignore[attr-defined]
