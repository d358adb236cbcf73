"""Goes through one function in the order in which it runs, and notes what is read while it is expired."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from asyncify.analysis.expiry import computed
from asyncify.analysis.expiry.events import guarded_path, is_session_block, rolls_back_block, source_of
from asyncify.analysis.expiry.state import OUTDATED, SESSION, Mark, State, doubted, is_fresh, joined, let_go
from asyncify.analysis.expiry.uses import How, Summary
from asyncify.analysis.expiry.walk import Walk
from asyncify.analysis.nodes import children, raises

LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass
class Flow(Walk):
    """The statements of one function, one after another."""

    _left: list[State] = field(default_factory=list)
    _breaks: list[list[State]] = field(default_factory=list)

    def run(self) -> Summary:
        """Walk; `reads` has what was found then."""
        self._caught.append([])
        end = self._block(self.function.node.body, {})
        returns = [*self._left, *([end] if end is not None else [])]
        raises = self._caught.pop()
        parameters = (p.arg for p in self.function.parameters)
        return Summary(
            returns=_is_in(returns, ""),
            raises=_is_in(raises, ""),
            commits=_is_in(returns, OUTDATED),
            computed=computed.left_behind(self.function, returns),
            fresh=frozenset(p for p in parameters if returns and all(is_fresh(state, p) for state in returns)),
        )

    # -- statements ----------------------------------------------------------------------------------

    def _block(self, body: Iterable[ast.stmt], state: State | None) -> State | None:
        for statement in body:
            if state is None:
                return None
            state = self._statement(statement, state)
            if state is not None:
                self._caught[-1].append(state)
        return state

    def _statement(self, node: ast.stmt, state: State) -> State | None:
        if isinstance(node, ast.If):
            state = self._expression(node.test, state)
            inside = self._block(node.body, state)
            after = joined((inside, self._block(node.orelse, state)))
            guarded = guarded_path(node.test) if not node.orelse else ""
            if after is None or inside is None or not guarded:
                return after
            # what the test lets pass is as it was left inside, and nothing else can be read
            return {key: mark for key, mark in after.items() if key[0] != guarded or key in inside}
        if isinstance(node, LOOPS):
            return self._loop(node, state)
        if isinstance(node, ast.Try):
            return self._try(node, state)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            return self._with(node, state)
        if isinstance(node, ast.Match):
            state = self._expression(node.subject, state)
            return joined((state, *(self._block(case.body, state) for case in node.cases)))
        if isinstance(node, ast.Return):
            state = self._expression(node.value, state) if node.value is not None else state
            if node.value is not None:
                state = self._handed(node.value, self._asked(node.value, state), inside=self.kept_by_callers)
                state = computed.returned(state, source_of(node.value), self._mapped(node.value))
            self._left.append(state)
            return None
        if isinstance(node, ast.Raise):
            for part in children(node):
                state = self._expression(part, state)
            self._caught[-1].append(state)
            return None
        if isinstance(node, (ast.Break, ast.Continue)):
            if self._breaks:
                self._breaks[-1].append(state)
            return None
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return state
        return self._simple(node, state)

    def _simple(self, node: ast.stmt, state: State) -> State:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            state = self._expression(node.value, state) if node.value is not None else state
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if isinstance(targets[0], ast.Name):
                state = self._asked(node.value or targets[0], state, targets[0])
            for target in targets:
                if isinstance(node, ast.AugAssign) and isinstance(target, ast.Attribute):
                    state = self._read(target, state, How.CHANGED)
                elif not isinstance(node, ast.AugAssign):
                    state = self._assigned(target, node.value, state)
            return state
        for part in children(node):
            state = self._expression(part, state)
        return state

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, state: State) -> State | None:
        state = self._expression(node.test if isinstance(node, ast.While) else node.iter, state)
        if not isinstance(node, ast.While):
            state = self._asked(node.iter, state)
        self._breaks.append([])
        before = state
        for _ in range(2):
            inner = state if isinstance(node, ast.While) else self._bound(node.target, node.iter, state)
            end = self._block(node.body, inner)
            if end is not None and not isinstance(node, ast.While) and isinstance(node.target, ast.Name):
                end = computed.of_elements(end, source_of(node.iter), node.target.id)
            if end is not None and not isinstance(node, ast.While) and not self._breaks[-1]:
                before, end = self._loaded_each(node, before, end)
            state = joined((before, end, *self._breaks[-1])) or state
        self._breaks.pop()
        return self._block(node.orelse, state)

    def _loaded_each(self, node: ast.For | ast.AsyncFor, before: State, end: State) -> tuple[State, State]:
        """Both without what is iterated over, when each turn loads its instance: `for one in made: db.refresh(one)`."""
        source, target = source_of(node.iter), node.target
        if not source or not isinstance(target, ast.Name):
            return before, end
        left = {attribute for path, attribute in end if path == target.id}
        kept = [{k: m for k, m in s.items() if k[0] != source or k[1] in left} for s in (before, end)]
        return kept[0], kept[1]

    def _try(self, node: ast.Try, state: State) -> State | None:
        self._caught.append([state])
        end = self._block(node.body, state)
        caught = self._caught.pop()
        raised = doubted(joined(caught) or {})
        ends = [self._block(node.orelse, end)]
        if node.handlers:
            ends += [self._block(handler.body, raised) for handler in node.handlers]
        else:
            self._caught[-1].append(raised)
        if not node.finalbody:
            return joined(ends)
        self._block(node.finalbody, joined([*ends, raised]))
        return self._block(node.finalbody, joined(ends))

    def _with(self, node: ast.With | ast.AsyncWith, state: State) -> State | None:
        rolls_back = closes = False
        for item in node.items:
            state = self._expression(item.context_expr, state)
            rolls_back = rolls_back or rolls_back_block(self.program, item.context_expr)
            closes = closes or is_session_block(self.program, item.context_expr)
            if item.optional_vars is not None:
                state = self._assigned(item.optional_vars, None, state)
        self._caught.append([state])
        end = self._block(node.body, state)
        raised = doubted(joined(self._caught.pop()) or {})
        if rolls_back:
            raised = self._all_expired(raised, Mark("a rollback", None, False), True)
        self._caught[-1].append(let_go(raised) if closes else raised)
        if end is None and not (rolls_back or closes) and raises(node.body):
            end = raised
        return let_go(end) if closes and end is not None else end


def _is_in(states: Iterable[State], attribute: str) -> bool:
    """Whether some way leaves the instances of a session that was given so."""
    return any((SESSION, attribute) in state for state in states)
