"""From the words of a function to those of its caller, and back: what is `self.db` inside is `repo.db` outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.assignments import assigned
from asyncify.analysis.dotted import is_path, root_of
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn
from asyncify.transforms.query.paths import alias_of, is_parameter, is_steady, owner_of, stays, with_root
from asyncify.transforms.query.uses import Uses


@dataclass(frozen=True)
class Entry:
    """The way into a function: the call, or the attribute of an object whose property or stored value is read.

    path: the file of the node.
    """

    node: ast.AST
    function: Fn
    path: str


#: methods of an object that run because of what is done with it, not by the call that gives it
IMPLICIT = frozenset("__iter__ __next__ __enter__ __exit__ __aiter__ __anext__ __aenter__ __aexit__".split())


def entered(program: Program, node: ast.AST) -> tuple[Fn, ...]:
    """The functions that get the arguments of a call."""
    return tuple(f for f in program.calls(node) if f.info.name not in IMPLICIT or not isinstance(node, ast.Call))


def argument(entry: Entry, name: str) -> ast.expr | None:
    """What is handed over for a parameter; for the first of a bound method, the receiver. None: not said."""
    node, info = entry.node, entry.function.info
    spec = info.node.args
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    if isinstance(node, ast.Attribute):
        return node.value if positional[:1] == [name] else None
    if not isinstance(node, ast.Call):
        return None
    if entry.function.bound and info.cls is not None and positional and "staticmethod" not in info.decorators:
        if positional[0] == name:
            receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
            return receiver if info.name != "__init__" else None
        positional = positional[1:]
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    index = positional.index(name) if name in positional else len(node.args)
    if index < len(node.args) and not any(isinstance(a, ast.Starred) for a in node.args[: index + 1]):
        return node.args[index]
    return None


def is_spread(node: ast.Call) -> bool:
    """Whether a call hands over arguments that are not written out."""
    return any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords)


def outside(program: Program, path: ast.expr, entry: Entry) -> ast.expr | None:
    """A path of a function in the words of who entered it; None where there are none."""
    function = entry.function.info
    root = root_of(path)
    owner = owner_of(function, root)
    if owner is None:
        return path if _same_global(program, root, entry) else None
    if owner is not function:  # of the function around it: seen from there too
        return path if owner is owner_of(program.function_of(entry.node), root) else None
    if not stays(owner, path):
        return None
    if not is_parameter(function, root):
        whole = alias_of(program, ast.Name(root), function.node.body[0])
        return outside(program, with_root(path, whole), entry) if whole is not None else None
    given = argument(entry, root)
    if given is None and isinstance(entry.node, ast.Attribute):
        kept = kept_as(program, function, root)
        given = ast.Attribute(value=entry.node.value, attr=kept, ctx=ast.Load()) if kept is not None else None
    if given is None or not is_path(given) or not is_steady(program, given, entry.node):
        return None
    return with_root(path, given)


def inside(program: Program, path: ast.expr, entry: Entry) -> Iterator[ast.expr]:
    """The paths by which the function that a call enters knows what the caller calls `path`."""
    function, text = entry.function.info, ast.unparse(path)
    for arg in function.parameters:
        given = argument(entry, arg.arg)
        if given is None or not is_path(given):
            continue
        handed = ast.unparse(given)
        if text == handed or text.startswith(f"{handed}."):
            found = ast.parse(arg.arg + text[len(handed) :], mode="eval").body
            if stays(function, found):
                yield found
    root = root_of(path)
    owner = owner_of(program.function_of(entry.node), root)
    if owner is owner_of(function, root) and (owner is not None or _same_global(program, root, entry)):
        yield path


def kept_as(program: Program, function: FunctionInfo, name: str) -> str | None:
    """`self.db = db` in a method: the attribute that a parameter is kept in."""
    first = function.parameters[0].arg if function.parameters else ""
    for node in function.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == name:
            for target in node.targets:
                inner = target.value if isinstance(target, ast.Attribute) else None
                if isinstance(target, ast.Attribute) and isinstance(inner, ast.Name) and inner.id == first:
                    if _stored_once(program, function, target.attr):
                        return target.attr
    return None


def _stored_once(program: Program, function: FunctionInfo, attribute: str) -> bool:
    """Whether nothing but one statement of its class, and the classes around it, writes an attribute."""
    if function.cls is None:
        return False
    related = {*program.classes.program_ancestors(function.cls), *program.classes.descendants(function.cls)}
    stores = [
        node
        for info in related
        for method in info.methods.values()
        for node in method.nodes
        if isinstance(node, ast.Attribute) and node.attr == attribute and not isinstance(node.ctx, ast.Load)
    ]
    return len(stores) == 1


def _same_global(program: Program, name: str, entry: Entry) -> bool:
    """Whether a name of a function's module is the same thing for who enters the function."""
    if owner_of(program.function_of(entry.node), name) is not None:
        return False
    path = entry.function.info.path
    if entry.path == path:
        return name in program.modules[path].bound or name in program.modules[path].imports
    expression = ast.Name(name, ast.Load())
    there, here = (program.names.resolve_expression(p, expression) for p in (path, entry.path))
    return there is not None and there == here


def in_callers_words(uses: Uses, session: ast.expr, site: ast.AST, place: ast.expr) -> ast.expr | None:
    """The session of a site as an expression at `place`, where the query came from one call of the site's function.

    `self.db` of a method is `repo.db` for who calls `repo.method()`; a parameter is what the caller passed.
    Returns None where there is no such call, or where it is not the only way that the query can come.
    """
    program = uses.program
    made, around = program.function_of(site), program.function_of(place)
    call = _origin(uses, place)
    function = next((f for f in program.calls(call) if f.info is made), None) if call is not None else None
    if call is None or function is None or around is None or not is_path(session):
        return None
    return outside(program, session, Entry(call, function, around.path))


def _origin(uses: Uses, node: ast.expr) -> ast.Call | None:
    """The one call that gave the query in an expression, the links on it taken off."""
    root = _root(uses, node)
    if isinstance(root, ast.Call):
        return root
    function = uses.program.function_of(node)
    if not isinstance(root, ast.Name) or function is None:
        return None
    found = {_root(uses, value) for value in assigned(function, root.id)}
    calls = {value for value in found if not (isinstance(value, ast.Name) and value.id == root.id)}
    only = calls.pop() if len(calls) == 1 else None
    return only if isinstance(only, ast.Call) else None


def _root(uses: Uses, node: ast.expr) -> ast.expr:
    while (
        isinstance(node, ast.Call)
        and node not in uses.sites
        and isinstance(node.func, ast.Attribute)
        and node.func.value in uses.holds
    ):
        node = node.func.value
    return node
