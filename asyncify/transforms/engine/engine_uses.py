"""What a program does with an engine beyond calling it, or with what it makes an engine of.

A pool class that is named far from the engine, the URL of an engine that is handed on, and the engines that Alembic's
environment gets from functions of the app. Sources: SQLAlchemy `create_engine` (`poolclass=None` is the pool of the
dialect, sync or async), "Using multiple databases with Alembic"; sqlalchemy-utils `database_exists`, which makes a
sync engine of the URL that it is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.databases import backends
from asyncify.analysis.environments import async_environments
from asyncify.analysis.kept_files import is_alembic, kept_sync
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, Obj, has
from asyncify.knowledge import names
from asyncify.knowledge.drivers import ASYNC_DRIVERS, SYNC_DRIVERS, Choice, async_driver
from asyncify.knowledge.engine_arguments import ARGUMENTS
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import AppendToModule, Op, Replace

#: what is the same in the URL of either driver
SAME = frozenset("database get_backend_name host password port query username".split())
HELPER = "sync_engine_of"
_HELPER = '''\
def {name}(engine):
    """A sync engine on the database of an async one: what runs here waits without an event loop."""
    return {create_engine}(engine.url.set(drivername={drivername}))
'''


@dataclass(frozen=True)
class EngineUses:
    """Looks at them. choice: the async driver of each backend."""

    program: Program
    choice: Choice
    transform: str
    group: str

    def decide(self) -> Iterator[Edit]:
        """Everything for a program whose engines become async."""
        leaving = async_environments(self.program)
        for path in sorted(self.program.modules):
            module = self.program.modules[path]
            if is_alembic(self.program, path):
                yield from self.environment(module) if path not in leaving else ()
            elif not kept_sync(self.program, path):
                yield from self.module(module)

    def module(self, module: ModuleInfo) -> Iterator[Edit]:
        """A file that becomes async."""
        kept = self.program.colouring.kept
        pools = {row.value for row in ARGUMENTS if row.name == "poolclass"}
        for node in module.source.nodes:
            if not isinstance(node, (ast.Name, ast.Attribute)) or self.program.function_of(node) in kept:
                continue
            if getattr(node, "id", getattr(node, "attr", "")) in pools and self._is_pool(module, node):
                because = "each kind of engine has a queue of its own"
                yield self.edit(module, node, Replace("None"), because, drops=_roots(node))
            elif isinstance(node, ast.Attribute) and self._hands_on(module, node):
                because = "what is given a URL makes a sync engine of it"
                yield self.edit(module, node, Replace(f"$it.set(drivername={self._sync_name('$it')})"), because)

    def environment(self, module: ModuleInfo) -> Iterator[Edit]:
        """`get_engine()` in an environment of Alembic."""
        name = free_name(self.program, module.path, HELPER)
        made = False
        for node in module.source.nodes:
            if not isinstance(node, ast.expr) or not self._is_given(node):
                continue
            because = "Alembic stays synchronous, and this engine becomes async"
            if not made:
                made = True
                create, imports = bring(self.program, module.path, "sqlalchemy", "create_engine")
                drivername = self._sync_name("engine.url")
                text = _HELPER.format(name=name, create_engine=create, drivername=drivername).rstrip("\n")
                yield self.edit(module, node, AppendToModule(text, "imports"), because, imports)
            yield self.edit(module, node, Replace(f"{name}($it)"), because)

    def _sync_name(self, url: str) -> str:
        """The source of the sync drivername for a URL: the default of its backend where that is installed."""
        backend = f"{url}.get_backend_name()"
        listed = read_dependencies(self.program.workspace.files).listed
        other = {}
        for name in backends(self.program):
            rows = [r.drivername for r in SYNC_DRIVERS if r.backend == name and any(p in listed for p in r.packages)]
            rows += [r.drivername for r in ASYNC_DRIVERS if r.backend == name and r.serves_sync and r.package in listed]
            if rows and rows[0] != name:
                other[name] = rows[0]
        pairs = ", ".join(f'"{name}": "{driver}"' for name, driver in other.items())
        return f"{{{pairs}}}.get({backend}, {backend})" if other else backend

    def _is_pool(self, module: ModuleInfo, node: ast.expr) -> bool:
        """Whether a pool class is the value of `poolclass`, but not of the call that makes the engine itself."""
        found = self.program.names.resolve_expression(module.path, node)
        if not isinstance(found, Ext) or not found.name.startswith("sqlalchemy."):
            return False
        inner, outer = node, module.source.parent(node)
        while isinstance(outer, (ast.IfExp, ast.BoolOp)) and inner is not getattr(outer, "test", None):
            inner, outer = outer, module.source.parent(outer)
        if isinstance(outer, ast.keyword):
            call = module.source.parent(outer)
            direct = inner is node and isinstance(call, ast.Call) and self._makes_engine(call)
            return outer.arg == "poolclass" and not direct
        if isinstance(outer, ast.Dict):
            keys = [k for k, v in zip(outer.keys, outer.values, strict=True) if v is inner]
            return any(isinstance(k, ast.Constant) and k.value == "poolclass" for k in keys)
        if isinstance(outer, ast.Assign) and outer.value is inner:
            return any(
                isinstance(t, ast.Subscript) and isinstance(t.slice, ast.Constant) and t.slice.value == "poolclass"
                for t in outer.targets
            )
        return False

    def _makes_engine(self, call: ast.Call) -> bool:
        made = (names.CREATE_ENGINE, "sqlalchemy.engine_from_config")
        return any(isinstance(v, Ext) and v.name in made for v in self.program.values(call.func))

    def _hands_on(self, module: ModuleInfo, node: ast.Attribute) -> bool:
        """`engine.url`, unless what is read of it is the same for both drivers, or both take the same URL."""
        if node.attr != "url" or not has(self.program.values(node.value), names.ENGINE):
            return False
        if self.program.colouring.twins.stays_sync(node.value):
            return False
        outer = module.source.parent(node)
        if isinstance(outer, ast.Attribute) and outer.attr in SAME:
            return False
        targets = (async_driver(self.choice.get(b, "")) for b in backends(self.program))
        return any(row is not None and not row.serves_sync for row in targets)

    def _is_given(self, node: ast.expr) -> bool:
        """Whether an engine comes out of a function, or hangs on an object, of a file that becomes async."""
        if not has(self.program.values(node), names.ENGINE):
            return False
        if isinstance(node, ast.Call):
            calls = self.program.calls(node)
            return bool(calls) and not any(kept_sync(self.program, f.info.path) for f in calls)
        if isinstance(node, ast.Attribute):
            owners = [v for v in self.program.values(node.value) if isinstance(v, Obj)]
            return bool(owners) and not any(kept_sync(self.program, v.info.path) for v in owners)
        return False

    def edit(
        self,
        module: ModuleInfo,
        node: ast.AST,
        op: Op,
        because: str,
        imports: tuple[Import, ...] = (),
        drops: tuple[str, ...] = (),
    ) -> Edit:
        target = module.source.target(node)
        return Edit(self.transform, module.path, target, op, imports, drops, self.group, because)


def _roots(node: ast.expr) -> tuple[str, ...]:
    return tuple(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
