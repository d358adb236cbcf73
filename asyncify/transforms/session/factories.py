"""Session factories and sessions made directly: the arguments that the async ones need."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.handed_makers import later_call
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, Inst
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import EditCall
from asyncify.transforms.session.listened_factories import ListenedFactories
from asyncify.transforms.session.scopes import scope_edits
from asyncify.transforms.session.subclasses import Role, class_role, makes_sqlmodel

#: what a factory or session must say: without it every attribute read after a commit is a lazy load.
#: Source: SQLAlchemy asyncio documentation, "Preventing Implicit IO when Using AsyncSession"
KEEP = ("expire_on_commit", "False")


def factory_edits(
    program: Program, module: ModuleInfo, listened: ListenedFactories, *, legacy: bool
) -> Iterator[Edit | Finding]:
    """Calls of `sessionmaker`, `Session` and `scoped_session`; the names themselves are the work of `types`."""
    for node in module.source.nodes:
        if not isinstance(node, ast.Call) or program.function_of(node) in program.colouring.kept:
            continue
        if program.colouring.twins.is_staying(_whole(module, node)):
            continue
        made = later_call(program, node)
        for value in program.values(made.func):
            name = canonical(value.name) if isinstance(value, Ext) else ""
            if name == names.SESSIONMAKER and not _makes_async(program, node):
                yield from _factory(program, module, made, listened.inside(made), legacy=legacy)
            elif name in (names.SESSION, names.SQLMODEL_SESSION):
                yield _edit(module, node, EditCall(set=(KEEP,)), "instances stay readable after a commit")
            elif name == names.SCOPED_SESSION and not any(k.arg == "scopefunc" for k in node.keywords):
                if len(node.args) < 2:
                    yield from scope_edits(program, module, node)


def _whole(module: ModuleInfo, node: ast.Call) -> ast.AST:
    """`scoped_session(sessionmaker(...))` for the `sessionmaker(...)` in it."""
    parent = module.source.parent(node)
    return parent if isinstance(parent, ast.Call) and node in parent.args else node


def _makes_async(program: Program, node: ast.Call) -> bool:
    return any(isinstance(v, Inst) and v.type == names.ASYNC_SESSIONMAKER for v in program.values(node))


def _factory(
    program: Program, module: ModuleInfo, node: ast.Call, listened: str, *, legacy: bool
) -> Iterator[Edit | Finding]:
    settings = [KEEP]
    imports: tuple[Import, ...] = ()
    has_class = any(k.arg == "class_" for k in node.keywords)
    if legacy and not has_class:
        local, imports = bring(program, module.path, "sqlalchemy.ext.asyncio", "AsyncSession")
        settings.append(("class_", local))
    elif not legacy and not has_class and makes_sqlmodel(program, node):
        local, imports = bring(program, module.path, "sqlmodel.ext.asyncio.session", "AsyncSession")
        settings.append(("class_", local))
    inside = next((k for k in node.keywords if k.arg == "class_" and class_role(program, k.value) is Role.INSIDE), None)
    if listened:
        settings.append(("sync_session_class", listened))
    elif inside is not None:
        settings.append(("sync_session_class", module.source.segment(inside.value)))
    op = EditCall(remove=("class_",) if inside is not None else (), set=tuple(settings))
    yield _edit(module, node, op, "instances stay readable after a commit", imports)
    for keyword in node.keywords:
        if keyword.arg == "class_" and class_role(program, keyword.value) is Role.UNCLEAR:
            yield Finding(
                "session", module.path, module.source.span(keyword.value), "session-subclass",
                "this session class both waits in methods of its own and changes how a session works inside",
                "split it: the inner part is given as sync_session_class, the methods go into an AsyncSession",
            )  # fmt: skip
        if keyword.arg == "autocommit" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
            yield Finding(
                "session", module.path, module.source.span(keyword.value), "autocommit",
                "autocommit=True does not exist in 2.0 style sessions", "begin and commit where the work is done",
            )  # fmt: skip


def _edit(module: ModuleInfo, node: ast.Call, op: EditCall, because: str, imports: tuple[Import, ...] = ()) -> Edit:
    return Edit("session", module.path, module.source.target(node), op, imports, (), "flip", because)
