"""What is decided about one use of a query: an edit, or a reason why the query stays as it is."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Union

from asyncify.analysis.bindings import bring
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import canonical
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, Op

NAME = "query"


@dataclass(frozen=True)
class Problem:
    """Why a query, and every query that meets it, is left in its legacy form.

    advice: what a person can do about it.
    """

    source: SourceFile
    node: ast.AST
    code: str
    message: str
    advice: str

    def finding(self) -> Finding:
        """The report of it."""
        return Finding(NAME, self.source.path, self.source.span(self.node), self.code, self.message, self.advice)


Decision = Union[Edit, Problem]  # noqa: UP007 - read at run time by Python 3.10


@dataclass(eq=False)
class Place:
    """A file, and the names that the library objects have there."""

    program: Program
    source: SourceFile
    _names: dict[tuple[str, ...], tuple[str, tuple[Import, ...]]] = field(default_factory=dict)

    def name(self, *spellings: str) -> tuple[str, tuple[Import, ...]]:
        """The local name of a library object, and the imports for it.

        spellings: dotted names that are as good as each other; one that the file imports already is taken.
        """
        if spellings not in self._names:
            self._names[spellings] = self._name(spellings)
        return self._names[spellings]

    def _name(self, spellings: tuple[str, ...]) -> tuple[str, tuple[Import, ...]]:
        path = self.source.path
        for dotted in spellings:
            module, _, name = dotted.rpartition(".")
            if self._imports(dotted):
                return bring(self.program, path, module, name)
        module, _, name = spellings[0].rpartition(".")
        return bring(self.program, path, module, name)

    def _imports(self, dotted: str) -> bool:
        module = self.program.modules[self.source.path]
        for statements in module.imports.values():
            for node in statements:
                if isinstance(node, ast.ImportFrom) and node in module.source.tree.body:
                    for alias in node.names:
                        found = self.program.names.imported(module.path, node, alias) if alias.name != "*" else None
                        if isinstance(found, Ext) and found.name == canonical(dotted):
                            return True
        return False

    def hole(self, name: str, node: ast.AST) -> Hole:
        """A part of the file that a template keeps."""
        return Hole(name, self.source.span(node))

    def edit(
        self,
        node: ast.AST,
        op: Op,
        because: str,
        imports: tuple[Import, ...] = (),
        drops: tuple[str, ...] = (),
    ) -> Edit:
        """An edit of a node."""
        return Edit(NAME, self.source.path, self.source.target(node), op, imports, drops, because=because)


class Places:
    """The places of a program, each once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._places: dict[str, Place] = {}

    def of(self, source: SourceFile) -> Place:
        """The place that a file is."""
        return self._places.setdefault(source.path, Place(self.program, source))


SELECT = ("sqlalchemy.select", "sqlmodel.select")
LABELS = "sqlalchemy.LABEL_STYLE_TABLENAME_PLUS_COL"
FUNC = ("sqlalchemy.func", "sqlmodel.func")
