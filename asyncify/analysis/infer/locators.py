"""What `inject.instance(Store)` and `container[Store]` give: an instance of the class that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asyncify.analysis.infer.annotations import from_values
from asyncify.analysis.infer.run import Run
from asyncify.analysis.values import NOTHING, Ext, Inst, Value, Values
from asyncify.knowledge.locators import INDEXED, LOCATING
from asyncify.knowledge.names import canonical


def located(run: Run, name: str, args: Sequence[Values], kwargs: Mapping[str, Values]) -> Values:
    """What a function or method of a library gives; nothing where it locates no instances."""
    if name not in LOCATING:
        return NOTHING
    return from_values(run, args[0] if args else next(iter(kwargs.values()), NOTHING))


def indexed(run: Run, base: Value, index: Values) -> Values:
    """What an object of a library gives for a class in its index; nothing where it locates no instances."""
    name = canonical(base.name) if isinstance(base, Ext) else base.type if isinstance(base, Inst) else ""
    return from_values(run, index) if name in INDEXED else NOTHING
