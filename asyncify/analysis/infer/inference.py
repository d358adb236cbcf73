"""The whole inference: every body of a program is walked until nothing changes."""

from __future__ import annotations

from collections.abc import Iterable

from asyncify.analysis.classes import Classes
from asyncify.analysis.fixtures import Fixtures
from asyncify.analysis.infer.annotations import read_annotation
from asyncify.analysis.infer.bodies import walk_unit
from asyncify.analysis.infer.engine import Engine, Facts, Language, Record
from asyncify.analysis.infer.evidence import suppose_sessions
from asyncify.analysis.infer.expressions import EXPRESSIONS
from asyncify.analysis.infer.named_calls import named_calls
from asyncify.analysis.infer.schedule import Unit
from asyncify.analysis.infer.told import Told, tell
from asyncify.analysis.names import Names
from asyncify.analysis.orm import Orm


def infer(names: Names, classes: Classes, orm: Orm, fixtures: Fixtures, sessions: Iterable[Told] = ()) -> Facts:
    """Kinds and calls over all of a program. sessions: callables that were said to give sessions."""
    engine = Engine(names, classes, orm, fixtures, Language(EXPRESSIONS, read_annotation))
    tell(engine, sessions)
    for path in sorted(engine.modules):
        module = engine.modules[path]
        engine.enqueue((module, None))
        for function in module.functions.values():
            engine.walked.add((function, None))
            engine.enqueue((function, None))
    records: dict[Unit, Record] = {}
    supposed = False
    while not supposed:
        for unit in engine.queued():
            records[unit] = walk_unit(engine, unit)
        supposed = not suppose_sessions(engine, records)  # asked last; what is new to somebody has that walked again
    facts = _joined(records.values())
    facts.held = engine.attributes()
    for call, method in list(named_calls(engine.modules, classes, facts)):
        facts.calls.setdefault(call, set()).add(method)
    return facts


def _joined(records: Iterable[Record]) -> Facts:
    facts = Facts()
    for record in records:
        for node, values in record.values.items():
            known = facts.values.setdefault(node, values)
            if known is not values:
                facts.values[node] = known | values
        for node, functions in record.calls.items():
            facts.calls.setdefault(node, set()).update(functions)
        for node, functions in record.handed.items():
            facts.handed.setdefault(node, set()).update(functions)
        for node, called in record.lambdas.items():
            facts.lambdas.setdefault(node, set()).update(called)
        facts.reads.extend(record.reads)
        facts.nameless |= record.nameless
    return facts
