"""Factories with listeners: events are those of the sync sessions inside of the async ones.

What makes these is a plain `sessionmaker()`, which the async factory is given and the listeners listen to. Where the
factory has a sync twin, it is the twin: what listens to one kind of session listens to the other.
Source: SQLAlchemy asyncio, "Examples of Event Listeners with Async Engines / Sessions / Sessionmakers".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.makers import Made, Maker
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.knowledge.engine_listeners import LISTENERS
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import InsertStatements, Replace
from asyncify.transforms.session.subclasses import Role, class_role, makes_sqlmodel
from asyncify.transforms.sync_twins import SyncTwins

BECAUSE = "events fire on the sync sessions inside"


class ListenedFactories:
    """Those of a program. twins: the sync twins of factories."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.sync = SyncTwins(program, "session", Made.FACTORY)
        self.twins = program.colouring.twins

    def inside(self, node: ast.Call) -> str:
        """The name of what makes the sessions inside of those that a `sessionmaker(...)` makes; empty: SQLAlchemy."""
        found = (m for m in self.twins.with_events if any(c is node for c in self._calls(m)))
        return next((self.sync.name(maker) for maker in found), "")

    def edits(self) -> Iterator[Edit | Finding]:
        """What makes the sync sessions, and the listeners on it."""
        for maker in self.twins.with_events:
            if self._is_simple(maker) and maker not in self.twins.twinned:
                yield from self._beside(maker)
        for path in sorted(self.program.modules):
            module = self.program.modules[path]
            for node in module.source.nodes_of(ast.Call):
                kept = self.program.function_of(node) in self.program.colouring.kept
                if node.args and not kept and self._listens(node):
                    yield from self._target(module, node.args[0])

    def _beside(self, maker: Maker) -> Iterator[Edit]:
        module = self.program.modules[maker.path]
        for (stmt, _), made in zip(maker.calls, self._calls(maker), strict=True):
            given = next((k.value for k in made.keywords if k.arg == "class_"), None)
            local, imports = bring(self.program, maker.path, "sqlalchemy.orm", "sessionmaker")
            argument = ""
            if given is not None and class_role(self.program, given) is Role.INSIDE:
                argument = f"class_={module.source.segment(given)}"
            elif makes_sqlmodel(self.program, made):
                name, more = bring(self.program, maker.path, "sqlmodel", "Session")
                argument, imports = f"class_={name}", (*imports, *more)
            op = InsertStatements(f"{self.sync.name(maker)} = {local}({argument})", "before")
            yield self._edit(module, stmt, op, imports)

    def _target(self, module: ModuleInfo, target: ast.expr) -> Iterator[Edit | Finding]:
        values = self.program.values(target)
        if (not has(values, names.SESSIONMAKER) and not has(values, names.SCOPED_SESSION)) or self.sync.stays(target):
            return
        found = self.sync.listened(target)
        maker = next((u.maker for u in self.twins.listened if u.node is target), None)
        if found is None or maker is None or not self._is_simple(maker):
            message = "events cannot be listened to on an async factory"
            advice = "listen on a Session subclass that is given as sync_session_class"
            yield Finding("session", module.path, module.source.span(target), "listener-factory", message, advice)
            return
        drops = tuple(n.id for n in ast.walk(target) if isinstance(n, ast.Name) and module.path != maker.path)
        yield self._edit(module, target, Replace(found[0]), found[1], drops)

    def _listens(self, node: ast.Call) -> bool:
        return any(isinstance(v, Ext) and v.name in LISTENERS for v in self.program.values(node.func))

    def _is_simple(self, maker: Maker) -> bool:
        """Whether each of its sessions is a new one of a `sessionmaker(...)` that is seen there."""
        return len(self._calls(maker)) == len(maker.calls) and not (maker.scoped and maker in self.twins.twinned)

    def _calls(self, maker: Maker) -> list[ast.Call]:
        """The calls of `sessionmaker`: those of the maker, or in its `scoped_session(...)`."""
        calls = [(c.args[0] if maker.scoped and c.args else c) for _, c in maker.calls]
        return [c for c in calls if isinstance(c, ast.Call) and has(self.program.values(c), names.SESSIONMAKER)]

    def _edit(
        self,
        module: ModuleInfo,
        node: ast.AST,
        op: InsertStatements | Replace,
        imports: tuple[Import, ...],
        drops: tuple[str, ...] = (),
    ) -> Edit:
        return Edit("session", module.path, module.source.target(node), op, imports, drops, "flip", BECAUSE)
