"""Engines and session factories that keep a sync twin, for the functions that stay sync beside an async program.

A function that cannot become async (a validator, a listener, a task of a worker, what a thread runs) stays exactly as
it is where it opens its own session and nothing that becomes async shares what it calls. It needs a sync engine then.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from asyncify.analysis.barriers import Barriers
from asyncify.analysis.call_index import CallIndex
from asyncify.analysis.environments import async_environments
from asyncify.analysis.handed_away import outside_barrier
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.makers import Made, Maker, Use, find_makers, replaced_names, uses_of
from asyncify.analysis.memory_databases import may_be_in_memory
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.twin_groups import Group, Groups, Standing, opens_itself
from asyncify.analysis.values import Cls, Ext
from asyncify.knowledge.barriers import Treatment
from asyncify.knowledge.engine_keepers import ENGINE_KEEPERS

#: the argument of an async session, or the attribute of its class, for what makes the sync one inside of it
SYNC_SESSION_CLASS = "sync_session_class"
#: who may stay sync as a whole; an entry point of the program itself is run in a loop of its own instead
STAYING = frozenset({Treatment.BRIDGE, Treatment.REFUSE, Treatment.SYNC, Treatment.TASK})


@dataclass
class Twins:
    """What stays sync, and what it needs for that.

    functions: those that stay as they are, with the function at the root of their group. opening: functions that cannot
    become async, have no twin, and open their own sessions. twinned: makers that get a sync twin. staying: makers that
    only sync code uses. uses: where sync code reads a maker that gets a twin. without: where it reads one that cannot.
    listened: makers as the objects of event listeners. with_events: factories that become async and are listened to.
    sync_nodes: the places where sync code reads what is sync.
    """

    functions: dict[FunctionInfo, FunctionInfo] = field(default_factory=dict)
    opening: set[FunctionInfo] = field(default_factory=set)
    twinned: tuple[Maker, ...] = ()
    staying: frozenset[Maker] = frozenset()
    uses: tuple[Use, ...] = ()
    without: tuple[Use, ...] = ()
    listened: tuple[Use, ...] = ()
    with_events: tuple[Maker, ...] = ()
    sync_nodes: frozenset[ast.AST] = frozenset()

    def stays_sync(self, node: ast.AST) -> bool:
        """Whether what an expression reads is sync after the migration: the maker stays, or its twin is named."""
        return node in self.sync_nodes

    def is_staying(self, node: ast.AST) -> bool:
        """Whether a call makes an engine or factory that only sync code uses."""
        return any(node is call for maker in self.staying for _, call in maker.calls)


def find_twins(
    program: Program,
    index: CallIndex,
    barriers: Barriers,
    waiting: Iterable[ast.AST],
    kept: Collection[FunctionInfo],
) -> Twins:
    """Decide for a program.

    waiting: the places that wait for the database. kept: functions that get sync objects from SQLAlchemy itself.
    """
    result = Twins()
    roots = _roots(program, index, barriers, _waiting_functions(program, index, waiting))
    leaving = async_environments(program)
    sync_files = [path for path in program.modules if kept_sync(program, path) and path not in leaving]
    keeping = set(_given_to_keepers(program))
    if not roots and not kept and not sync_files and not keeping and not _listens(program):
        return result
    makers = find_makers(program)
    uses = list(uses_of(program, makers))
    provable = _Provable(program, makers, uses)
    groups = Groups(program, index, uses, kept)
    candidates: list[Group] = []
    for root, threaded in roots.items():
        group = groups.group(root)
        if any(use.maker.scoped for use in group.makers) and not threaded:
            continue  # the session of whoever calls it
        if group.standing is Standing.CLOSED and group.makers and all(provable.use(u) for u in group.makers):
            candidates.append(group)
        if opens_itself(group) and _has_own(group):
            result.opening.add(root)
    for group in _closed(groups, candidates):
        result.functions |= dict.fromkeys(group.members, group.root)
        result.opening.discard(group.root)
    in_sync = [
        use
        for use in uses
        if use.node in keeping
        or (
            not provable.is_definition(use)
            and not is_listened(program, use)
            and use.path not in leaving
            and (use.path in sync_files or program.function_of(use.node) in {*kept, *result.functions})
        )
    ]
    result.listened = tuple(use for use in uses if is_listened(program, use))
    _assign(result, uses, in_sync, provable)
    listened = {use.maker: None for use in result.listened if use.maker.made is Made.FACTORY}
    result.with_events = tuple(m for m in listened if m not in result.staying and not kept_sync(program, m.path))
    return result


def _given_to_keepers(program: Program) -> Iterator[ast.AST]:
    """What libraries are given that only work with a sync engine, and what makes the sessions inside of async ones."""
    for path in sorted(program.modules):
        for call in program.modules[path].source.nodes_of(ast.Call):
            yield from (k.value for k in call.keywords if k.arg == SYNC_SESSION_CLASS)
            if any(isinstance(v, Ext) and v.name in ENGINE_KEEPERS for v in program.values(call.func)):
                yield from (*call.args, *(keyword.value for keyword in call.keywords))


def _listens(program: Program) -> bool:
    """Whether a program has listeners of events; what they listen to is looked at later."""
    calls = (call for module in program.modules.values() for call in module.source.nodes_of(ast.Call))
    return any(last_name(call.func) in ("listen", "listens_for") for call in calls)


def _waiting_functions(program: Program, index: CallIndex, waiting: Iterable[ast.AST]) -> set[FunctionInfo]:
    """The functions that would wait if every function could."""
    found: set[FunctionInfo] = set()
    queue = [f for node in waiting if (f := program.function_of(node)) is not None]
    while queue:
        function = queue.pop()
        if function not in found:
            found.add(function)
            for node in (*index.callers[function], *index.consumers[function]):
                outer = program.function_of(node)
                queue += [outer] if outer is not None else []
    return found


def _roots(
    program: Program, index: CallIndex, barriers: Barriers, waiting: Collection[FunctionInfo]
) -> dict[FunctionInfo, bool]:
    """The functions that wait and that nobody awaits, and whether each runs in a thread or process of its own."""
    found = {}
    for function in program.functions:
        if function not in waiting or function.is_async or kept_sync(program, function.path):
            continue
        if function in program.overrides.entries or function in program.overrides.forced:
            continue
        barrier = barriers.of(function) or outside_barrier(program, index, function)
        if barrier is not None and barrier.treatment in STAYING:
            found[function] = barrier.treatment is Treatment.TASK
    return found


def _closed(groups: Groups, candidates: list[Group]) -> list[Group]:
    """The groups that together are closed: nothing outside of all of them calls what they call."""
    while True:
        together = {member for group in candidates for member in group.members}
        closed = [
            group
            for group in candidates
            if all(member is group.root or groups.is_closed(member, together) for member in group.members)
        ]
        if len(closed) == len(candidates):
            return closed
        candidates = closed


def _has_own(group: Group) -> bool:
    """Whether a group opens a session at all: through a maker, or through a function that gives one."""
    return bool(group.makers) or len(group.members) > 1


def is_listened(program: Program, use: Use) -> bool:
    """Whether a use is the object of an event listener: `@event.listens_for(engine, "connect")`."""
    call = program.modules[use.path].source.parent(use.node)
    if not isinstance(call, ast.Call) or use.node not in call.args[:1]:
        return False
    return any(getattr(v, "name", "").startswith("sqlalchemy.event.") for v in program.values(call.func))


class _Provable:
    """Which makers can have a twin that works on the same database."""

    def __init__(self, program: Program, makers: Mapping[tuple[str, str], Maker], uses: Iterable[Use]) -> None:
        self.program = program
        self.replaced = replaced_names(program)
        self.uses = list(uses)
        inside = {n: maker for maker in makers.values() for _, call in maker.calls for n in ast.walk(call)}
        self.definition: dict[ast.AST, Maker] = {u.node: inside[u.node] for u in self.uses if u.node in inside}
        self._known: dict[Maker, bool] = {}

    def is_definition(self, use: Use) -> bool:
        """Whether a use stands in the making of another maker: `sessionmaker(bind=engine)`."""
        return use.node in self.definition

    def needs(self, maker: Maker) -> set[Maker]:
        """The makers that the making of a maker reads."""
        return {use.maker for use in self.uses if self.definition.get(use.node) == maker}

    def use(self, use: Use) -> bool:
        """Whether the twin can stand for the maker at a place: nothing puts another object there for a test."""
        name = use.node.id if isinstance(use.node, ast.Name) else use.node.attr
        return (use.scope, name) not in self.replaced and self.maker(use.maker)

    def maker(self, maker: Maker) -> bool:
        """Whether a maker can have a twin."""
        if maker not in self._known:
            self._known[maker] = False
            self._known[maker] = self._maker(maker)
        return self._known[maker]

    def _maker(self, maker: Maker) -> bool:
        if (maker.path, maker.name) in self.replaced or any(
            self._is_configured(u) for u in self.uses if u.maker == maker
        ):
            return False
        calls = [call for _, call in maker.calls]
        if maker.made is Made.ENGINE:
            return not any(may_be_in_memory(self.program, maker.path, call) for call in calls)
        for call in calls:
            arguments = [*call.args, *(k.value for k in call.keywords)]
            if any(isinstance(v, Cls) for a in arguments for v in self.program.values(a)):
                return False  # a session class of the program may become an async one
            inside = _engines_inside(call)
            if any(may_be_in_memory(self.program, maker.path, engine) for engine in inside):
                return False
            if not inside and not any(self.definition.get(n) == maker for n in ast.walk(call)):
                return False  # bound to nothing that is known
        return all(self.maker(inner) for inner in self.needs(maker))

    def _is_configured(self, use: Use) -> bool:
        parent = self.program.modules[use.path].source.parent(use.node)
        return isinstance(parent, ast.Attribute) and parent.attr in ("configure", "kw")


def _engines_inside(call: ast.Call) -> list[ast.Call]:
    """`sessionmaker(create_engine(...))`."""
    calls = [n for n in ast.walk(call) if isinstance(n, ast.Call)]
    return [n for n in calls if ast.unparse(n.func).endswith("create_engine")]


def _assign(result: Twins, uses: Iterable[Use], in_sync: list[Use], provable: _Provable) -> None:
    """Which makers stay, and which get a twin."""
    sync_nodes = {use.node for use in in_sync}
    wanted = {use.maker for use in in_sync}
    growing = True
    while growing:
        more = {inner for maker in wanted for inner in provable.needs(maker)} - wanted
        wanted |= more
        growing = bool(more)
    staying = set(wanted)
    while True:
        leaving = {
            use.maker
            for use in uses
            if use.maker in staying
            and use.node not in sync_nodes
            and not is_listened(provable.program, use)
            and provable.definition.get(use.node) not in staying
        }
        if not leaving:
            break
        staying -= leaving
    result.staying = frozenset(staying)
    result.twinned = tuple(
        sorted((m for m in wanted - staying if provable.maker(m)), key=lambda m: (m.path, m.calls[0][0].lineno))
    )
    result.uses = tuple(u for u in in_sync if u.maker in result.twinned and provable.use(u))
    result.without = tuple(u for u in in_sync if u.maker not in staying and u not in result.uses)
    result.sync_nodes = frozenset(u.node for u in in_sync if u not in result.without)
