"""`error.orig` of psycopg2 in the words of the async driver: `isinstance(error.orig, UniqueViolation)`, `pgcode`.

An app that asks for the error of its old driver would answer 500 where it answered 409.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from asyncify.analysis.bindings import names_used
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.driver_errors import DIAGNOSTICS, OWN_VALUES, SQLSTATES, STANDARD
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, Op, RenameAttribute, Replace

PSYCOPG, ASYNCPG = "postgresql+psycopg", "postgresql+asyncpg"
_BECAUSE = "the error comes from the async driver"


@dataclass(frozen=True)
class DriverErrors:
    """Looks at what a program does with the errors of psycopg2. target: the async drivername for PostgreSQL."""

    program: Program
    target: str
    transform: str
    group: str

    targets: ClassVar[frozenset[str]] = frozenset({PSYCOPG, ASYNCPG})

    def decide(self) -> Iterator[Edit | Finding]:
        """Everything for a program whose engines become async."""
        if self.target not in self.targets:
            return
        for path in sorted(self.program.modules):
            module = self.program.modules[path]
            if kept_sync(self.program, path) or not self.mentions(module.source.text):
                continue
            for node in module.source.nodes:
                function = self.program.function_of(node)
                if function in self.program.colouring.kept:
                    continue
                if isinstance(node, ast.Attribute):
                    yield from self.attribute(module, node)
                elif isinstance(node, ast.Call):
                    yield from self.call(module, node)
                elif isinstance(node, ast.Compare):
                    yield from self.text(module, node)
                elif isinstance(node, (ast.Subscript, ast.FormattedValue)):
                    yield from self.sentences(module, node)

    def mentions(self, text: str) -> bool:
        """Whether a file can hold anything of this."""
        return ".orig" in text or "psycopg2" in text

    def attribute(self, module: ModuleInfo, node: ast.Attribute) -> Iterator[Edit | Finding]:
        """`error.orig.pgcode`, `error.orig.diag.constraint_name`, `error.orig.pgerror`."""
        if not self.is_orig(module, node.value):
            return
        if node.attr == "pgcode" and self.target == PSYCOPG:
            yield self.edit(module, node, RenameAttribute("sqlstate"))
        elif node.attr == "pgerror":
            yield self.finding(module, node, "has no pgerror", "use str(error.orig), which has the same sentences")
        elif node.attr == "diag" and self.target == ASYNCPG:
            outer = module.source.parent(node)
            name = DIAGNOSTICS.get(outer.attr) if isinstance(outer, ast.Attribute) else None
            if name is None or outer is None:
                advice = "read from error.orig.__cause__, the error of asyncpg"
                yield self.finding(module, node, "has no diag", advice)
                return
            hole = Hole("orig", module.source.span(node.value))
            yield self.edit(module, outer, Replace(f"$orig.__cause__.{name}", (hole,)))

    def call(self, module: ModuleInfo, node: ast.Call) -> Iterator[Edit | Finding]:
        """`isinstance(error.orig, UniqueViolation)`, `getattr(error.orig, "pgcode", None)`; values of psycopg2."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "getattr" and len(node.args) > 1 and self.is_orig(module, node.args[0]):
            if isinstance(node.args[1], ast.Constant) and node.args[1].value == "pgcode" and self.target == PSYCOPG:
                yield self.edit(module, node.args[1], Replace('"sqlstate"'))
        elif name == "isinstance" and len(node.args) == 2 and self.is_orig(module, node.args[0]):
            yield from self.kind(module, node)
        elif name == "str" and len(node.args) == 1:
            yield from self.sentences(module, node)
        elif (found := self.name_of(module, node.func)) in OWN_VALUES:
            advice = "psycopg: psycopg.adapters; asyncpg: set_type_codec in a listener of the event connect"
            what = found.rpartition(".")[2]
            message = f"{what} works for connections of psycopg2 alone, and the async engine has others"
            yield Finding(self.transform, module.path, module.source.span(node), "driver-values", message, advice)

    def sentences(self, module: ModuleInfo, node: ast.Call | ast.Subscript | ast.FormattedValue) -> Iterator[Edit]:
        """`str(error.orig)`, `error.orig.args[0]`, `f"{error.orig}"`: SQLAlchemy's own error begins with the class of
        the one of asyncpg, which an app would send to strangers, and has no DETAIL since 2.1. Others have no cause."""
        orig: ast.expr | None = None
        if isinstance(node, ast.Call):
            orig = node.args[0]
        elif isinstance(node, ast.FormattedValue):
            orig = node.value if node.conversion == -1 else None
        elif isinstance(node.slice, ast.Constant) and node.slice.value == 0 and isinstance(node.value, ast.Attribute):
            orig = node.value.value if node.value.attr == "args" else None
        if orig is None or self.target != ASYNCPG or not self.is_orig(module, orig):
            return
        whole = f"{module.source.segment(orig)}.__cause__ or {module.source.segment(orig)}"
        if isinstance(node, ast.Subscript):
            yield self.edit(module, node, Replace(f"str({whole})"))
        else:
            yield self.edit(module, orig, Replace(f"({whole})" if isinstance(node, ast.FormattedValue) else whole))

    def kind(self, module: ModuleInfo, node: ast.Call) -> Iterator[Edit | Finding]:
        """`isinstance(error.orig, ...)`."""
        given = node.args[1]
        kinds = given.elts if isinstance(given, ast.Tuple) else [given]
        names = [self.name_of(module, kind) for kind in kinds]
        if not any(name.startswith("psycopg2.") for name in names):
            return
        words = [name.rpartition(".")[2] for name in names if name.startswith("psycopg2.")]
        drops = tuple(n.id for kind in kinds for n in ast.walk(kind) if isinstance(n, ast.Name))
        if self.target == PSYCOPG and all(w in SQLSTATES or w in STANDARD for w in words) and self.psycopg(module):
            for kind, name in zip(kinds, names, strict=True):
                if name.startswith("psycopg2."):
                    text = f"psycopg.errors.{name.rpartition('.')[2]}"
                    yield self.edit(module, kind, Replace(text), (Import("psycopg"),), drops)
        elif self.target == ASYNCPG and len(words) == len(names) and all(w in SQLSTATES for w in words):
            hole = Hole("orig", module.source.span(node.args[0]))
            codes = [f'"{SQLSTATES[w]}"' for w in words]
            asked = f"== {codes[0]}" if len(codes) == 1 else f"in ({', '.join(codes)})"
            text = f'getattr($orig, "pgcode", None) {asked}'
            binds = isinstance(module.source.parent(node), (ast.Compare, ast.BinOp))
            yield self.edit(module, node, Replace(f"({text})" if binds else text, (hole,)), (), drops)
        else:
            advice = "compare the code of PostgreSQL, error.orig.sqlstate, which both drivers have"
            yield self.finding(module, node, "does not raise the errors of psycopg2", advice)

    def text(self, module: ModuleInfo, node: ast.Compare) -> Iterator[Edit | Finding]:
        """`"psycopg2" in str(error)`: the text of an error of SQLAlchemy begins with the class of the driver's."""
        word = node.left.value if isinstance(node.left, ast.Constant) else None
        if not isinstance(word, str) or "psycopg2" not in word or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return
        if not self.is_error_text(module, node.comparators[0]):
            return
        if self.target == PSYCOPG or word == "psycopg2":
            written = module.source.segment(node.left)
            driver = self.target.partition("+")[2]
            yield self.edit(module, node.left, Replace(written.replace("psycopg2", driver)))
        else:
            advice = "compare the code of PostgreSQL, error.orig.sqlstate, which both drivers have"
            yield self.finding(module, node, "does not name the errors of psycopg2", advice)

    def is_error_text(self, module: ModuleInfo, node: ast.expr) -> bool:
        """Whether an expression is made of an error that a handler around it has caught, at once or through a name."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        outer: ast.AST | None = module.source.parent(node)
        while outer is not None and not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if isinstance(outer, ast.ExceptHandler) and outer.name and self.may_catch(module, outer):
                texts = [n for n in ast.walk(outer) if isinstance(n, ast.Assign) and names & set(_stored(n))]
                read = {n.id for one in texts for n in ast.walk(one.value) if isinstance(n, ast.Name)}
                return outer.name in names | read
            outer = module.source.parent(outer)
        return False

    def may_catch(self, module: ModuleInfo, handler: ast.ExceptHandler) -> bool:
        """Whether a handler may be for errors of SQLAlchemy."""
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
        return any(
            (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))
            or self.name_of(module, kind).startswith("sqlalchemy.exc.")
            for kind in kinds
        )

    def psycopg(self, module: ModuleInfo) -> bool:
        """Whether the name `psycopg` is free in a file, or the package."""
        taken = "psycopg" in names_used(self.program, module.path)
        return not taken or self.program.names.resolve(module.path, "psycopg") == Ext("psycopg")

    def name_of(self, module: ModuleInfo, node: ast.expr) -> str:
        """The dotted name of an object of a library; empty for anything else."""
        found = self.program.names.resolve_expression(module.path, node)
        inner = (v for v in self.program.values(node) if isinstance(v, Ext))  # imported in a function
        known = found if isinstance(found, Ext) else next(inner, None)
        return known.name if known is not None else ""

    def is_orig(self, module: ModuleInfo, node: ast.expr) -> bool:
        """Whether an expression is the error of the driver: `error.orig`, or a local name for that and nothing else."""
        if isinstance(node, ast.Attribute):
            return self._direct(module, node)
        function = self.program.function_of(node)
        if not isinstance(node, ast.Name) or function is None or node.id not in function.local_names:
            return False
        stores = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == node.id and _is_store(n)]
        outer = [module.source.parent(n) for n in stores]
        values = [o.value for o in outer if isinstance(o, (ast.Assign, ast.NamedExpr))]
        return bool(stores) and len(values) == len(stores) and all(self._direct(module, v) for v in values)

    def _direct(self, module: ModuleInfo, node: ast.expr) -> bool:
        """`error.orig`."""
        if not isinstance(node, ast.Attribute) or node.attr != "orig" or not isinstance(node.value, ast.Name):
            return False
        return self.is_error(module, node.value)

    def is_error(self, module: ModuleInfo, node: ast.Name) -> bool:
        """Whether a name is an error of SQLAlchemy: caught by a handler around it, or by its annotation."""
        outer: ast.AST | None = module.source.parent(node)
        while outer is not None:
            if isinstance(outer, ast.ExceptHandler) and outer.name == node.id:
                kinds = outer.type.elts if isinstance(outer.type, ast.Tuple) else [outer.type] if outer.type else []
                return any(self.name_of(module, kind).startswith("sqlalchemy.exc.") for kind in kinds)
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
                arguments = [*outer.args.posonlyargs, *outer.args.args, *outer.args.kwonlyargs]
                annotations = [a.annotation for a in arguments if a.arg == node.id and a.annotation]
                return any(self.name_of(module, a).startswith("sqlalchemy.exc.") for a in annotations)
            outer = module.source.parent(outer)
        return False

    def edit(
        self,
        module: ModuleInfo,
        node: ast.AST,
        op: Op,
        imports: tuple[Import, ...] = (),
        drops: tuple[str, ...] = (),
    ) -> Edit:
        target = module.source.target(node)
        return Edit(self.transform, module.path, target, op, imports, drops, self.group, _BECAUSE)

    def finding(self, module: ModuleInfo, node: ast.AST, what: str, advice: str) -> Finding:
        message = f"{self.target.partition('+')[2]} {what}"
        return Finding(self.transform, module.path, module.source.span(node), "driver-error", message, advice)


def _stored(node: ast.Assign) -> Iterator[str]:
    return (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_store(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
