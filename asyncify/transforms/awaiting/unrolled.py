"""`map` and `filter` over something that waits: as comprehensions, in which an await can stand."""

from __future__ import annotations

import ast

from asyncify.analysis.bindings import free_name
from asyncify.analysis.colouring import Colouring
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Replace


def unrolled(program: Program, colouring: Colouring, module: ModuleInfo, node: ast.Call) -> Edit:
    """The edit of one such call; of the `list(...)` around it, when there is one."""
    source = module.source
    function, items = node.args
    holes = [Hole("items", source.span(items))]
    if isinstance(function, ast.Lambda):
        name = function.args.args[0].arg
        holes.append(Hole("body", source.span(function.body)))
        applied = "$body"
    else:
        name = free_name(program, module.path, "item")
        holes.append(Hole("f", source.span(function)))
        handed = program.facts.handed.get(function, set()) | set(program.calls(node))
        waits = any(colouring.runs(t) in colouring.becomes_async for t in handed)
        applied = f"{'await ' if waits else ''}$f({name})"
    is_map = isinstance(node.func, ast.Name) and node.func.id == "map"
    text = f"[{applied} for {name} in $items]" if is_map else f"[{name} for {name} in $items if {applied}]"
    target: ast.AST = node
    outer = source.parent(node)
    caller = outer.func.id if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) else ""
    if caller == "list" and isinstance(outer, ast.Call) and len(outer.args) == 1 and not program.calls(outer):
        target = outer
    elif caller == "next" or isinstance(outer, (ast.Assign, ast.Return)):
        text = f"iter({text})"
    because = "an await cannot stand in what a library calls"
    return Edit("await", module.path, source.target(target), Replace(text, tuple(holes)), (), (), "flip", because)
