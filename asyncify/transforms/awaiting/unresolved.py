"""Calls that may have to be awaited and of whose object nothing is known: each is listed, none drops out silently."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.kept import in_run_sync
from asyncify.analysis.library_chains import is_of_other_library
from asyncify.analysis.named_late import late_calls, may_give
from asyncify.analysis.program import Program
from asyncify.analysis.session_like import TELLING, Likeness, is_near_sessions, likeness, terminal, waits_on_session
from asyncify.analysis.symbols import ClassInfo, ModuleInfo
from asyncify.analysis.values import Cls, Obj
from asyncify.knowledge.testing import FRAME_METHODS
from asyncify.model.edit import Finding

#: objects that are no sessions although they execute: DBAPI cursors
CURSORS = frozenset({"cursor", "cur", "curs"})
BUILTIN_METHODS = frozenset(name for kind in (dict, list, set, str, bytes, int, tuple) for name in dir(kind))


def unresolved_calls(program: Program, module: ModuleInfo) -> Iterator[Finding]:
    """The findings of one module. Tests are full of stand-ins without a type: their transform follows these."""
    if is_test_path(module.path):
        return
    methods = _async_methods(program)
    is_near = is_near_sessions(program, module)
    told = _told(program, module) if is_near else frozenset()
    for node in module.source.nodes_of(ast.Call):
        if not isinstance(node.func, ast.Attribute) or _is_known(program, module, node, node.func):
            continue
        receiver, name = node.func.value, node.func.attr
        owner = terminal(receiver)
        classes: set[str] = methods.get(name, set())
        if node in told:
            yield _finding(
                module, node, "unknown-receiver",
                f"`{name}` waits on a session, and where this {owner or 'object'} comes from is not known",
                "annotate it as a Session, or name what makes it in session-factories of [tool.asyncify]",
            )  # fmt: skip
        elif classes and (not _is_common(name) or _named_after(owner, classes)):
            yield _unresolved(module, node, f"{sorted(classes)[0]}.{name} becomes async", owner)
        elif is_near and name in TELLING and not program.values(receiver) and owner.lower() not in CURSORS:
            if not is_of_other_library(program, node):
                yield _unresolved(module, node, f"`{name}` waits on a session", owner)
    for node, given in late_calls(program, module):
        names = sorted(f.qualname for f in may_give(program, given) if f in program.colouring.becomes_async)
        known = isinstance(module.source.parent(node), ast.Await) or in_run_sync(module, node)
        if names and not known and program.function_of(node) not in program.colouring.kept:
            yield _finding(
                module, node, "unresolved-call", f"{names[0]} becomes async, and this may call it by its name",
                "await the call by hand where what it calls is async",
            )  # fmt: skip


def _told(program: Program, module: ModuleInfo) -> frozenset[ast.Call]:
    """Calls on what looks like a session.

    A name alone says little about `db.get()` or `conn.close()`: these count where the same name is used in a way that
    only sessions are. `db.get(User, key)` is one of those ways.
    """
    found: set[ast.Call] = set()
    weak: dict[tuple[object, str], list[ast.Call]] = defaultdict(list)
    strong: set[tuple[object, str]] = set()
    for node in module.source.nodes_of(ast.Call):
        if not isinstance(node.func, ast.Attribute) or not waits_on_session(node.func.attr):
            continue
        looks = likeness(program, module, node.func.value)
        if looks is Likeness.NONE:
            continue
        place = (program.function_of(node), ast.dump(node.func.value))
        if looks is Likeness.CLASS or node.func.attr in TELLING or _is_lookup(program, node):
            found.add(node)
            strong.add(place)
        else:
            weak[place].append(node)
    return frozenset(found.union(*(calls for place, calls in weak.items() if place in strong)))


def _is_lookup(program: Program, node: ast.Call) -> bool:
    """Whether a call names a mapped class first and a key behind it."""
    first = program.values(node.args[0]) if len(node.args) > 1 else frozenset()
    return bool(first) and all(isinstance(v, Cls) and program.orm.is_model(v.info) for v in first)


def _is_known(program: Program, module: ModuleInfo, node: ast.Call, func: ast.Attribute) -> bool:
    """Whether a call needs nothing: what it runs is known, it is awaited already, or SQLAlchemy runs it with sync
    objects."""
    if program.calls(node) or isinstance(func.value, (ast.Constant, ast.Dict, ast.List, ast.JoinedStr)):
        return True
    if program.values(func.value) and likeness(program, module, func.value) is Likeness.NONE:
        return not _is_lacking(program, func)
    if not program.values(func.value) and program.values(func):
        return True
    if isinstance(module.source.parent(node), ast.Await) or in_run_sync(module, node):
        return True
    inherited = isinstance(func.value, ast.Call) and getattr(func.value.func, "id", "") == "super"
    if inherited and func.attr in FRAME_METHODS:
        return True  # of unittest itself
    return program.function_of(node) in program.colouring.kept


def _is_lacking(program: Program, func: ast.Attribute) -> bool:
    """Whether all that is known of an object are models that have no such attribute: it is something else then."""
    for value in program.values(func.value):
        if not isinstance(value, Obj) or not program.orm.is_model(value.info):
            return False
        above = program.classes.ancestors(value.info)
        if any(func.attr in {*c.methods, *c.attributes} for c in above if isinstance(c, ClassInfo)):
            return False
    return not program.values(func)


def _async_methods(program: Program) -> Mapping[str, set[str]]:
    """The names of methods that become async, with the names of their classes."""
    found: dict[str, set[str]] = defaultdict(set)
    for function in program.colouring.becomes_async:
        if function.cls is not None and not function.is_generator:
            found[function.name].add(function.cls.name)
    return found


def _is_common(name: str) -> bool:
    """Whether many objects have a method of this name: dicts, statements, tables."""
    return name in BUILTIN_METHODS or waits_on_session(name)


def _named_after(owner: str, classes: set[str]) -> bool:
    """`user_repository` or `repo` for a `UserRepository`."""
    bare = owner.replace("_", "").lower()
    return len(bare) > 2 and any(bare in name.lower() for name in classes)


def _unresolved(module: ModuleInfo, node: ast.Call, what: str, owner: str) -> Finding:
    return _finding(
        module, node, "unresolved-call", f"{what}, and what {owner or 'this object'} is here is not known",
        "annotate it, so that it is found, or await the call by hand if it is one of these",
    )  # fmt: skip


def _finding(module: ModuleInfo, node: ast.Call, code: str, message: str, advice: str) -> Finding:
    return Finding("await", module.path, module.source.span(node), code, message, advice)
