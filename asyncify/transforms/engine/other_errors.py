"""`error.orig` of a sync driver for MySQL or Oracle in the words of the async one: its class, `errno`, `msg`.

All have the classes of PEP 249, and those for MySQL the number of the server as first argument. Sources:
`knowledge/driver_errors.py`; MySQL Connector/Python `errors.Error`; SQLAlchemy 2.0 `dialects/mysql/aiomysql.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import ClassVar

from asyncify.analysis.bindings import names_used
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.driver_errors import MYSQL_ATTRIBUTES, OTHER_CLASSES, OTHER_ERRORS, STANDARD
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, Replace
from asyncify.transforms.engine.driver_errors import DriverErrors


class OtherErrors(DriverErrors):
    """Looks at what a program does with the errors of such drivers. target: the async drivername."""

    targets: ClassVar[frozenset[str]] = frozenset(OTHER_CLASSES)

    def mentions(self, text: str) -> bool:
        """Whether a file can hold anything of this."""
        return ".orig" in text

    def attribute(self, module: ModuleInfo, node: ast.Attribute) -> Iterator[Edit | Finding]:
        """`error.orig.errno`, `error.orig.msg`, `error.orig.sqlstate`."""
        if node.attr in MYSQL_ATTRIBUTES and self.is_orig(module, node.value):
            hole = Hole("orig", module.source.span(node.value))
            yield self.edit(module, node, Replace(f"$orig.{MYSQL_ATTRIBUTES[node.attr]}", (hole,)))
        elif node.attr == "sqlstate" and self.is_orig(module, node.value):
            yield self.finding(module, node, "has no sqlstate", "compare the number of the server, error.orig.args[0]")

    def call(self, module: ModuleInfo, node: ast.Call) -> Iterator[Edit | Finding]:
        """`isinstance(error.orig, ...)`."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name != "isinstance" or len(node.args) != 2 or not self.is_orig(module, node.args[0]):
            return
        where = OTHER_CLASSES[self.target]
        package = where.partition(".")[0]
        given = node.args[1]
        for kind in given.elts if isinstance(given, ast.Tuple) else [given]:
            found = self.name_of(module, kind)
            if not found.startswith(OTHER_ERRORS) or found.startswith(f"{package}."):
                continue
            word = found.rpartition(".")[2]
            taken = package in names_used(self.program, module.path)
            if word in STANDARD and (not taken or self.program.names.resolve(module.path, package) == Ext(package)):
                drops = tuple(n.id for n in ast.walk(kind) if isinstance(n, ast.Name))
                yield self.edit(module, kind, Replace(f"{where}.{word}"), (Import(package),), drops)
            else:
                advice = "compare the number of the server, error.orig.args[0], which all drivers have"
                yield self.finding(module, kind, "does not raise the errors of the sync driver", advice)
