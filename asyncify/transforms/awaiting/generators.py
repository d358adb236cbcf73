"""The annotations of generators that become async generators."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Replace

#: sync annotation -> async annotation, with the number of its parameters. Source: `collections.abc`
ASYNC_FORMS = {
    "typing.Generator": ("AsyncGenerator", 2),
    "typing.Iterator": ("AsyncIterator", 1),
    "typing.Iterable": ("AsyncIterable", 1),
}


def generator_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """Return annotations of the generator functions of a module that become async."""
    for function in module.functions.values():
        returns = function.node.returns
        if function not in program.colouring.becomes_async or not function.is_generator or returns is None:
            continue
        head = returns.value if isinstance(returns, ast.Subscript) else returns
        found = program.names.resolve_expression(module.path, head)
        if not isinstance(found, Ext) or found.name not in ASYNC_FORMS:
            continue
        new, count = ASYNC_FORMS[found.name]
        local, imports = bring(program, module.path, _home(program, module, head), new)
        drops = tuple(n.id for n in ast.walk(head) if isinstance(n, ast.Name))
        op = Replace(local)
        node: ast.expr = head
        if isinstance(returns, ast.Subscript) and isinstance(returns.slice, ast.Tuple):
            parts = returns.slice.elts[:count]
            holes = tuple(Hole(f"p{i}", module.source.span(p)) for i, p in enumerate(parts))
            op = Replace(f"{local}[{', '.join(f'$p{i}' for i in range(len(parts)))}]", holes)
            node = returns
        because = f"{function.qualname} becomes an async generator"
        yield Edit("await", module.path, module.source.target(node), op, imports, drops, "flip", because)


def yields_annotation(program: Program, module: ModuleInfo, function: FunctionInfo, because: str) -> Iterator[Edit]:
    """The return annotation, if there is one, of a function that comes to yield what it returned."""
    if function.node.returns is not None:
        iterator, imports = bring(program, module.path, "collections.abc", "AsyncIterator")
        target, op = module.source.target(function.node.returns), Replace(f"{iterator}[$it]")
        yield Edit("await", module.path, target, op, imports, (), "flip", because)


def _home(program: Program, module: ModuleInfo, head: ast.expr) -> str:
    """Where the file takes such names from: `typing` or `collections.abc`."""
    if isinstance(head, ast.Name):
        for statement in module.imports.get(head.id, ()):
            if isinstance(statement, ast.ImportFrom) and statement.module:
                return statement.module
    return "collections.abc" if "collections" in module.imports else "typing"
