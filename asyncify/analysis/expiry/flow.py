"""Goes through one function in the order in which it runs, and notes what is read while it is expired."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry.events import (
    Effect,
    event_of,
    foreign,
    holds_instances,
    is_model_instance,
    is_sql,
    path_text,
    read_in_greenlet,
    rolls_back_block,
)
from asyncify.analysis.expiry.state import SESSION, Mark, State, copied, doubted, joined, without
from asyncify.analysis.nodes import children
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import objects

#: in the place of an attribute: the relationships of an instance whose columns are there
RELATIONSHIPS = "*"
LOOPS = (ast.For, ast.AsyncFor, ast.While)
#: expressions of which a part may not be evaluated, or runs later
CONDITIONAL = (ast.IfExp, ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


class How(Enum):
    """How an expired instance is used."""

    READ = "read"  # an attribute is read
    CHANGED = "changed"  # `user.age += 1`
    HANDED = "handed"  # it is returned, or given to a function that may read it


@dataclass(frozen=True)
class ExpiredRead:
    """A use. node: the attribute, or the instance itself; instance: the path of the instance.

    attribute: what is read, empty where that is not known. always: the statement cannot run without it.
    """

    function: FunctionInfo
    node: ast.expr
    instance: ast.expr
    attribute: str
    how: How
    mark: Mark
    whole: bool
    always: bool


@dataclass(frozen=True)
class Summary:
    """What a function leaves behind for those who hold instances of the same session. returns, raises: it may have
    expired them all when it ends so."""

    returns: bool = False
    raises: bool = False


@dataclass
class Flow:
    """One walk through one function. summaries: what is known of those that it calls."""

    program: Program
    function: FunctionInfo
    summaries: Mapping[FunctionInfo, Summary]
    reads: dict[ast.expr, ExpiredRead] = field(default_factory=dict)
    _caught: list[list[State]] = field(default_factory=list)
    _left: list[State] = field(default_factory=list)
    _breaks: list[list[State]] = field(default_factory=list)

    def run(self) -> Summary:
        """Walk; `reads` has what was found then."""
        self._paths = self._instances()
        self._caught.append([])
        end = self._block(self.function.node.body, {})
        returns = [*self._left, *([end] if end is not None else [])]
        raises = self._caught.pop()
        return Summary(*(any((SESSION, "") in state for state in states) for states in (returns, raises)))

    def _instances(self) -> frozenset[str]:
        """Every path of the function that means instances, or a list of them."""
        found = set()
        for node in self.function.nodes:
            if isinstance(node, (ast.Name, ast.Attribute)) and is_path(node):
                # what a relationship holds is fresh once that is loaded again
                held = isinstance(node, ast.Attribute) and is_model_instance(self.program, node.value)
                if not held and holds_instances(self.program, self.program.values(node)):
                    found.add(path_text(node))
        return frozenset(found)

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
            return joined((self._block(node.body, state), self._block(node.orelse, state)))
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
                state = self._handed(node.value, state)
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
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(node, ast.AugAssign) and isinstance(target, ast.Attribute):
                    state = self._read(target, state, How.CHANGED, node)
                elif not isinstance(node, ast.AugAssign):
                    state = self._assigned(target, node.value, state)
            return state
        for part in children(node):
            state = self._expression(part, state)
        return state

    def _assigned(self, target: ast.expr, value: ast.expr | None, state: State) -> State:
        if isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                state = self._assigned(part, None, state)
            return state
        if not is_path(target):
            return state
        if isinstance(target, ast.Attribute) and is_model_instance(self.program, target.value):
            path = path_text(target.value)
            if value is not None and is_sql(self.program, self.function, value):
                # until it is stored the expression itself is there
                return {**state, (path, f"{target.attr}="): Mark("an expression was assigned", None, True)}
            return without(state, path, target.attr)
        text = path_text(target)
        source = self._source(value)
        return copied(state, source, text) if source else without(state, text)

    def _source(self, value: ast.expr | None) -> str:
        """The path of which an expression takes an instance without loading it: `users[0]`, `first or second`."""
        while isinstance(value, (ast.Subscript, ast.Starred)):
            value = value.value
        if isinstance(value, (ast.IfExp, ast.BoolOp)):
            value = value.body if isinstance(value, ast.IfExp) else value.values[0]
        return path_text(value) if value is not None and is_path(value) else ""

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, state: State) -> State | None:
        state = self._expression(node.test if isinstance(node, ast.While) else node.iter, state)
        self._breaks.append([])
        for _ in range(2):
            inner = state
            if not isinstance(node, ast.While):
                inner = self._bound(node.target, node.iter, inner)
            end = self._block(node.body, inner)
            state = joined((state, end, *self._breaks[-1])) or state
        self._breaks.pop()
        return self._block(node.orelse, state)

    def _bound(self, target: ast.expr, iterated: ast.expr, state: State) -> State:
        source = self._source(iterated)
        if source and isinstance(target, ast.Name):
            return copied(state, source, target.id)
        return self._assigned(target, None, state)

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
        rolls_back = False
        for item in node.items:
            state = self._expression(item.context_expr, state)
            rolls_back = rolls_back or rolls_back_block(self.program, item.context_expr)
            if item.optional_vars is not None:
                state = self._assigned(item.optional_vars, None, state)
        self._caught.append([state])
        end = self._block(node.body, state)
        raised = doubted(joined(self._caught.pop()) or {})
        if rolls_back:
            raised = self._all_expired(raised, Mark("a rollback", None, False), True)
        self._caught[-1].append(raised)
        return end

    # -- expressions ---------------------------------------------------------------------------------

    def _expression(self, node: ast.AST, state: State) -> State:
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            inner = state
            for generator in node.generators:
                state = self._expression(generator.iter, state)
                inner = self._bound(generator.target, generator.iter, inner)
            for part in children(node):
                if not isinstance(part, ast.comprehension):
                    self._expression(part, inner)
            return state
        if isinstance(node, ast.Lambda):
            return state
        for part in children(node):
            state = self._expression(part, state)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            return self._read(node, state, How.READ, node)
        if isinstance(node, ast.Call):
            return self._call(node, state)
        if isinstance(node, ast.NamedExpr):
            return self._assigned(node.target, node.value, state)
        return state

    def _read(self, node: ast.Attribute, state: State, how: How, around: ast.AST) -> State:
        path = path_text(node.value) if is_path(node.value) else ""
        if not path or not is_model_instance(self.program, node.value):
            return state
        column = self._is_column(node.value, node.attr)
        for key in ((path, node.attr), (path, ""), *(() if column else ((path, RELATIONSHIPS),))):
            mark = state.get(key)
            if mark is not None:
                always = self._always(node)
                whole = key[1] in ("", RELATIONSHIPS)
                self._note(ExpiredRead(self.function, node, node.value, node.attr, how, mark, whole, always))
                if always:
                    state = self._loaded(state, path, key[1], mark, column)
        return state

    def _loaded(self, state: State, path: str, attribute: str, mark: Mark, column: bool) -> State:
        """What is left to load after a read: one that surely finds an expired instance gets a refresh, any other
        loads the columns alone."""
        if attribute == RELATIONSHIPS or (not attribute and not mark.certain and not column):
            return state
        left = without(state, path, attribute)
        return left if attribute or mark.certain else {**left, (path, RELATIONSHIPS): mark}

    def _is_column(self, instance: ast.expr, name: str) -> bool:
        return all(
            self.program.orm.relationship(o.info, name) is None for o in objects(self.program.values(instance))
        )

    def _note(self, read: ExpiredRead) -> None:
        known = self.reads.get(read.node)
        if known is None or (known.mark.certain and not read.mark.certain):
            self.reads[read.node] = read

    def _handed(self, node: ast.expr, state: State) -> State:
        mark = state.get((path_text(node), "")) if is_path(node) else None
        if mark is None or not is_model_instance(self.program, node):
            return state
        self._note(ExpiredRead(self.function, node, node, "", How.HANDED, mark, True, self._always(node)))
        return without(state, path_text(node), "")

    def _call(self, node: ast.Call, state: State) -> State:
        event = event_of(self.program, node)
        read = read_in_greenlet(self.program, node)
        if read is not None and is_path(read[0]):
            path, name = path_text(read[0]), read[1]
            mark = state.get((path, ""))
            state = without(state, path, name)
            return self._loaded(state, path, "", mark.doubted(), self._is_column(read[0], name)) if mark else state
        if event is None:
            called = self.program.calls(node)
            if called:
                for argument in (*node.args, *(k.value for k in node.keywords)):
                    state = self._handed(argument, state)
            summaries = [self.summaries.get(fn.info, Summary()) for fn in called]
            mark = Mark(f"{called[0].info.name}()" if called else "", None, False)
            if any(s.raises for s in summaries):
                self._caught[-1].append(self._all_expired(state, mark, True))
            return self._all_expired(state, mark, True) if any(s.returns for s in summaries) else state
        given = foreign(self.function, event.session)
        if event.effect in (Effect.EXPIRES_ALL, Effect.MAY_EXPIRE_ALL):
            name = getattr(node.func, "attr", "")
            return self._all_expired(state, Mark(f"{name}()", node, event.effect is Effect.EXPIRES_ALL), given)
        if event.effect is Effect.EXPIRES:
            mark = Mark("expire()", node, True)
            return {**state, **{(event.path, name): mark for name in event.attributes or ("",)}}
        if event.effect is Effect.LOADS:
            for name in event.attributes:
                state = without(state, event.path, name)
            return state if event.attributes else without(state, event.path)
        stored = {(p, a.removesuffix("=")): Mark(m.cause, node, m.certain) for (p, a), m in state.items() if a[-1:] == "="}
        return {**{k: m for k, m in state.items() if k[1][-1:] != "="}, **stored}

    def _all_expired(self, state: State, mark: Mark, given: bool) -> State:
        paths = [*self._paths, *([SESSION] if given else [])]
        return {**state, **{(path, ""): mark for path in paths}}

    def _always(self, node: ast.AST) -> bool:
        """Whether the statement around an expression cannot run without evaluating it."""
        source = self.function.source
        statement = source.statement(node)
        inner, outer = node, source.parent(node)
        while outer is not None and inner is not statement:
            first = isinstance(outer, ast.BoolOp) and inner is outer.values[0]
            first = first or (isinstance(outer, ast.IfExp) and inner is outer.test)
            if isinstance(outer, CONDITIONAL) and not first:
                return False
            inner, outer = outer, source.parent(outer)
        return not isinstance(statement, ast.While)
