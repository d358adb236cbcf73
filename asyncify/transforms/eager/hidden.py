"""Columns that a statement leaves out, and that are read all the same: by its options `load_only` and `defer`, or
because their mapping defers them and it has no `undefer` and no `undefer_group`.

A read loads such a column for one instance. Source: SQLAlchemy, "Column Loading Options".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from asyncify.analysis.primary_keys import primary_key
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.contents import is_lookup
from asyncify.transforms.eager.existing import ExistingOptions
from asyncify.transforms.eager.option_values import ANY, DEFER, GROUP, OF_COLUMNS, ONLY, UNDEFER, Existing
from asyncify.transforms.eager.reading import Steps
from asyncify.transforms.eager.undeferred import Undeferred, groups_of


class Hidden:
    """Knows for each loading place which columns it leaves out."""

    def __init__(self, program: Program, existing: ExistingOptions) -> None:
        self.program = program
        self.asked_for = cache(Undeferred(program).asked_for)
        #: by loading place and path: a generic statement may get the options of every caller
        self._options: dict[ast.AST, dict[Steps, list[Existing]]] = {}
        self.leaves_out = cache(self._leaves_out)
        if any(name in m.source.text for m in program.modules.values() for name in (ONLY, DEFER)):
            for site, options in self._sites(existing):
                if any(o.loader in OF_COLUMNS for o in options):
                    self._options[site] = defaultdict(list)
                    for option in options:
                        if option.loader in OF_COLUMNS:
                            self._options[site][option.steps[:-1]].append(option)

    def _sites(self, existing: ExistingOptions) -> Iterator[tuple[ast.AST, list[Existing]]]:
        for site in existing.sites():
            yield site, existing.of_statement(site)
        for path in sorted(self.program.modules):
            for call in self.program.modules[path].source.nodes_of(ast.Call):
                given = next((k.value for k in call.keywords if k.arg == "options"), None)
                if given is not None and is_lookup(self.program, call):
                    yield call, existing.reader.parse(path, given)

    def _leaves_out(self, site: ast.AST, steps: Steps, info: ClassInfo, name: str) -> frozenset[ast.expr]:
        """The options, or the definition of a column, by which instances at the end of a path may come without it."""
        options = self._options.get(site, {}).get(steps, [])
        asked = self.asked_for(info, name)
        if asked is not None:
            groups = groups_of(asked)
            named = any(o.loader in (UNDEFER, ONLY) and o.steps[-1] in (name, ANY) and o.sure for o in options)
            grouped = any(o.loader == GROUP and o.steps[-1] in groups and o.sure for o in options)
            return frozenset() if named or grouped else frozenset({asked})
        if not options or name not in self.program.orm.columns(info) or name in primary_key(self.program, info):
            return frozenset()
        here = [o for o in options if self._is_of(o, info, steps)]
        only = [o for o in here if o.loader == ONLY]
        deferred = [o for o in here if o.loader == DEFER and o.steps[-1] in (name, ANY)]
        named = any(o.steps[-1] == name for o in only)
        return frozenset(o.node for o in (*deferred, *(() if named else only)))

    def _is_of(self, option: Existing, info: ClassInfo, steps: Steps) -> bool:
        return bool(steps) or option.owner is None or self.program.classes.are_kin(option.owner, info)
