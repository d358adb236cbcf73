"""New instances with values that only a load gives: `User(role="admin")` has a `Role` then, a column property a value.

After a commit a session reads them again, and the code sees what the type of the column makes of them. A session with
`expire_on_commit=False` keeps what was given: a refresh behind the commit reads it as before.
Source: SQLAlchemy asyncio, "Preventing Implicit IO when Using AsyncSession"; "Augmenting Existing Types".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.transforms.eager.created import Refresh, made_classes, session_call
from asyncify.transforms.eager.reading import Reading

#: what makes a value of another type out of the plain one. Enum: given by name, an object of the class after a load
COERCING = ("enum.Enum", "enum.StrEnum", "enum.IntEnum", "sqlalchemy.TypeDecorator", "sqlalchemy.types.TypeDecorator")
#: methods of a session after which nothing is to be read again, or is read by them
ENDS = ("refresh", "delete", "expunge", "expire", "merge")


def loaded_anew(program: Program, reading: Reading) -> Iterator[tuple[Refresh, ClassInfo, str]]:
    """The last commits of such instances that are read afterwards: the place, the class, and why to load there."""
    computed = _computed(program, reading)
    for path in sorted(program.modules):
        module = program.modules[path]
        for node in module.source.nodes:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                yield from _assigned(program, module, node, node.value, computed)


def _computed(program: Program, reading: Reading) -> dict[ClassInfo, str]:
    """The classes with a column property that something reads; a new instance gets it with the first load.

    Source: SQLAlchemy "SQL Expressions as Mapped Attributes".
    """
    found: dict[ClassInfo, str] = {}
    for info, name in sorted(reading.columns, key=lambda pair: (pair[0].path, pair[0].qualname, pair[1])):
        for base in program.classes.ancestors(info):
            stmt = base.attributes.get(name) if isinstance(base, ClassInfo) else None
            if stmt is not None and isinstance(base, ClassInfo) and isinstance(stmt.value, ast.Call):
                made = program.names.resolve_expression(base.path, stmt.value.func)
                if isinstance(made, Ext) and made.name == "sqlalchemy.orm.column_property":
                    found.setdefault(info, f"{info.name}.{name} is computed by the database")
                break
    return found


def _assigned(
    program: Program, module: ModuleInfo, node: ast.Assign, made: ast.Call, computed: Mapping[ClassInfo, str]
) -> Iterator[tuple[Refresh, ClassInfo, str]]:
    target, classes, source = node.targets[0], made_classes(program, made), module.source
    function = program.function_of(node)
    if len(classes) != 1 or not isinstance(target, ast.Name) or function is None:
        return
    info = classes.pop()
    column = _coerced(program, module, made, info)
    why = f"{column} is another object once it is loaded" if column else computed.get(info, "")
    block = source.parent(node)
    body = next((b for n in ("body", "orelse", "finalbody") if node in (b := getattr(block, n, []))), [])
    commits = [s for s in body[body.index(node) + 1 :] if _commit(program, s)] if why and body else []
    if not commits or not _is_read(program, function.node, target.id, commits[-1]):
        return
    call = _commit(program, commits[-1])
    assert call is not None
    reason = f"{why}, and a session that expires nothing does not load it by itself"
    yield Refresh(module.path, call, target, False), info, reason


def _commit(program: Program, statement: ast.stmt) -> ast.Call | None:
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    return session_call(program, value, "commit") if value is not None else None


def _is_read(program: Program, function: ast.AST, name: str, commit: ast.stmt) -> bool:
    """Whether an instance is used behind the commit, and nothing there loads it again or takes it out."""
    after = [n for n in ast.walk(function) if getattr(n, "lineno", 0) > commit.lineno]
    for node in after:
        if session_call(program, node, *ENDS) is not None and isinstance(node, ast.Call):
            if any(isinstance(a, ast.Name) and a.id == name for a in node.args):
                return False
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in after)


def _coerced(program: Program, module: ModuleInfo, made: ast.Call, info: ClassInfo) -> str:
    """The first column that is given a plain value and has a type that makes another one of it, or ""."""
    for name, value in _given(program, module, made):
        if isinstance(value, ast.Constant) and value.value is not None and _is_coercing(program, info, name):
            return f"{info.name}.{name}"
    return ""


def _given(program: Program, module: ModuleInfo, made: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The keyword arguments, those in a dictionary of the function or the module included."""
    for keyword in made.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
            continue
        value: object = keyword.value
        if isinstance(value, ast.Name):
            function = program.function_of(made)
            value = _local(function.node, value.id) if function is not None else None
            found = program.names.resolve_expression(module.path, keyword.value)
            value = found.value if value is None and isinstance(found, Assigned) else value
        if isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, item


def _local(function: ast.AST, name: str) -> ast.expr | None:
    for node in ast.walk(function):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            return node.value  # type: ignore[attr-defined, no-any-return]
    return None


def _is_coercing(program: Program, info: ClassInfo, name: str) -> bool:
    """Whether the type of a column is an enumeration or a type of the program."""
    if name not in program.orm.columns(info):
        return False
    for base in program.classes.ancestors(info):
        statement = base.attributes.get(name) if isinstance(base, ClassInfo) else None
        if statement is None or not isinstance(base, ClassInfo):
            continue
        parts: list[ast.AST] = list(statement.value.args) if isinstance(statement.value, ast.Call) else []
        parts += [statement.annotation] if isinstance(statement, ast.AnnAssign) else []
        for node in (n for part in parts for n in ast.walk(part)):
            if isinstance(node, (ast.Name, ast.Attribute)):
                found = program.names.resolve_expression(base.path, node)
                if isinstance(found, ClassInfo) and program.classes.derives_from(found, *COERCING):
                    return True
        return False
    return False
