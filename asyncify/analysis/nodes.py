"""Going over the nodes of a tree, in a fraction of the time that the `ast` module takes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from types import MappingProxyType

#: what has names of its own
SCOPES = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef})

#: fields that hold no nodes: names, numbers, flags, and the operators and contexts that all trees share
_PLAIN = frozenset(
    "arg asname attr conversion ctx id is_async kind kwd_attrs level module name op ops rest simple tag type_comment "
    "type_ignores".split()
)


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    if kind in (ast.Constant, ast.Global, ast.Nonlocal, ast.MatchSingleton, ast.alias):
        return ()
    plain = _PLAIN - {"name"} if kind.__name__ == "TypeAlias" else _PLAIN
    return tuple(name for name in kind._fields if name not in plain)


#: the fields of each kind of node that may hold nodes, in order
_FIELDS: Mapping[type, tuple[str, ...]] = MappingProxyType(
    {kind: _fields(kind) for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)}
)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node, in the order of `ast.iter_child_nodes`; operators and contexts are left out."""
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if value is None:
            continue
        if type(value) is list:
            found += value if None not in value else [item for item in value if item is not None]
        else:
            found.append(value)
    return found


def below(root: ast.AST) -> list[ast.AST]:
    """A node and everything below it, in the order of `ast.walk`."""
    found = [root]
    for node in found:
        found += children(node)
    return found


def own_nodes(
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module | ast.ClassDef | ast.With,
) -> list[ast.AST]:
    """All nodes that run as part of a body itself: not those of nested functions, lambdas and classes, but with
    their decorators and defaults."""
    found: list[ast.AST] = []
    stack: list[ast.AST] = list(reversed(function.body))
    while stack:
        node = stack.pop()
        found.append(node)
        if type(node) in SCOPES:
            stack += _outside(node)
        else:
            inner = children(node)
            inner.reverse()
            stack += inner
    return found


def _outside(scope: ast.AST) -> list[ast.expr]:
    """What a definition evaluates where it stands: decorators, defaults, bases."""
    if isinstance(scope, ast.ClassDef):
        return [*scope.decorator_list, *scope.bases, *(k.value for k in scope.keywords)]
    if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        decorators = [] if isinstance(scope, ast.Lambda) else scope.decorator_list
        return [*decorators, *scope.args.defaults, *filter(None, scope.args.kw_defaults)]
    return []


def raises(body: Iterable[ast.stmt]) -> bool:
    """Whether statements raise themselves: behind a `with` around them the code may go on, as it does for
    `pytest.raises` and `contextlib.suppress`."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, (ast.stmt, ast.ExceptHandler, ast.match_case)) and type(node) not in SCOPES:
            stack += children(node)
    return False


def last_name(node: ast.expr) -> str:
    """`c` of `a.b.c`."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
