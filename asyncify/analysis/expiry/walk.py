"""What expressions of a function do to instances, and which of them read what is expired or outdated."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry import computed
from asyncify.analysis.expiry.events import (
    ASKING,
    Effect,
    Event,
    asked,
    event_of,
    foreign,
    given_back,
    holds_instances,
    is_model_instance,
    is_sql,
    path_text,
    read_in_greenlet,
    source_of,
)
from asyncify.analysis.expiry.noting import Noting
from asyncify.analysis.expiry.state import (
    FRESH,
    OUTDATED,
    RELATIONSHIPS,
    SESSION,
    WHOLE,
    Mark,
    State,
    copied,
    let_go,
    without,
)
from asyncify.analysis.expiry.uses import ExpiredRead, How, Summary
from asyncify.analysis.mock_calls import arguments
from asyncify.analysis.nodes import children
from asyncify.analysis.schemas import VALIDATORS
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import NOTHING, Cls, is_session, objects

#: functions of libraries that read what they are given: schemas, encoders, templates
READERS = VALIDATORS | {"validate_python", "parse_obj_as", "jsonable_encoder", "TemplateResponse", "render"}


@dataclass
class Walk(Noting):
    """The expressions of one function."""

    _caught: list[list[State]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the instances that the function has names for."""
        self._paths = self._instances()

    def _instances(self) -> dict[str, list[ast.expr]]:
        """Every path of the function that means instances, or a list of them, and the places where it is written."""
        found: dict[str, list[ast.expr]] = defaultdict(list)
        paths = (n for n in self.function.nodes if isinstance(n, (ast.Name, ast.Attribute)) and is_path(n))
        for node in sorted(paths, key=_position):
            # what a relationship holds is fresh once that is loaded again
            if not (isinstance(node, ast.Attribute) and is_model_instance(self.program, node.value)):
                found[path_text(node)].append(node)
        values = self.program.values
        return {path: n for path, n in found.items() if any(holds_instances(self.program, values(node)) for node in n)}

    def _assigned(self, target: ast.expr, value: ast.expr | None, state: State) -> State:
        if isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                state = self._assigned(part, None, state)
            return state
        if not is_path(target):
            return state
        if isinstance(target, ast.Attribute) and is_model_instance(self.program, target.value):
            path = path_text(target.value)
            if self._loads_when_set(target):
                state = self._read(target, state, How.CHANGED)
            state = self._written(target, path, state)
            if value is not None and is_sql(self.program, self.function, value):
                # until it is stored the expression itself is there
                return {**state, **computed.pending(path, (target.attr,))}
            return without(without(state, path, target.attr), path, f"{target.attr}{computed.PENDING}")
        text = path_text(target)
        source = source_of(value)
        if source:
            return copied(state, source, text)
        made = [
            *computed.made_with(self.program, self.function, value),
            *computed.made_without(self.program, value),
        ]
        call = value.value if isinstance(value, ast.Await) else value
        same = given_back(self.program, call)
        state = copied(state, same, text) if same else without(state, text)
        state = {**state, **computed.pending(text, made)}
        if isinstance(call, ast.Call):
            for summary in self._run_by(call):
                state = {**state, **computed.given(text, summary.computed, call)}
        return state

    def _loads_when_set(self, target: ast.Attribute) -> bool:
        """Whether what an attribute had is loaded when it is set."""
        found = (self.program.orm.relationship(o.info, target.attr) for o in objects(self.program.values(target.value)))
        return any(relationship is not None and relationship.loads_when_set for relationship in found)

    def _written(self, target: ast.Attribute, path: str, state: State) -> State:
        """Before an attribute is set: a refresh behind that would take the change back."""
        mark = state.get((path, OUTDATED))
        if mark is not None:
            read = ExpiredRead(self.function, target, target.value, "", How.CHANGED, mark, True, True, True)
            state = self._outdated(read, state)
        mark = state.get((path, ""))
        return state if mark is None else {**state, (path, ""): mark.doubted()}

    def _bound(self, target: ast.expr, iterated: ast.expr, state: State) -> State:
        source = source_of(iterated)
        if source and isinstance(target, ast.Name):
            return copied(state, source, target.id)
        return self._assigned(target, None, state)

    def _expression(self, node: ast.AST, state: State) -> State:
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            inner = state
            for generator in node.generators:
                state = self._expression(generator.iter, state)
                inner = self._bound(generator.target, generator.iter, inner)
                for test in generator.ifs:
                    self._expression(test, inner)
            for part in children(node):
                if not isinstance(part, ast.comprehension):
                    self._expression(part, inner)
            return state
        if isinstance(node, ast.Lambda):
            return state
        if isinstance(node, ast.Attribute) and (read := read_in_greenlet(self.program, node)) is not None:
            state = self._expression(read[0], state)
            return self._in_greenlet(*read, state) if is_path(read[0]) else state
        for part in children(node):
            state = self._expression(part, state)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            return self._read(node, state, How.READ)
        if isinstance(node, ast.Call):
            return self._call(node, state)
        if isinstance(node, ast.NamedExpr):
            return self._assigned(node.target, node.value, state)
        if isinstance(node, ast.Yield):
            state = self._handed(node.value, state) if node.value is not None else state
            mark = Mark("what runs at the yield", None, False)
            return self._all_expired(state, mark, True) if self.rolls_back else state
        return state

    def _read(self, node: ast.Attribute, state: State, how: How) -> State:
        if isinstance(node.value, ast.Subscript):
            self._read_element(node, node.value, state, how)
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
        mark = state.get((path, OUTDATED))
        if mark is not None and (path, f"{FRESH}{node.attr}") not in state:
            read = ExpiredRead(self.function, node, node.value, node.attr, how, mark, True, self._always(node), True)
            state = self._outdated(read, state)
        return state

    def _read_element(self, node: ast.Attribute, element: ast.Subscript, state: State, how: How) -> None:
        """`users[0].name`: which of them it is is not followed, so that each read may be the first."""
        mark = state.get((source_of(element), ""))
        if mark is not None and is_model_instance(self.program, element):
            self._note(ExpiredRead(self.function, node, element, node.attr, how, mark.doubted(), True, False))

    def _asked(self, loads: ast.expr, state: State, target: ast.expr | None = None) -> State:
        """A statement that loads again what the session holds outdated gives the instance as it is. target: the name
        that gets what it gives."""
        given = self.program.values(target) if target is not None else NOTHING
        origins = ((o.info, o.origin) for o in objects(given) if o.origin is not None and not o.origin.steps)
        infos = {info for info, origin in origins if not self._makes(origin.site, info)}
        infos |= {info for node in ast.walk(loads) if isinstance(node, ast.Call) for info in asked(self.program, node)}
        there = source_of(loads) or given_back(self.program, loads)
        for path, nodes in self._paths.items() if infos and not there else ():
            mark = state.get((path, OUTDATED))
            # what the path means before the statement
            earlier = [n for n in nodes if n is not target and _position(n) < (loads.end_lineno, loads.end_col_offset)]
            instance = (earlier or nodes)[-1]
            if mark is not None and infos & {o.info for o in objects(self.program.values(instance))}:
                read = ExpiredRead(self.function, loads, instance, "", How.ASKED, mark, True, True, True)
                state = self._outdated(read, state)
        return state

    def _makes(self, site: ast.AST, info: ClassInfo) -> bool:
        """Whether a place makes an instance, where others find one."""
        return isinstance(site, ast.Call) and Cls(info) in self.program.values(site.func)

    def _loaded(self, state: State, path: str, attribute: str, mark: Mark, column: bool) -> State:
        """What is left to load after a read: one that surely finds an expired instance gets a refresh, any other
        loads the columns alone."""
        if attribute == RELATIONSHIPS or (not attribute and not mark.certain and not column):
            return state
        left = without(state, path, attribute)
        return left if attribute or mark.certain else {**left, (path, RELATIONSHIPS): mark}

    def _is_column(self, instance: ast.expr, name: str) -> bool:
        return all(self.program.orm.relationship(o.info, name) is None for o in objects(self.program.values(instance)))

    def _in_greenlet(self, instance: ast.expr, name: str, state: State) -> State:
        """A read in the greenlet has loaded what it reads."""
        path = path_text(instance)
        mark = state.get((path, ""))
        state = without(state, path, name)
        return self._loaded(state, path, "", mark.doubted(), self._is_column(instance, name)) if mark else state

    def _call(self, node: ast.Call, state: State) -> State:
        event = event_of(self.program, node)
        read = read_in_greenlet(self.program, node)
        if read is not None and is_path(read[0]):
            return self._in_greenlet(*read, state)
        if event is None:
            if computed.is_pending(state) and self._flushes(node):
                return computed.stored(state, node, certain=False)
            return self._called(node, state)
        if event.effect is Effect.LETS_GO:
            return without(state, event.path) if event.path else let_go(state)
        given = foreign(self.function, event.session)
        if event.effect in (Effect.EXPIRES_ALL, Effect.MAY_EXPIRE_ALL):
            name = getattr(node.func, "attr", "")
            return self._all_expired(state, Mark(f"{name}()", node, event.effect is Effect.EXPIRES_ALL), given)
        if event.effect is Effect.EXPIRES:
            mark = Mark("expire()", node, True)
            state = state if event.attributes else without(state, event.path)
            return {**state, **{(event.path, name): mark for name in event.attributes or ("",)}}
        if event.effect is Effect.LOADS:
            return self._refreshed(event, state)
        state = computed.stored(state, node, certain=True)
        if getattr(node.func, "attr", "") == "commit":
            return self._all_outdated(state, Mark("a commit", node, True), given)
        return state

    def _flushes(self, node: ast.Call) -> bool:
        """Whether a statement may have to flush first."""
        func = node.func
        asks = isinstance(func, ast.Attribute) and func.attr in ASKING and is_session(self.program.values(func.value))
        return asks and self.flushing

    def _refreshed(self, event: Event, state: State) -> State:
        """`refresh(instance)`, or of some attributes alone: those are no more outdated than the database is."""
        if not event.attributes:
            return {**without(state, event.path), (event.path, WHOLE): Mark("a refresh", event.call, True)}
        mark = state.get((event.path, OUTDATED))
        for name in event.attributes:
            state = without(state, event.path, name)
            state = {**state, (event.path, f"{FRESH}{name}"): mark} if mark is not None else state
        return state

    def _called(self, node: ast.Call, state: State) -> State:
        """A call of functions of the program, or of something that does nothing to instances."""
        called = self.program.calls(node)
        if called or getattr(node.func, "attr", getattr(node.func, "id", "")) in READERS:
            for argument in (*node.args, *(k.value for k in node.keywords)):
                state = self._handed(argument, state, inside=bool(called))
        summaries = self._run_by(node)
        name = f"{called[0].info.name}()" if called else ""
        mark = Mark(name, node, False)
        if any(s.raises for s in summaries):
            self._caught[-1].append(self._all_expired(state, mark, True))
        if any(s.commits for s in summaries):
            state = computed.stored(state, node, certain=len(called) == 1)
            state = self._all_outdated(state, Mark(f"a commit in {name}", node, len(called) == 1), True)
            if len(called) == 1:
                state = self._fresh(summaries[0], node, state)
        for summary in summaries:
            state = computed.brought(self.program, node, summary.computed, state) if summary.computed else state
        return self._all_expired(state, mark, True) if any(s.returns for s in summaries) else state

    def _run_by(self, node: ast.Call) -> list[Summary]:
        """What is known of the functions that a call runs."""
        return [self.summaries.get(fn.info, Summary()) for fn in self.program.calls(node)]

    def _fresh(self, summary: Summary, node: ast.Call, state: State) -> State:
        """What a call has committed and then refreshed of what it was given."""
        for _, parameter, value in arguments(self.program, node):
            if parameter.arg in summary.fresh and is_path(value):
                state = without(state, path_text(value))
        return state

    def _all_outdated(self, state: State, mark: Mark, given: bool) -> State:
        paths = [*self._reached(given), *([SESSION] if given else [])]
        state = {key: m for key, m in state.items() if not key[1].startswith(FRESH)}
        return {**state, **{(path, OUTDATED): mark for path in paths if (path, "") not in state}}

    def _reached(self, given: bool) -> Iterable[str]:
        """The paths that may be of a session: one that the function has made itself holds nothing that it was given."""
        if given:
            return self._paths
        parameters = {p.arg for p in self.function.parameters}
        return [path for path in self._paths if path.partition(".")[0] not in parameters]

    def _all_expired(self, state: State, mark: Mark, given: bool) -> State:
        paths = [*self._reached(given), *([SESSION] if given else [])]
        if mark.certain:
            state = {key: m for key, m in state.items() if key[1] != OUTDATED or key[0] == SESSION}
        return {**state, **{(path, ""): mark for path in paths}}


def _position(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset
