"""Statements that leave columns out which are read later: `load_only(...)` gets them.

Source: SQLAlchemy "Limiting which Columns Load with Column Deferral".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.primary_keys import primary_key
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall
from asyncify.transforms.eager.existing import ExistingOptions
from asyncify.transforms.eager.reading import Reading

LOAD_ONLY = "sqlalchemy.orm.load_only"


class Partial:
    """Looks at the options of each loading place from whose instances columns are read.

    loaded: the columns that the edits let a place load, once those are made.
    """

    def __init__(self, program: Program, reading: Reading, existing: ExistingOptions) -> None:
        self.program = program
        self.existing = existing
        self.loaded: set[tuple[ast.AST, str]] = set()
        self._found = [
            (site, reading.files[site], call, reads)
            for site, reads in reading.column_reads.items()
            for call in self._options(reading.files[site], site)
        ]

    def _options(self, path: str, site: ast.AST) -> Iterator[ast.Call]:
        """The options of a place that are calls."""
        given = [argument for _, call in self.existing.calls(site) for argument in call.args]
        if isinstance(site, ast.Call):
            lists = (k.value for k in site.keywords if k.arg == "options")
            given += [element for value in lists for element in getattr(value, "elts", ())]
        yield from (node for node in given if isinstance(node, ast.Call) and self._name(path, node))

    def _name(self, path: str, call: ast.Call) -> str:
        made = self.program.names.resolve_expression(path, call.func)
        return made.name if isinstance(made, Ext) and made.name == LOAD_ONLY else ""

    def edits(self) -> Iterator[tuple[ast.Call, Edit]]:
        """The columns that are read, in `load_only`: the calls with their edits."""
        for site, path, call, reads in self._found:
            first = call.args[0] if call.args else None
            if self._name(path, call) != LOAD_ONLY or not isinstance(first, ast.Attribute):
                continue
            infos = [v.info for v in self.program.values(first.value) if isinstance(v, Cls)]
            if len(infos) != 1:
                continue
            missing = sorted(set(reads) & self._left_out(infos[0], call))
            if missing:
                model = self.program.modules[path].source.segment(first.value)
                because = f"{missing[0]} is read by {reads[missing[0]].what}, and left out"
                op = EditCall(append=tuple(f"{model}.{name}" for name in missing))
                self.loaded.update((site, name) for name in missing)
                yield call, Edit("eager", path, self.program.modules[path].source.target(call), op, because=because)

    def _left_out(self, info: ClassInfo, call: ast.Call) -> set[str]:
        named = {a.attr for a in call.args if isinstance(a, ast.Attribute)}
        return self.program.orm.columns(info).keys() - named - set(primary_key(self.program, info))
