"""Sync twins of engines and factories: made beside them, and named where code stays sync."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import names_used
from asyncify.analysis.import_paths import import_of
from asyncify.analysis.makers import Made, Maker, Use
from asyncify.analysis.program import Program
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import InsertStatements, Op, RenameAttribute, Replace, ReplaceStatement

GROUP = "flip"
BECAUSE = "code that stays synchronous needs a sync engine beside the async one"


class SyncTwins:
    """The twins of a program and the edits that they need. transform: who asks, for its own kind of makers."""

    def __init__(self, program: Program, transform: str, made: Made) -> None:
        self.program = program
        self.transform = transform
        self.made = made
        self.twins = program.colouring.twins

    def name(self, maker: Maker) -> str:
        """The name of a twin: free in its own module and wherever it is used."""
        paths = {maker.path, *(u.path for u in (*self.twins.uses, *self.twins.listened) if u.maker == maker)}
        used = frozenset[str]().union(*(names_used(self.program, p) for p in paths))
        wish = f"Sync{maker.name}" if maker.name[:1].isupper() else f"sync_{maker.name.lstrip('_')}"
        name, count = wish, 2
        while name in used:
            name, count = f"{wish}_{count}", count + 1
        return name

    def edits(self) -> Iterator[Edit | Finding]:
        """Everything for the makers of one kind."""
        for maker in self.twins.twinned:
            if maker.made is self.made:
                yield from self._beside(maker)
        done: set[ast.ImportFrom] = set()
        for use in self.twins.uses:
            if use.maker.made is self.made:
                yield from self._use(use, done)
        for use in self.twins.without:
            if use.maker.made is self.made:
                span = self.program.modules[use.path].source.span(use.node)
                text = f"{use.maker.name} becomes async, and this code stays synchronous"
                advice = "give it a sync engine of its own; a database in memory belongs to one engine alone"
                yield Finding(self.transform, use.path, span, "no-sync-twin", text, advice)

    def has_twin(self, call: ast.Call) -> bool:
        """Whether a call makes an engine or factory that gets a twin."""
        return any(call is made for maker in self.twins.twinned for _, made in maker.calls)

    def twin_of(self, call: ast.Call) -> str:
        """The name of the twin of what a call makes; empty where it gets none."""
        return next((self.name(m) for m in self.twins.twinned if any(call is c for _, c in m.calls)), "")

    def stays(self, node: ast.expr) -> bool:
        """Whether an expression reads an engine or factory that only sync code uses."""
        return any(node is use.node for use in self.twins.listened if use.maker in self.twins.staying)

    def listened(self, node: ast.expr) -> tuple[str, tuple[Import, ...]] | None:
        """The name of what is sync beside an engine or factory that is listened to, if there is any, and its import."""
        for use in self.twins.listened:
            if use.node is node and use.maker in (*self.twins.twinned, *self.twins.with_events):
                return self.name(use.maker), self._imports(use.path, use.maker)
        return None

    def _beside(self, maker: Maker) -> Iterator[Edit]:
        """`sync_engine = create_engine(...)` after each place where the engine is made; before it, where it makes the
        sessions inside of async ones."""
        source = self.program.modules[maker.path].source
        for stmt, call in maker.calls:
            text = source.segment(call)
            imports: list[Import] = []
            start = source.span(call)
            for node in sorted(_names_in(call), key=lambda n: (-n.lineno, -n.col_offset)):
                inner = next((m for m in self.twins.twinned if self._reads(maker, node, m)), None)
                if inner is not None:
                    span = source.span(node)
                    text = _with(text, start.line, start.column, span.line, span.column, len(node.id), self.name(inner))
                    imports += self._imports(maker.path, inner)
            where = "before" if maker in self.twins.with_events else "after"
            op = InsertStatements(f"{self.name(maker)} = {text}", where)
            yield Edit(self.transform, maker.path, source.target(stmt), op, tuple(imports), (), GROUP, BECAUSE)

    def _reads(self, maker: Maker, node: ast.Name, inner: Maker) -> bool:
        found = self.program.names.resolve(maker.path, node.id)
        return getattr(found, "path", None) == inner.path and getattr(found, "name", None) == inner.name

    def _imports(self, path: str, maker: Maker) -> tuple[Import, ...]:
        if path == maker.path:
            return ()
        module = import_of(self.program, path, maker.path)
        return (Import(module, self.name(maker)),) if module else ()

    def _use(self, use: Use, done: set[ast.ImportFrom]) -> Iterator[Edit]:
        source = self.program.modules[use.path].source
        name = self.name(use.maker)
        if use.local is not None:
            if use.local not in done:
                done.add(use.local)
                writer, text = self._inner_import(use.local, use.path)
                if writer is self.made:
                    yield self._edit(use, use.local, ReplaceStatement(text))
            aliased = any(a.asname and a.name == use.maker.name for a in use.local.names)
            if not aliased:
                yield self._edit(use, use.node, Replace(name))
            return
        if isinstance(use.node, ast.Attribute) and use.scope == use.maker.path:
            yield self._edit(use, use.node, RenameAttribute(name))
            return
        drops = tuple(n.id for n in ast.walk(use.node) if isinstance(n, ast.Name) and use.path != use.maker.path)
        yield Edit(
            self.transform, use.path, source.target(use.node), Replace(name), self._imports(use.path, use.maker), drops,
            GROUP, BECAUSE, in_kept=True,
        )  # fmt: skip

    def _inner_import(self, statement: ast.ImportFrom, path: str) -> tuple[Made, str]:
        """An import inside of a function with the twins in the place of the makers, and who is to write it."""
        module = "." * statement.level + (statement.module or "")
        there = {u.maker.name: u for u in self.twins.uses if u.local is statement}
        lines: dict[str, list[str]] = {}
        for alias in statement.names:
            use = there.get(alias.name)
            if use is None:
                lines.setdefault(module, []).append(ast.unparse(alias))
                continue
            home = module if use.scope == use.maker.path else import_of(self.program, path, use.maker.path) or module
            text = f"{self.name(use.maker)} as {alias.asname}" if alias.asname else self.name(use.maker)
            lines.setdefault(home, []).append(text)
        writer = Made.FACTORY if any(u.maker.made is Made.FACTORY for u in there.values()) else Made.ENGINE
        return writer, "\n".join(f"from {home} import {', '.join(found)}" for home, found in lines.items())

    def _edit(self, use: Use, node: ast.AST, op: Op) -> Edit:
        target = self.program.modules[use.path].source.target(node)
        return Edit(self.transform, use.path, target, op, (), (), GROUP, BECAUSE, in_kept=True)


def _names_in(call: ast.Call) -> list[ast.Name]:
    return [n for n in ast.walk(call) if isinstance(n, ast.Name)]


def _with(text: str, line: int, column: int, at_line: int, at_column: int, length: int, new: str) -> str:
    """The text of a node that begins at `line` and `column`, with a name inside of it replaced."""
    rows = text.split("\n")
    row = at_line - line
    start = at_column - column if row == 0 else at_column
    rows[row] = rows[row][:start] + new + rows[row][start + length :]
    return "\n".join(rows)
