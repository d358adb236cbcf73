"""Calls that may have to be awaited and of whose object nothing is known: each is listed, none drops out silently."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.kept import in_run_sync
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Finding

#: members of a session or connection that wait and that few other objects have
TELLING = frozenset("commit rollback flush execute scalars refresh query exec exec_driver_sql".split())
#: objects that are no sessions although they execute: DBAPI cursors
CURSORS = frozenset({"cursor", "cur", "curs"})
BUILTIN_METHODS = frozenset(name for kind in (dict, list, set, str, bytes, int, tuple) for name in dir(kind))
KINDS = (names.SESSION, names.SESSIONMAKER, names.ENGINE, names.CONNECTION, names.QUERY)


def unresolved_calls(program: Program, module: ModuleInfo) -> Iterator[Finding]:
    """The findings of one module. Tests are full of stand-ins without a type: their transform follows these."""
    if is_test_path(module.path):
        return
    methods = _async_methods(program)
    near_sessions = any(has(program.values(n), *KINDS) for n in module.source.nodes)
    for node in module.source.nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        receiver, name = node.func.value, node.func.attr
        owner = _terminal(receiver)
        classes: set[str] = methods.get(name, set())
        telling = near_sessions and name in TELLING and owner.lower() not in CURSORS
        hinted = bool(classes) and (name not in BUILTIN_METHODS or _named_after(owner, classes))
        if not telling and not hinted:
            continue
        if program.values(receiver) or program.values(node.func) or program.calls(node):
            continue
        if isinstance(receiver, (ast.Constant, ast.Dict, ast.List, ast.JoinedStr)) or _is_done(program, module, node):
            continue
        what = f"{sorted(classes)[0]}.{name} becomes async" if hinted else f"`{name}` waits on a session"
        yield Finding(
            "await",
            module.path,
            module.source.span(node),
            "unresolved-call",
            f"{what}, and what {owner or 'this object'} is here is not known",
            "annotate it, so that it is found, or await the call by hand if it is one of these",
        )


def _is_done(program: Program, module: ModuleInfo, node: ast.Call) -> bool:
    """Whether a call needs nothing: awaited already, or in code that SQLAlchemy runs with sync objects."""
    if isinstance(module.source.parent(node), ast.Await) or in_run_sync(module, node):
        return True
    return program.function_of(node) in program.colouring.kept


def _async_methods(program: Program) -> Mapping[str, set[str]]:
    """The names of methods that become async, with the names of their classes."""
    found: dict[str, set[str]] = defaultdict(set)
    for function in program.colouring.becomes_async:
        if function.cls is not None and not function.is_generator:
            found[function.name].add(function.cls.name)
    return found


def _terminal(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _named_after(owner: str, classes: set[str]) -> bool:
    """`user_repository` or `repo` for a `UserRepository`."""
    bare = owner.replace("_", "").lower()
    return len(bare) > 2 and any(bare in name.lower() for name in classes)
