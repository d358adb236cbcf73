"""What a walk through a function notes: the reads of what is expired or outdated, and what is handed on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from asyncify.analysis.dotted import is_path
from asyncify.analysis.evaluated import gone_through, is_always_evaluated
from asyncify.analysis.expiry import computed
from asyncify.analysis.expiry.events import is_list, is_model_instance, path_text
from asyncify.analysis.expiry.lists import is_list_of_rows
from asyncify.analysis.expiry.state import OUTDATED, State, without
from asyncify.analysis.expiry.uses import ExpiredRead, How, Summary, nothing_differs
from asyncify.analysis.nodes import children
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import objects


@dataclass
class Noting:
    """One walk through one function.

    summaries: what is known of those that it calls. differs: whether what is outdated at a read is another one by now.
    rolls_back: whether what runs where the function yields, the test of a fixture, may roll back. kept_by_callers:
    whether only the program calls it, and keeps what it returns, so that this is read there. flushing: whether sessions
    may flush before they load.
    """

    program: Program
    function: FunctionInfo
    summaries: Mapping[FunctionInfo, Summary]
    differs: Callable[[ExpiredRead], bool] = nothing_differs
    rolls_back: bool = False
    kept_by_callers: bool = False
    flushing: bool = True
    reads: dict[tuple[ast.expr, str, str, bool], ExpiredRead] = field(default_factory=dict)

    def _note(self, read: ExpiredRead) -> None:
        key = (read.node, path_text(read.instance), read.attribute, read.outdated)
        known = self.reads.get(key)
        if known is None or (known.mark.certain and not read.mark.certain):
            self.reads[key] = read

    def _outdated(self, read: ExpiredRead, state: State) -> State:
        """A read of an instance that was loaded before a commit: the first that finds something else needs a load. What
        a comprehension goes through is loaded before that, all of it."""
        source = self.function.source
        several = gone_through(source, read.node, path_text(read.instance))
        if several is not None and is_path(several) and is_list_of_rows(self.program, several):
            if gone_through(source, read.node, path_text(several)) is None:
                read = replace(read, instance=several, how=How.HANDED)
        if not self.differs(read):
            return state
        self._note(read)
        return without(state, path_text(read.instance), OUTDATED)

    def _handed(self, node: ast.expr, state: State, *, inside: bool = False) -> State:
        """Hand an instance on. inside: to a function of the program."""
        if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred)):
            for part in children(node):
                state = self._handed(part, state, inside=inside) if isinstance(part, ast.expr) else state
            return state
        if not is_path(node) or not is_model_instance(self.program, node):
            return self._handed_list(node, state)
        path, always = path_text(node), self._always(node)
        mark = state.get((path, ""))
        if mark is not None:
            self._note(ExpiredRead(self.function, node, node, "", How.HANDED, mark, True, always))
            state = without(state, path, "")
        kept = self._mapped(node) if inside else ()
        for name, mark in computed.of_instance(state, path):
            if name in kept:
                continue
            self._note(ExpiredRead(self.function, node, node, name, How.HANDED, mark, False, always))
        mark = state.get((path, OUTDATED))
        if mark is not None:
            read = ExpiredRead(self.function, node, node, "", How.HANDED, mark, True, always, True)
            state = self._outdated(read, state)
        return state

    def _handed_list(self, node: ast.expr, state: State) -> State:
        """Hand a list of instances on, of which the database has computed something."""
        if not is_path(node) or not is_list(self.program, node):
            return state
        path, always = path_text(node), self._always(node)
        for name, mark in computed.of_instance(state, path):
            self._note(ExpiredRead(self.function, node, node, name, How.HANDED, mark, False, always))
        if (left := state.get((path, OUTDATED))) is not None and is_list_of_rows(self.program, node):
            read = ExpiredRead(self.function, node, node, "", How.HANDED, left, True, always, True)
            state = self._outdated(read, state)
        return state

    def _mapped(self, node: ast.expr) -> frozenset[str]:
        """The attributes of an instance that the mapping computes."""
        infos = {o.info for o in objects(self.program.values(node))}
        return frozenset(name for info in infos for name in computed.mapped(self.program, info))

    def _always(self, node: ast.AST) -> bool:
        """Whether the statement around an expression cannot run without evaluating it."""
        source = self.function.source
        return is_always_evaluated(source, node) and not isinstance(source.statement(node), ast.While)
