"""Names of sync classes that become the names of async ones: annotations, `isinstance`, `spec=`, constructors."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.dotted import root_of
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.model.edit import Edit
from asyncify.model.ops import RenameAttribute, Replace
from asyncify.transforms.session.subclasses import Role, role_of

#: sync class -> module and name of the async class. Source: SQLAlchemy asyncio API; SQLModel 0.0.50
ASYNC_CLASSES = {
    names.SESSION: ("sqlalchemy.ext.asyncio", "AsyncSession"),
    names.SQLMODEL_SESSION: ("sqlmodel.ext.asyncio.session", "AsyncSession"),
    names.SESSIONMAKER: ("sqlalchemy.ext.asyncio", "async_sessionmaker"),
    names.SCOPED_SESSION: ("sqlalchemy.ext.asyncio", "async_scoped_session"),
    names.OBJECT_SESSION: ("sqlalchemy.ext.asyncio", "async_object_session"),
    names.ENGINE: ("sqlalchemy.ext.asyncio", "AsyncEngine"),
    names.CONNECTION: ("sqlalchemy.ext.asyncio", "AsyncConnection"),
}
#: a context manager that is entered with `async with`. Source: contextlib and typing reference
CONTEXT_MANAGERS = {
    "contextlib.AbstractContextManager": ("contextlib", "AbstractAsyncContextManager"),
    "typing.ContextManager": ("typing", "AsyncContextManager"),
}
#: on SQLAlchemy 1.4 the factory stays `sessionmaker`, with `class_=AsyncSession`
NEW_IN_2 = frozenset({names.SESSIONMAKER})


def type_edits(program: Program, module: ModuleInfo, *, legacy: bool) -> Iterator[Edit]:
    """Every use of a sync class in a module that is not part of a function that stays sync.

    legacy: the project is on SQLAlchemy 1.4.
    """
    source = module.source
    for node in source.nodes:
        if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
            continue
        if isinstance(source.parent(node), ast.Attribute):
            continue
        function = program.function_of(node)
        root = root_of(node)
        found = program.names.resolve_expression(module.path, node)
        if root and function is not None and (owner := _owner(function, root)) is not None:
            found = _imported(program, owner, node, root)
        if not isinstance(found, Ext) or (legacy and found.name in NEW_IN_2):
            continue
        target = ASYNC_CLASSES.get(found.name)
        manager = _context_manager(program, module, node, found.name) if target is None else None
        if function in program.colouring.kept or (manager is None and _stays(program, module, node)):
            continue
        target = target or manager
        if target is None:
            continue
        yield _edit(program, module, node, found.name, target)
    yield from _of_states(program, module)
    yield from _in_strings(program, module)


def _of_states(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """`inspect(user).session`. Source: SQLAlchemy 1.4.24 and later, `InstanceState.async_session`."""
    for node in module.source.nodes_of(ast.Attribute):
        if node.attr == "session" and has(program.values(node.value), names.INSTANCE_STATE):
            if program.function_of(node) not in program.colouring.kept:
                op, because = RenameAttribute("async_session"), "the sync session is inside the async one"
                yield Edit("session", module.path, module.source.target(node), op, group="flip", because=because)


def _owner(function: FunctionInfo, name: str) -> FunctionInfo | None:
    """The function around a place of which a name is a local one."""
    outer: FunctionInfo | None = function
    while outer is not None and name not in outer.local_names:
        outer = outer.parent
    return outer


def _imported(program: Program, owner: FunctionInfo, node: ast.expr, name: str) -> Ext | None:
    """What an import inside of a function makes of a name, where nothing else gives it another meaning."""
    if any(isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load) for n in owner.nodes):
        return None
    if any(a.arg == name for a in owner.parameters):
        return None
    for stmt in owner.nodes:
        if isinstance(stmt, (ast.Import, ast.ImportFrom)):
            for alias in stmt.names:
                found = program.names.imported(owner.path, stmt, alias)
                if (alias.asname or alias.name.partition(".")[0]) == name and isinstance(found, Ext):
                    return Ext(f"{found.name}{ast.unparse(node).removeprefix(name)}")
    return None


def _stays(program: Program, module: ModuleInfo, node: ast.expr) -> bool:
    """Class-level events stay on the sync class; the base class of a session that works inside of an async one stays;
    the annotations of a function that stays sync stay."""
    source = module.source
    parent = source.parent(node)
    if isinstance(parent, ast.ClassDef) and node in parent.bases:
        return role_of(program, module.classes[parent]) is not Role.ASYNC
    if isinstance(parent, ast.Call) and node in parent.args:
        if any(isinstance(v, Ext) and v.name.startswith("sqlalchemy.event.") for v in program.values(parent.func)):
            return True
    outer = parent
    while outer is not None:
        if program.colouring.twins.is_staying(outer):
            return True
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return module.functions[outer] in program.colouring.kept
        outer = source.parent(outer)
    return False


def _context_manager(program: Program, module: ModuleInfo, node: ast.expr, name: str) -> tuple[str, str] | None:
    """The async form of `AbstractContextManager[Session]`: what gives a session is entered with `async with`. So is an
    object of a class that derives from it, and whose own methods of that become async: the others stay abstract."""
    outer = module.source.parent(node)
    if name not in CONTEXT_MANAGERS:
        return None
    held = None
    if isinstance(outer, ast.Subscript) and outer.value is node:
        held = program.names.resolve_expression(module.path, outer.slice)
        node, outer = outer, module.source.parent(outer)
    if isinstance(outer, ast.ClassDef) and node in outer.bases:
        return CONTEXT_MANAGERS[name] if _is_entered_async(program, module.classes[outer]) else None
    return CONTEXT_MANAGERS[name] if isinstance(held, Ext) and held.name in ASYNC_CLASSES else None


def _is_entered_async(program: Program, info: ClassInfo) -> bool:
    """Whether `with` on an object of a class, or of one below it, becomes `async with`."""
    for cls in (info, *program.classes.descendants(info)):
        if any(cls.methods.get(name) in program.colouring.becomes_async for name in ("__enter__", "__exit__")):
            return True
    return False


def _edit(program: Program, module: ModuleInfo, node: ast.expr, name: str, target: tuple[str, str]) -> Edit:
    target_module, target_name = target
    local, imports = bring(program, module.path, target_module, target_name)
    drops = tuple(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
    because = f"{name.rpartition('.')[2]} becomes {target_name}"
    return Edit("session", module.path, module.source.target(node), Replace(local), imports, drops, "flip", because)


def _in_strings(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """Annotations in quotes: `db: "Session"`."""
    annotations: list[ast.expr] = []
    for node in module.source.nodes:
        if isinstance(node, ast.arg) and node.annotation is not None:
            annotations.append(node.annotation)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            annotations.append(node.returns)
        elif isinstance(node, ast.AnnAssign):
            annotations.append(node.annotation)
    for annotation in annotations:
        for node in ast.walk(annotation):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            found = program.names.resolve_expression(module.path, node)
            if isinstance(found, Ext) and found.name in ASYNC_CLASSES and not _stays(program, module, node):
                target_module, target_name = ASYNC_CLASSES[found.name]
                local, imports = bring(program, module.path, target_module, target_name)
                segment = module.source.segment(node)
                new = segment.replace(node.value, local)
                because = f"{node.value} becomes {target_name}"
                yield Edit(
                    "session", module.path, module.source.target(node), Replace(new), imports,
                    (node.value.partition(".")[0],), "flip", because,
                )  # fmt: skip
