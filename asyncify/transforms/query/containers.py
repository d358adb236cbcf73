"""Queries in lists, tuples and dictionaries: whoever takes one out must be seen."""

from __future__ import annotations

import ast

from asyncify.analysis.symbols import FunctionInfo
from asyncify.transforms.query.paths import is_parameter, values_of
from asyncify.transforms.query.uses import Use, Uses

#: what may be called on a container of queries; what comes out of it is a use of its own
VIEWS = frozenset({"items", "values"})
ELEMENTS = frozenset({"get", "pop"})
ADDING = frozenset({"append", "add", "insert", "appendleft", "setdefault"})
DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def container_of(use: Use) -> ast.expr | None:
    """The display, comprehension or collection that a query is put in."""
    parent = use.source.parent(use.node)
    if isinstance(parent, DISPLAYS) and isinstance(getattr(parent, "ctx", ast.Load()), ast.Load):
        return parent
    if isinstance(parent, COMPREHENSIONS):
        return parent
    call = parent if isinstance(parent, ast.Call) else None
    if call is not None and isinstance(call.func, ast.Attribute) and call.func.attr in ADDING:
        return call.func.value
    return None


def stays_in_sight(uses: Uses, use: Use, container: ast.expr) -> bool:
    """Whether all that is done with a container is putting queries in, and taking them out where it is seen."""
    parent = use.source.parent(container)
    if isinstance(parent, (ast.Assign, ast.AnnAssign)) and parent.value is container:
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        function = uses.program.function_of(container)
        return function is not None and all(
            isinstance(t, ast.Name) and _name_is_followed(uses, use, function, t.id) for t in targets
        )
    if isinstance(container, ast.Name):
        function = uses.program.function_of(container)
        return function is not None and _name_is_followed(uses, use, function, container.id)
    return _taken_out(uses, use, container)


def unpacked(uses: Uses, use: Use, display: ast.Tuple) -> bool:
    """Whether every caller of a function that returns a tuple with a query takes the tuple apart at once."""
    program = uses.program
    function = program.function_of(display)
    index = display.elts.index(use.node) if isinstance(use.node, ast.expr) and use.node in display.elts else -1
    returns = [n.value for n in function.nodes if isinstance(n, ast.Return)] if function is not None else []
    if function is None or index < 0 or not all(_as_long(value, len(display.elts)) for value in returns):
        return False
    found = False
    for path in sorted(program.modules):
        source = program.modules[path].source
        for node in source.nodes:
            if any(f.info is function for f in program.calls(node)):
                found = True
                parent = source.parent(node)
                target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
                if not isinstance(target, (ast.Tuple, ast.List)) or len(target.elts) != len(display.elts):
                    return False
                name = target.elts[index]
                if not isinstance(name, ast.Name) or not _is_read_as_query(uses, name):
                    return False
    return found


def _as_long(value: ast.expr | None, size: int) -> bool:
    return isinstance(value, ast.Tuple) and len(value.elts) == size


def _is_read_as_query(uses: Uses, name: ast.Name) -> bool:
    """Whether a name that is bound here is a query wherever it is read next, or never read."""
    function = uses.program.function_of(name)
    if function is None:
        return False
    loads = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == name.id and isinstance(n.ctx, ast.Load)]
    return all(load in uses.holds for load in loads) or name.id == "_"


def _name_is_followed(uses: Uses, use: Use, function: FunctionInfo, name: str) -> bool:
    if is_parameter(function, name) or values_of(function, name) is None:
        return False
    everywhere = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == name]
    own = set(function.nodes)
    return all(n in own and (not isinstance(n.ctx, ast.Load) or _taken_out(uses, use, n)) for n in everywhere)


def _taken_out(uses: Uses, use: Use, node: ast.expr) -> bool:
    """Whether a place where a container is read takes single queries out, or only looks at the container itself."""
    parent = use.source.parent(node)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return isinstance(parent.ctx, ast.Store) or parent in uses.holds
    if isinstance(parent, (ast.For, ast.comprehension)):
        return parent.iter is node and _holds(uses, parent.target)
    if isinstance(parent, ast.Attribute):
        call = use.source.parent(parent)
        if not isinstance(call, ast.Call) or call.func is not parent:
            return False
        if parent.attr in VIEWS:
            around = use.source.parent(call)
            return isinstance(around, (ast.For, ast.comprehension)) and _holds(uses, around.target)
        return parent.attr in ADDING or (parent.attr in ELEMENTS and call in uses.holds)
    if isinstance(parent, ast.Call):
        return isinstance(parent.func, ast.Name) and parent.func.id == "len"
    return isinstance(parent, (ast.If, ast.While)) and parent.test is node


def _holds(uses: Uses, target: ast.expr) -> bool:
    return any(node in uses.holds for node in ast.walk(target))
