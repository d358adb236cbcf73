"""What a person told: the callables whose results are sessions, where nothing in the program shows it."""

from __future__ import annotations

from collections.abc import Iterable

from asyncify.analysis.infer.engine import Engine
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import NOTHING, Inst, Values
from asyncify.knowledge import names

#: a function of the program, a top-level name of one of its modules, or the name of something in a library
Told = FunctionInfo | tuple[str, str] | str

SESSION: Values = frozenset({Inst(names.SESSION)})
FACTORY: Values = frozenset({Inst(names.SESSIONMAKER, (SESSION,))})


def tell(engine: Engine, sessions: Iterable[Told]) -> None:
    """Write down what was told, before anything is walked."""
    makers = set()
    for told in sessions:
        if isinstance(told, str):
            makers.add(told)
        elif isinstance(told, tuple):
            engine.write(("global", *told), FACTORY)
        else:
            cell = "yield" if told.is_generator else "ret"
            receivers = (told.cls, *engine.classes.descendants(told.cls)) if told.cls is not None else ()
            for receiver in (None, *receivers):
                engine.write((cell, told, receiver), SESSION)
    engine.session_makers = frozenset(makers)


def told_of(engine: Engine, name: str) -> Values:
    """What a callable of a library was said to give."""
    return SESSION if name in engine.session_makers else NOTHING
