"""What an engine does otherwise with an async driver, wherever it is made: addresses, encryption, its connections."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from asyncify.analysis.databases import backends
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.knowledge.drivers import SYNC_DRIVERS, Choice
from asyncify.model.budget import Budget, Pool
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import EditCall
from asyncify.transforms.engine import mysql_listener
from asyncify.transforms.engine.driver_listeners import has_addresses, leaves_psycopg2
from asyncify.transforms.engine.pools import pool_of, workers
from asyncify.transforms.engine.texts import TARGETS
from asyncify.transforms.engine.urls import written_backend
from asyncify.transforms.sync_twins import SyncTwins


@dataclass
class EngineNotes:
    """Looks at each engine of an app that becomes async."""

    program: Program
    choice: Choice
    twins: SyncTwins
    transform: str
    group: str
    pools: list[Pool] = field(default_factory=list)
    encrypted: bool = False  # said what becomes of encryption
    thin: bool = False  # said that Oracle Client is not used

    def budget(self) -> Budget | None:
        """The connections of the engines that were looked at."""
        return Budget(tuple(self.pools), workers(self.program.workspace.files)) if self.pools else None

    def decide(self, module: ModuleInfo, node: ast.Call, url: ast.expr | None) -> Iterator[Edit | Finding]:
        """Everything about one engine. url: the argument, where there is one."""
        written = written_backend(self.program, module.path, url) if url is not None else None
        found = [written] if written else list(backends(self.program))
        if found != ["sqlite"]:  # a database in a file has no limit of connections
            self.pools.append(pool_of(module.source, node, module.path, self.twins.twin_of(node)))
        yield from self._addresses(module, node)
        yield from self._gaps(module, node, written)
        yield from self._thin(module, node, found)
        yield from self._encryption(module, node, found)

    def _addresses(self, module: ModuleInfo, node: ast.Call) -> Iterator[Edit | Finding]:
        """Columns of network addresses: texts with psycopg2, objects of `ipaddress` with the other drivers."""
        leaves = any(leaves_psycopg2(self.program, self.choice, target) for target in TARGETS)
        if not leaves or not has_addresses(self.program):
            return
        version = read_dependencies(self.program.workspace.files).sqlalchemy or (2, 1)
        if backends(self.program) == ("postgresql",) and version >= (2, 0, 18)[: len(version)]:
            op = EditCall(set=(("native_inet_types", "False"),))
            target = module.source.target(node)
            yield Edit(self.transform, module.path, target, op, (), (), self.group, "psycopg2 gives addresses as texts")
        else:
            message = "the async driver gives network addresses as objects of ipaddress, psycopg2 as texts"
            yield self._finding(
                module, node, "driver-values", message, "give engines on PostgreSQL native_inet_types=False"
            )

    def _gaps(self, module: ModuleInfo, node: ast.Call, written: str | None) -> Iterator[Finding]:
        """A URL that is only known at run time, and may not say what the async driver must know."""
        listed = read_dependencies(self.program.workspace.files).listed
        for row in SYNC_DRIVERS if written is None else ():
            if row.gap and any(package in listed for package in row.packages):
                message = f"a URL of {row.drivername} stays one, and the async engine refuses it"
                yield self._finding(module, node, "engine-url", message, row.gap)

    def _thin(self, module: ModuleInfo, node: ast.Call, found: list[str]) -> Iterator[Finding]:
        """Oracle: asyncio is there in the thin mode of python-oracledb alone. cx_Oracle has the other alone."""
        listed = read_dependencies(self.program.workspace.files).listed
        modules = self.program.modules.values()
        thick = any(_names(m, "init_oracle_client") for m in modules)
        if found == ["oracle"] and (thick or "cx-oracle" in listed) and not self.thin:
            self.thin = True
            message = "python-oracledb has asyncio in its thin mode only, without the libraries of Oracle Client"
            advice = "that is for Oracle 12.1 and later; leave out init_oracle_client()"
            yield self._finding(module, node, "engine-thin", message, advice)

    def _encryption(self, module: ModuleInfo, node: ast.Call, found: list[str]) -> Iterator[Finding]:
        """The sync drivers for MySQL encrypt where the server can, the async ones where they are told. Said once."""
        target = next((self.choice.get(b, "") for b in ("mysql", "mariadb") if b in found), "")
        if target in mysql_listener.TARGETS and not self.encrypted and not mysql_listener.tells_of_tls(self.program):
            self.encrypted = True
            driver = target.partition("+")[2]
            message = f"{driver} encrypts where it is told, the sync driver did where the server could"
            yield self._finding(module, node, "engine-tls", message, mysql_listener.TLS_ADVICE)

    def _finding(self, module: ModuleInfo, node: ast.AST, code: str, message: str, advice: str) -> Finding:
        return Finding(self.transform, module.path, module.source.span(node), code, message, advice)


def _names(module: ModuleInfo, name: str) -> bool:
    return any(name in (getattr(n, "id", ""), getattr(n, "attr", "")) for n in module.source.nodes)
