"""Environments of Alembic that can work on an async engine, where a person wants that.

`env.py` opens a connection and runs the migrations on it; what it does there stays synchronous and is given to
`AsyncConnection.run_sync`. Source: Alembic, the template `async` of `alembic init`, and cookbook, "Using Asyncio with
Alembic".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.alembic_connections import lent_connections
from asyncify.analysis.assignments import assigned_value
from asyncify.analysis.config import ALEMBIC_ASYNC
from asyncify.analysis.foreign_engines import FOREIGN_ENGINE
from asyncify.analysis.kept_files import is_alembic
from asyncify.analysis.nodes import SCOPES, below, children, own_nodes
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical

ENGINES = frozenset({names.CREATE_ENGINE, "sqlalchemy.engine_from_config"})
#: what an async engine has, too. Source: SQLAlchemy `AsyncEngine`, "Proxied for the Engine class"
PROXIED = frozenset({"dialect", "driver", "name", "url"})
OPENERS = frozenset({"begin", "connect"})
#: statements that a body cannot take along into a function of its own
STAYING = frozenset({ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal})


@dataclass(frozen=True)
class Block:
    """`with engine.connect() as connection: ...`. opened: the call. function: around it; None at the top of a file."""

    node: ast.With
    opened: ast.Call
    engine: ast.expr
    name: str
    function: FunctionInfo | None


@dataclass(frozen=True)
class Environment:
    """An environment that reaches the database. makers: the calls in it that make an engine.

    obstacle: what else it does with an engine; it stays synchronous then.
    """

    path: str
    blocks: tuple[Block, ...]
    makers: tuple[ast.Call, ...]
    obstacle: ast.AST | None = None


def environments(program: Program) -> Iterator[Environment]:
    """The environments of a program whose configuration wants them async, by path."""
    if program.config.alembic == ALEMBIC_ASYNC:
        for path in sorted(program.modules):
            if is_alembic(program, path) and path not in program.overrides.files:
                found = _environment(program, program.modules[path])
                if found is not None:
                    yield found


def async_environments(program: Program) -> dict[str, Environment]:
    """Those that become async, by path."""
    return {one.path: one for one in environments(program) if one.obstacle is None}


def _environment(program: Program, module: ModuleInfo) -> Environment | None:
    blocks = tuple(b for node in module.source.nodes_of(ast.With) if (b := _block(program, module, node)) is not None)
    engines = [n for n in module.source.nodes if isinstance(n, ast.expr) and has(program.values(n), names.ENGINE)]
    calls = module.source.nodes_of(ast.Call)
    wrapped = {a for call in calls if has(program.values(call), names.ASYNC_ENGINE) for a in call.args}
    engines = [n for n in engines if n not in wrapped]
    if not engines or not _runs_migrations(module):
        return None
    makers = tuple(
        node
        for node in calls
        if any(isinstance(v, Ext) and canonical(v.name) in ENGINES for v in program.values(node.func))
        and node not in wrapped
    )
    connecting = {block.engine for block in blocks}
    loads = (n for n in engines if not isinstance(getattr(n, "ctx", None), ast.Store) and n not in connecting)
    obstacle: ast.AST | None = next((n for n in loads if not _is_harmless(module, n)), None)
    foreign = next((m for m in makers if has(program.values(m), FOREIGN_ENGINE)), None)
    entangled = next((b.node for b in blocks if not _can_move(module, blocks, b)), None)
    lent = next((b.engine for b in blocks if _may_be_lent(program, module, b)), None)
    return Environment(module.path, blocks, makers, foreign or entangled or lent or obstacle)


def _runs_migrations(module: ModuleInfo) -> bool:
    """Whether a file is an environment: a migration has `op` alone."""
    imports = (node for statements in module.imports.values() for node in statements)
    return any(
        node.module == "alembic" and any(alias.name == "context" for alias in node.names)
        for node in imports
        if isinstance(node, ast.ImportFrom)
    )


def _block(program: Program, module: ModuleInfo, node: ast.With) -> Block | None:
    item = node.items[0]
    call = item.context_expr
    if len(node.items) > 1 or not isinstance(item.optional_vars, ast.Name) or not isinstance(call, ast.Call):
        return None
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in OPENERS or call.args or call.keywords:
        return None
    function = program.function_of(node)
    if not has(program.values(call.func.value), names.ENGINE) or (function is not None and function.is_async):
        return None
    return Block(node, call, call.func.value, item.optional_vars.id, function)


def _is_harmless(module: ModuleInfo, node: ast.expr) -> bool:
    """Whether an engine is only given a name, returned, asked whether it is there, or for its URL."""
    outer = module.source.parent(node)
    while isinstance(outer, (ast.BoolOp, ast.IfExp)) and node is not getattr(outer, "test", None):
        node, outer = outer, module.source.parent(outer)
    if isinstance(outer, ast.Attribute):
        return outer.attr in PROXIED
    if isinstance(outer, ast.Call):
        return isinstance(outer.func, ast.Name) and outer.func.id == "hasattr"
    if isinstance(outer, ast.Assign):
        return all(isinstance(target, ast.Name) for target in outer.targets)
    return isinstance(outer, (ast.AnnAssign, ast.BoolOp, ast.Compare, ast.If, ast.IfExp, ast.Return, ast.UnaryOp))


def _may_be_lent(program: Program, module: ModuleInfo, block: Block) -> bool:
    """Whether an engine may be the sync one that a program lends in `config.attributes`, where it does that."""
    if not isinstance(block.engine, ast.Name) or not any(True for _ in lent_connections(program)):
        return False
    name = block.engine.id
    values = (value for node in module.source.nodes if (value := assigned_value(node, name)) is not None)
    if not any(".attributes" in ast.unparse(value) for value in values):
        return False
    around: ast.AST | None = block.node
    while around is not None and not (isinstance(around, ast.If) and ast.unparse(around.test) == f"{name} is None"):
        around = module.source.parent(around)
    return around is None


def _can_move(module: ModuleInfo, blocks: tuple[Block, ...], block: Block) -> bool:
    """Whether the body of a block can be one of a function: it does not leave, and nothing else uses what it binds."""
    own = own_nodes(block.node)
    if any(type(node) in STAYING for node in own) or _jumps(block.node.body):
        return False
    bound = {n.id for n in own if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - {block.name}
    bound |= {n.name for n in own if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    imports = [n for n in own if isinstance(n, (ast.Import, ast.ImportFrom))]
    bound |= {alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names}
    around: ast.AST = block.function.node if block.function is not None else module.source.tree
    inside = set(below(block.node))
    elsewhere = [n for n in below(around) if isinstance(n, ast.Name) and n not in inside]
    others = {n for other in blocks if other.name == block.name for n in below(other.node)}
    after = [n for n in elsewhere if n not in others and n.lineno > block.node.lineno and isinstance(n.ctx, ast.Load)]
    return not any(n.id in bound for n in elsewhere) and not any(n.id == block.name for n in after)


def _jumps(body: list[ast.stmt]) -> bool:
    """Whether a body has a `break` or `continue` of a loop around it."""
    stack: list[ast.AST] = [*body]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Break, ast.Continue)):
            return True
        if isinstance(node, (ast.For, ast.While)):
            stack += node.orelse
        elif type(node) not in SCOPES:
            stack += children(node)
    return False
