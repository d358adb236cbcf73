"""Expressions of unknown kind that look like a session, a connection or an engine: by a name or by a class.

Only calls of members that wait are asked about; what is known to be something else looks like nothing.
"""

from __future__ import annotations

import ast
import re
import sys
from enum import Enum

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import NOTHING, Ext, Inst, Value, has
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of
from asyncify.knowledge.foreign import foreign_root

KINDS = (names.SESSION, names.SESSIONMAKER, names.ENGINE, names.CONNECTION, names.QUERY)
#: members that wait and that few other objects have
TELLING = frozenset("commit rollback flush execute scalars refresh query exec exec_driver_sql".split())
#: what sessions and connections are called; as the last word of a name, too
NAMES = frozenset("db session sess conn connection dbsession".split())
CLASSES = re.compile(r"(Session|Connection|Engine)([A-Z][a-z]+)?$")  #: `SessionLocal` and `SessionDep` too
#: libraries whose objects are known, or are no sessions although they may be called so
KNOWN = frozenset(
    "sqlalchemy sqlmodel fastapi starlette pydantic pytest pytest_asyncio alembic builtins typing".split()
)

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class Likeness(Enum):
    """What an expression looks like."""

    NONE = "none"
    NAME = "name"  # it is called like a session
    CLASS = "class"  # its class, which nobody can see, is called so


def waits_on_session(member: str) -> bool:
    """Whether a member of this name waits on a session, a connection or an engine."""
    waiting = (Form.AWAIT, Form.WITH, Form.ABSENT)
    return any(form_of(owner, member) in waiting for owner in (names.SESSION, names.CONNECTION, names.ENGINE))


def likeness(program: Program, module: ModuleInfo, node: ast.expr) -> Likeness:
    """What the receiver of a call looks like."""
    values = program.values(node)
    if values:
        if all(_is_unseen_class(v) for v in values):
            return Likeness.CLASS
        unseen = all(isinstance(v, Ext) and _is_unseen(v.name) for v in values)
        return Likeness.NAME if unseen and is_called_so(terminal(node)) else Likeness.NONE
    if isinstance(node, ast.Name):
        annotation = _annotation(program.function_of(node), node.id)
        if annotation is not None:
            return Likeness.CLASS if CLASSES.search(terminal(annotation)) else Likeness.NONE
    return Likeness.NAME if is_called_so(terminal(node)) else Likeness.NONE


def is_called_so(name: str) -> bool:
    """Whether a name says that it is a session or connection: `db`, `self._session`, `read_session`."""
    words = [w.lower() for w in _WORD.findall(name)]
    return bool(words) and words[-1] in NAMES


def is_near_sessions(program: Program, module: ModuleInfo) -> bool:
    """Whether a file has to do with the database: by its own names, or by what it imports."""
    if any(has(program.values(n), *KINDS) for n in module.source.nodes):
        return True
    imported = (node for nodes in module.imports.values() for node in nodes)
    return any(map(_imports_sqlalchemy, imported)) or any(
        _hands_session(program, call) for call in module.source.nodes_of(ast.Call)
    )


def _hands_session(program: Program, call: ast.Call) -> bool:
    """Whether a call of the program hands something unknown to a parameter that is a session: `users.get(db, 1)`."""
    for target in program.calls(call):
        parameters = target.info.parameters[1 if target.bound and target.info.cls is not None else 0 :]
        given = [*zip((p.arg for p in parameters), call.args, strict=False)]
        given += [(k.arg, k.value) for k in call.keywords if k.arg is not None]
        kinds = {p.arg: program.values(p) for p in parameters}
        if any(has(kinds.get(name, NOTHING), *KINDS) and not program.values(value) for name, value in given):
            return True
    return False


def terminal(node: ast.expr) -> str:
    """The last name of a dotted expression, or the text of an annotation in quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2]
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _imports_sqlalchemy(node: ast.Import | ast.ImportFrom) -> bool:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    return any(m.partition(".")[0] in ("sqlalchemy", "sqlmodel") for m in modules)


def _is_unseen_class(value: Value) -> bool:
    return isinstance(value, Inst) and _is_unseen(value.type) and bool(CLASSES.search(value.type))


def _is_unseen(name: str) -> bool:
    """Whether a library name belongs to a library of which nothing is known."""
    root, _, rest = name.partition(".")
    return bool(rest) and root not in KNOWN and not foreign_root(name) and root not in sys.stdlib_module_names


def _annotation(function: FunctionInfo | None, name: str) -> ast.expr | None:
    """The annotation of a parameter; None where it has none that says something."""
    for parameter in function.parameters if function is not None else ():
        if parameter.arg == name:
            return parameter.annotation
    return None
