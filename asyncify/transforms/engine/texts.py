"""`text("...")` that psycopg2 sends as it is, with the values written into it, and that asyncpg prepares.

A prepared text holds one statement, a parameter in it stands for one value, and its type is known when it is prepared.
Measured with PostgreSQL 15. Several statements: asyncpg refuses them; psycopg 3, with the cursors that `client_binding`
gives it, has the result of the first, where psycopg2 has that of the last. `IN :ids` takes a tuple with psycopg2
alone; an expanding parameter takes tuples and lists with all three. The sync drivers for MySQL write lists into the
text as well, the async ones do not; the rest is the same with all of these, measured with MariaDB 10.11.
Source: SQLAlchemy "Using IN expressions", `bindparam.expanding`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.bindings import bring
from asyncify.analysis.dotted import is_path
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.texts import is_text
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import AppendCall
from asyncify.transforms.engine.driver_listeners import ASYNCPG, PSYCOPG

TEXT = "sqlalchemy.text"
#: the method of connections that gives a text to the driver as it is
DRIVER_SQL = "exec_driver_sql"
TARGETS = frozenset({PSYCOPG, ASYNCPG})
MYSQL = frozenset({"mysql+asyncmy", "mysql+aiomysql"})
#: quoted text, names, bodies of functions, comments
_OPAQUE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PARAMETER = re.compile(r"(?<![:\w\\]):(?P<name>\w+)")
_IN = re.compile(r"\bIN\s+:(?P<name>\w+)", re.IGNORECASE)
_ORDERED = re.compile(r"(?:[<>]=?|\bBETWEEN)\s*:(?P<name>\w+)", re.IGNORECASE)
_NULL = re.compile(r"(?<![:\w\\]):(?P<name>\w+)\s+IS\s+(?:NOT\s+)?NULL\b", re.IGNORECASE)
_LAST = re.compile(r";\s*(?:SELECT|WITH|VALUES|SHOW|TABLE)\b[^;]*;?\s*$", re.IGNORECASE)
_QUOTED = re.compile(r"'[^':]*(?<![:\w\\]):[A-Za-z_]\w*[^']*'")


@dataclass(frozen=True)
class Texts:
    """Looks for such texts in what becomes async. target: the async drivername for PostgreSQL or MySQL."""

    program: Program
    target: str
    transform: str
    group: str

    def decide(self) -> Iterator[Edit | Finding]:
        """What is done about each text."""
        for path in sorted(self.program.modules if self.target in TARGETS | MYSQL else ()):
            module = self.program.modules[path]
            if not kept_sync(self.program, path):
                for node in module.source.nodes_of(ast.Call):
                    if not node.args or self.program.function_of(node) in self.program.colouring.kept:
                        continue
                    if self._is_text(path, node):
                        yield from self.text(module, node, self._said(path, node.args[0]))
                    elif isinstance(node.func, ast.Attribute) and node.func.attr == DRIVER_SQL:
                        yield from self._several(module, node, self._said(path, node.args[0]))

    def text(self, module: ModuleInfo, node: ast.Call, said: str) -> Iterator[Edit | Finding]:
        """One call. said: its text."""
        plain = _OPAQUE.sub("''", said)
        names = [m["name"] for m in _PARAMETER.finditer(plain)]
        lists = [m["name"] for m in _IN.finditer(plain) if names.count(m["name"]) == 1]
        if lists and not self._is_bound(module, node):
            bindparam, imports = bring(self.program, module.path, "sqlalchemy", "bindparam")
            arguments = ", ".join(f'{bindparam}("{name}", expanding=True)' for name in lists)
            because = "a parameter stands for one value, unless it expands"
            target = module.source.target(node)
            op = AppendCall("bindparams", arguments)
            yield Edit(self.transform, module.path, target, op, imports, (), self.group, because)
        yield from self._several(module, node, said)
        if self.target == ASYNCPG:
            yield from self._prepared(module, node, said, plain)

    def _several(self, module: ModuleInfo, node: ast.Call, said: str) -> Iterator[Finding]:
        """What becomes of several statements."""
        advice = "execute each statement by itself"
        if self.target == PSYCOPG and several(said) and _LAST.search(_OPAQUE.sub("''", said)):
            yield self.finding(module, node, "has the result of the first of several statements", advice)
        if self.target == ASYNCPG and several(said):
            yield self.finding(module, node, "takes one statement in a text", advice)

    def _prepared(self, module: ModuleInfo, node: ast.Call, said: str, plain: str) -> Iterator[Finding]:
        """What cannot be prepared."""
        if found := _NULL.search(plain):
            advice = f"say what it is: CAST(:{found['name']} AS ...)"
            yield self.finding(module, node, f"cannot know the type of :{found['name']} here", advice)
        for name in self._ordered(module, node, plain):
            advice = f"unless it is compared with text, CAST(CAST(:{name} AS text) AS ...)"
            yield self.finding(module, node, f"takes no text for :{name} here", advice)
        if _QUOTED.search(said):
            advice = "for an interval, write :days * interval '1 day'"
            yield self.finding(module, node, "has no parameters inside of quotes", advice)

    def _ordered(self, module: ModuleInfo, node: ast.Call, plain: str) -> Iterator[str]:
        """The parameters that are compared by order, which few texts are, and that are given a text."""
        outer = module.source.parent(node)
        given = outer.args[1] if isinstance(outer, ast.Call) and len(outer.args) > 1 else None
        for key, value in zip(given.keys, given.values, strict=True) if isinstance(given, ast.Dict) else ():
            name = key.value if isinstance(key, ast.Constant) else None
            if name in {m["name"] for m in _ORDERED.finditer(plain)} and is_text(self.program, value):
                yield str(name)

    def _said(self, path: str, node: ast.expr) -> str:
        """What a text says, also one that a module keeps in a name."""
        function = self.program.function_of(node)
        local = isinstance(node, ast.Name) and function is not None and node.id in function.local_names
        known = self.program.names.resolve_expression(path, node) if is_path(node) and not local else None
        return _written(known.value if isinstance(known, Assigned) else node)

    def _is_text(self, path: str, node: ast.Call) -> bool:
        found = self.program.names.resolve_expression(path, node.func)
        return isinstance(found, Ext) and found.name == TEXT and bool(node.args)

    def _is_bound(self, module: ModuleInfo, node: ast.Call) -> bool:
        """Whether parameters of the text are declared: `text(...).bindparams(bindparam(...))`, there or where its name
        is used. `bindparams(ids=...)` gives values, and says nothing."""
        outer = module.source.parent(node)
        calls = (n for n in module.source.nodes_of(ast.Call) if isinstance(n, ast.Call) and n.args)
        declared = [c.func for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "bindparams"]
        if isinstance(outer, ast.Attribute):
            return outer in declared
        names = {ast.unparse(t) for t in outer.targets} if isinstance(outer, ast.Assign) else set()
        return any(ast.unparse(n.value) in names for n in declared)

    def finding(self, module: ModuleInfo, node: ast.Call, what: str, advice: str) -> Finding:
        message = f"{self.target.partition('+')[2]} {what}"
        return Finding(self.transform, module.path, module.source.span(node), "driver-text", message, advice)


def several(text: str) -> bool:
    """Whether a text holds more than one statement."""
    return len([part for part in _OPAQUE.sub("x", text).split(";") if part.strip("x \t\r\n")]) > 1


def _written(node: ast.expr) -> str:
    """The text of a string, or of an f-string without what is put into it."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))
