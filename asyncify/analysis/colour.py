"""Colouring: which functions become `async def`, by the least fixpoint over the call graph.

A function must become async when it waits itself or calls one that must. Where it cannot, the table of barriers
says what happens instead. The shortest reason for each is kept.
"""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from asyncify.analysis.attribute_events import event_operations
from asyncify.analysis.barriers import Barriers, handing_of, is_aware
from asyncify.analysis.call_index import CallIndex
from asyncify.analysis.colouring import Colouring, Reason
from asyncify.analysis.dispatched import dispatched
from asyncify.analysis.forms import (
    PAIRS,
    has_session_parameter,
    is_decorator,
    is_implicit,
    is_unrollable,
    lambda_around,
)
from asyncify.analysis.generator_uses import stepped_generator
from asyncify.analysis.handed_away import can_run_alone, keeps_own_sessions, outside_barrier
from asyncify.analysis.kept import kept_functions
from asyncify.analysis.kept_calls import kept_calls, stays_with
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.lookalikes import stand_ins
from asyncify.analysis.operators import SEEN
from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.points import Point, PointKind, points_of, unsure_points, waits_as_context
from asyncify.analysis.program import Program, in_order
from asyncify.analysis.script_blocks import (
    in_block,
    in_main_guard,
    is_script,
    script_blocks,
    together,
    waits_beside_server,
)
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.twins import find_twins
from asyncify.analysis.values import has
from asyncify.analysis.waiting_lambdas import is_awaited_thread, is_written_out
from asyncify.analysis.wrappers import wrappers_of
from asyncify.knowledge import names
from asyncify.knowledge.barriers import Barrier, Handing, Treatment
from asyncify.model.edit import Finding


def colour(
    program: Program, clients: frozenset[ast.AST], doubles: Mapping[FunctionInfo, Sequence[FunctionInfo | ast.Lambda]]
) -> Colouring:
    """Colour a program.

    clients: test client constructors that become async clients. doubles: replacements that tests put in the place of
    a function; they become async with it.
    """
    return _Worker(program, clients, doubles).run()


class _Worker:
    def __init__(
        self,
        program: Program,
        clients: frozenset[ast.AST],
        doubles: Mapping[FunctionInfo, Sequence[FunctionInfo | ast.Lambda]],
    ) -> None:
        self.program = program
        self.clients = clients
        self.doubles = doubles
        self.replacing = {d for found in doubles.values() for d in found}
        #: lambdas that stand for a dependency: tests write them out
        self.overriding = {value for m in program.modules.values() for _, value in override_entries(m.source)}
        self.wrappers = wrappers_of(program)
        self.result = Colouring(wrappers=self.wrappers)
        self.queue: deque[FunctionInfo] = deque()
        self.index = CallIndex(program, self.wrappers)
        self.paths = self.index.paths
        self.barriers = Barriers(program)
        self.dispatched = dispatched(program)
        self.at_top: dict[str, list[ast.AST]] = defaultdict(list)
        self.lone: dict[str, list[ast.AST]] = defaultdict(list)

    def run(self) -> Colouring:
        staying = stays_with(self.program, self.index)
        by_person = staying.functions
        points = [
            (path, point)
            for path in sorted(self.program.modules)
            if not kept_sync(self.program, path) or path in self.program.overrides.files
            for point in points_of(self.program, self.program.modules[path], self.clients)
        ]
        kept = kept_functions(self.program, self.index) | by_person
        self.result.twins = find_twins(
            self.program, self.index, self.barriers, [point.node for _, point in points], kept
        )
        self.result.kept = kept | self.result.twins.functions.keys()
        waiting: dict[FunctionInfo, Point] = {}
        for path, point in points:
            function = self.program.function_of(point.node)
            if function in by_person:
                waiting.setdefault(function, point)
            elif function not in self.result.kept and path not in self.program.overrides.files:
                self.wait_at(point, path)
        self.fire_events({f for _, point in points if (f := self.program.function_of(point.node)) is not None})
        self.result.kept_calls = kept_calls(self.program, self.index, staying, waiting)
        for path, point in self.result.kept_calls.points:
            self.wait_at(point, path)
        for function in sorted(self.program.overrides.forced, key=lambda f: (f.path, f.node.lineno)):
            self.mark(function, Reason("force-async of [tool.asyncify] names it", function.path, function.node.lineno))
        while self.queue:
            while self.queue:
                self.spread(self.queue.popleft())
            self.colour_wrappers()
        self.result.points |= {point.node: point for point in unsure_points(self.program, self.result.waits)}
        for path in sorted({*self.at_top, *self.lone}):
            self.at_top[path] += together(self.program, self.program.modules[path], self.lone[path])
            self.colour_script(path)
            self.result.own_loops |= waits_beside_server(self.program, path, self.at_top[path] + self.lone[path])
        self.result.own_loops |= bool(self.result.entries or self.result.loops_at_import)
        return self.result

    def colour_script(self, path: str) -> None:
        """The places at the top of a module: into functions, or one by one in the loop of the script."""
        module, alone = self.program.modules[path], is_script(self.program, path)
        for block in script_blocks(self.program, module, self.at_top[path], alone=alone):
            self.result.scripts |= dict.fromkeys(block.body, block)
        if alone and any(not in_block(module.source, node, self.result.scripts) for node in self.at_top[path]):
            self.result.one_loop.add(path)

    def wait_at(self, point: Point, path: str) -> None:
        """A place waits by itself."""
        self.result.points[point.node] = point
        self.paths[point.node] = path
        self.need(point.node, point.what, None)
        for double in stand_ins(self.program, point.node) if point.kind is PointKind.AWAIT else ():
            self.mark(double, Reason("it stands for a method of a session", double.path, double.node.lineno))
        for item in point.node.items if isinstance(point.node, ast.With) else ():
            for target in self.program.calls(item.context_expr):  # what is entered there instead of a session
                if target.info.name == "__enter__" and waits_as_context(
                    self.program.values(item.context_expr), self.clients
                ):
                    self.mark(target.info, Reason("it is entered where a session is", path, item.context_expr.lineno))

    def fire_events(self, waiting: set[FunctionInfo]) -> None:
        """The places that make listeners of attribute events ask the database. waiting: functions that do so."""
        for path, operation in event_operations(self.program, waiting & self.result.kept):
            function = self.program.function_of(operation.node)
            if function is not None and function not in self.result.kept and not kept_sync(self.program, path):
                self.result.events.setdefault(path, []).append(operation)
                self.paths[operation.node] = path
                self.need(operation.node, f"{operation.method.qualname}() listens to it and", None)

    # -- one place that waits ------------------------------------------------------------------------

    def need(self, node: ast.AST, what: str, via: FunctionInfo | None) -> None:
        """The function around a node has to wait."""
        path = self.paths[node]
        source = self.program.modules[path].source
        reason = Reason(what, path, getattr(node, "lineno", 0), via)
        outer = lambda_around(source, node)
        if outer is not None:
            call = source.holder(outer)
            if isinstance(call, ast.Call) and handing_of(self.program, call) is Handing.CALLS:
                self.run_by_library(call, path, what, via)
            elif isinstance(call, ast.Call) and is_awaited_thread(self.program, call, source.parent(call), outer):
                self.result.unwrapped.add(call)
            elif outer in self.index.lambda_calls or outer in self.index.lambda_readers:
                self.pass_on(outer, path, what, via, gives=outer.body is node)
            elif outer not in self.replacing and is_written_out(self.program, outer, call, source):
                self.result.written_out.add(outer)
            elif outer not in self.overriding:
                self.report(node, "lambda", f"{what} waits for the database inside a lambda", "make it an `async def`")
            return
        function = self.program.function_of(node)
        if function is None:
            if not in_main_guard(self.program.modules[path].source, node):
                self.result.loops_at_import.add(path)
            (self.lone if self._runs_by_itself(node, via) else self.at_top)[path].append(node)
            return
        self.mark(function, reason)

    def pass_on(self, waiting: ast.Lambda, path: str, what: str, via: FunctionInfo | None, *, gives: bool) -> None:
        """A lambda whose body is a call that waits gives its coroutine on, and its callers await. Where the call is but
        a part of it, its callers run it in the greenlet."""
        result = self.result
        readers = self.index.lambda_readers[waiting]
        gives = gives and not readers
        if waiting in result.bridged_lambdas or (gives and waiting in result.lambdas):
            return
        for reader in readers:
            if is_unrollable(reader):
                self.report(
                    reader, "lambda", f"{what} waits for the database inside a lambda", "make it an `async def`"
                )
            else:
                self.run_by_library(reader, self.paths[reader], what, via)
        if gives:
            result.lambdas.add(waiting)
        else:
            result.lambdas.discard(waiting)
            result.bridged_lambdas.add(waiting)
        for call in self.index.lambda_calls[waiting]:
            for other in self.program.calls(call) if gives else ():
                reason = Reason(f"it is called where a lambda with {what} is", path, waiting.lineno, via)
                self.mark(self.wrappers.inner(other), reason)
            self.need(call, f"a lambda with {what}", via)

    def _runs_by_itself(self, node: ast.AST, via: FunctionInfo | None) -> bool:
        """At the top of a module: whether the place alone can be run to its end (a coroutine, tables)."""
        point = self.result.points.get(node)
        if point is not None:
            guarded = in_main_guard(self.program.modules[self.paths[node]].source, node)  # has a function for all
            return point.kind in (PointKind.DDL, PointKind.REFLECT) and not guarded
        drives = isinstance(node, ast.Call) and stepped_generator(node) is not None
        if node in self.program.facts.lambdas:
            return True
        return drives or (isinstance(node, ast.Call) and via in self.result.becomes_async and not via.is_generator)

    def mark(self, function: FunctionInfo, reason: Reason) -> None:
        """A function has to wait: colour it, bridge it, or report it."""
        result = self.result
        if function.is_async or function in result.becomes_async or function in result.bridged:
            return
        if function in result.kept:
            return
        barrier = self.barriers.of(function) or self.outside(function)
        if barrier is not None:
            result.barriers[function] = barrier
        if barrier is None:
            result.becomes_async[function] = reason
        elif barrier.treatment is Treatment.ENTRY or self.runs_by_itself(function, barrier):
            result.becomes_async[function] = reason
            result.entries[function] = reason
        elif barrier.treatment is Treatment.BRIDGE or self.is_seen(function):
            result.bridged[function] = reason
        else:
            result.bridged[function] = reason
            self.report(
                function.node,
                f"barrier-{barrier.name.rpartition('.')[2].strip('_')}",
                f"{function.qualname} waits for the database ({reason.text}), but {barrier.why}",
                "move the database work out of it, or call it inside `await session.run_sync(...)`",
                function.path,
            )
        self.queue.append(function)

    def outside(self, function: FunctionInfo) -> Barrier | None:
        """What calls a function from outside of the program, where it can be run to its end there."""
        away = None if function in self.replacing else outside_barrier(self.program, self.index, function)
        alone = away is not None and can_run_alone(self.program, function, away, self.result.twins.opening)
        return away if alone else None

    def runs_by_itself(self, function: FunctionInfo, barrier: Barrier) -> bool:
        """Whether a function can be run to its end in a loop of its own: it is given nothing of another loop."""
        own = barrier.treatment in (Treatment.SYNC, Treatment.TASK)
        if function in self.result.twins.opening or (own and keeps_own_sessions(self.program, function)):
            return True
        return own and not has_session_parameter(self.program, function)

    def is_seen(self, function: FunctionInfo) -> bool:
        """Whether a special method runs only where the program says so, and that is known: there the greenlet runs."""
        return function.name in SEEN and bool(self.index.callers[function])

    def spread(self, function: FunctionInfo) -> None:
        """What follows from a function that waits."""
        result = self.result
        if function in result.becomes_async:
            for other in self.program.classes.overrides(function):
                self.mark(
                    other,
                    Reason(
                        f"it is the same method as {function.qualname}", function.path, function.node.lineno, function
                    ),
                )
            if function.cls is not None and function.name in PAIRS and PAIRS[function.name] in function.cls.methods:
                partner = function.cls.methods[PAIRS[function.name]]
                where = function.node.lineno
                self.mark(partner, Reason(f"it belongs to {function.qualname}", function.path, where, function))
            for double in self.doubles.get(function, ()):
                if isinstance(double, ast.Lambda):
                    continue  # the tests transform makes a function of it
                what = f"a test puts it in the place of {function.qualname}"
                self.mark(double, Reason(what, function.path, function.node.lineno, function))
            for member in self.dispatched.get(function, ()):
                what = f"{function.qualname} and it are one function by the class of what they are given"
                self.mark(member, Reason(what, function.path, function.node.lineno, function))
        if function in result.entries:
            return  # it keeps its sync face: callers need not wait
        if function in self.wrappers.known:
            for call in self.wrappers.known[function].calls:
                self.mark_beside(function, call)
        for node in self.index.callers[function]:
            self.spread_to_caller(function, node)
        for node in self.index.consumers[function]:
            if not kept_sync(self.program, self.paths[node]):
                self.need(node, f"{function.qualname}()", function)
        for node in self.index.handed[function]:
            self.spread_to_library(function, node)

    def colour_wrappers(self) -> None:
        """A wrapper is async when all that it wraps is, and is needed twice when only some of it is."""
        result = self.result
        result.forked.clear()
        for function, wrapper in self.wrappers.known.items():
            if self.result.is_async_context(function) or wrapper.told_apart or kept_sync(self.program, function.path):
                continue
            wrapped = [result.runs(t) for call in wrapper.calls for t in in_order(self.program.calls(call))]
            new = [f for f in wrapped if f in result.becomes_async and f not in result.entries and not f.is_generator]
            if not new:
                continue
            reason = Reason(f"it wraps {new[0].qualname}", function.path, wrapper.calls[0].lineno, new[0])
            if len(new) == len([f for f in wrapped if not f.is_async]):
                result.becomes_async[function] = reason
                self.queue.append(function)
            else:
                result.forked[function] = reason

    def spread_to_caller(self, function: FunctionInfo, node: ast.AST) -> None:
        path = self.paths.get(node)
        if path is None or kept_sync(self.program, path):
            return
        if isinstance(node, ast.arg) or has(self.program.values(node), names.DEPENDS):
            return  # the framework runs it, plain or async
        if is_decorator(self.program.modules[path].source, node):
            return
        wrapper = self.wrappers.calls.get(node)
        if wrapper is not None and wrapper not in self.result.becomes_async:
            return  # what it wraps decides for each of its calls
        if function in self.result.becomes_async and not is_implicit(function, node):
            self.mark_beside(function, node)
        if function.is_generator:
            return  # making a generator runs nothing; whoever consumes it waits
        self.need(node, f"{function.qualname}()", function)

    def mark_beside(self, function: FunctionInfo, node: ast.AST) -> None:
        """What else is called where a function that becomes async is called becomes async with it."""
        if isinstance(node, ast.Attribute):
            return
        where = getattr(node, "lineno", 0)
        for other in in_order(self.program.calls(node)):
            if function not in self.wrappers.chain(other) and not is_implicit(other.info, node):
                text = f"it is called where {function.qualname} is"
                self.mark(self.wrappers.inner(other), Reason(text, self.paths[node], where, function))

    def spread_to_library(self, function: FunctionInfo, node: ast.AST) -> None:
        path = self.paths[node]
        if kept_sync(self.program, path):
            return
        source = self.program.modules[path].source
        call = source.holder(node)
        if not isinstance(call, ast.Call) or function in self.result.bridged or function in self.replacing:
            return
        handing = handing_of(self.program, call)
        if handing is Handing.CALLS:
            for other in in_order(self.program.facts.handed.get(node, ())):
                if function not in self.wrappers.chain(other):
                    reason = Reason(f"it is handed over where {function.qualname} is", path, node.lineno, function)  # type: ignore[attr-defined]
                    self.mark(self.wrappers.inner(other), reason)
            self.run_by_library(call, path, function.qualname, function)
        elif handing is Handing.UNWRAP:
            self.paths[call] = path
            self.need(call, f"{function.qualname}()", function)
        elif handing is Handing.THREAD:
            self.result.own_loops = True
            self.report(
                node,
                "handed-to-thread",
                f"{function.qualname} becomes async, but {source.segment(call.func)} runs it outside the event loop",
                "it runs in a loop of its own there: give it an engine of its own, connections do not change loops",
            )
        elif handing is None and not is_aware(self.program, call):
            self.report(
                node,
                "handed-to-unknown",
                f"{function.qualname} becomes async and is handed to {source.segment(call.func)}, which is not known",
                "check that it awaits what it is given",
            )

    def run_by_library(self, call: ast.Call, path: str, what: str, via: FunctionInfo | None) -> None:
        """A library calls something that waits before it returns: unroll it, or run all of it in the greenlet."""
        (self.result.unrolled if is_unrollable(call) else self.result.spawned).add(call)
        self.paths[call] = path
        self.need(call, f"{self.program.modules[path].source.segment(call.func)}() calls {what}", via)

    def report(self, node: ast.AST, code: str, message: str, advice: str, path: str | None = None) -> None:
        where = path or self.paths[node]
        span = self.program.modules[where].source.span(node)
        finding = Finding("await", where, span, code, message, advice)
        if finding not in self.result.findings:
            self.result.findings.append(finding)
