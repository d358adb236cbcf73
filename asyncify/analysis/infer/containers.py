"""Dependency containers: what providers give, and what is injected from them.

A provider is `Inst(PROVIDER, (gives, makers))`: what calling it gives, and the classes and functions that it calls.
`Inst(PROVIDED, (values,))` stands for such a value that is not made yet: `db.provided.session`, `Provide[...]`.
Source: dependency-injector 4, "Providers", "Injecting provided object attributes", "Wiring".
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from asyncify.analysis.infer.attributes import of_provider
from asyncify.analysis.infer.functions import construct, ensure, fill, given_by, pass_arguments
from asyncify.analysis.infer.run import Run
from asyncify.analysis.values import NOTHING, Cls, Const, Ext, Fn, Inst, Rec, Value, Values, collection, union
from asyncify.knowledge import containers as table
from asyncify.knowledge.containers import PROVIDED, PROVIDER

Args = Sequence[Values]
Kwargs = Mapping[str, Values]


def declare(run: Run, name: str, args: Args, kwargs: Kwargs, node: ast.Call) -> Values | None:
    """What `providers.Factory(Class, key=provider)` is; None where `name` is no provider.

    The provider calls nothing yet, so no call is noted here; the arguments do reach the parameters.
    """
    kind = name.removeprefix("dependency_injector.providers.")
    if kind == name:
        return None
    first = args[0] if args else NOTHING
    if kind == "Container":  # its dependencies are providers, and stay it
        return frozenset({Inst(PROVIDER, (_made(run, first, (), kwargs, node), first))})
    if kind in table.DEPENDENCIES:
        return _dependency(run, node)
    if kind in table.CALLING:
        inner_args, inner_kwargs = [injected(a) for a in args[1:]], {k: injected(v) for k, v in kwargs.items()}
        gives = _made(run, first, inner_args, inner_kwargs, node)
        return frozenset({Inst(PROVIDER, (gives, first))})
    if kind == "Object":
        return frozenset({Inst(PROVIDER, (first,))})
    if kind == "List":
        return frozenset({Inst(PROVIDER, (frozenset({collection("list", union(map(injected, args)))}),))})
    if kind == "Dict":
        return frozenset({Inst(PROVIDER, (frozenset({Rec(tuple((k, injected(v)) for k, v in kwargs.items()))}),))})
    if kind == "Selector":
        return frozenset({Inst(PROVIDER, (union(map(injected, kwargs.values())),))})
    return NOTHING


def _dependency(run: Run, node: ast.Call) -> Values:
    """`tags = providers.Dependency()`: what those who make the container give it by that name."""
    for info in run.class_scope[-1:]:
        for name, statement in info.attributes.items():
            if getattr(statement, "value", None) is node:
                return run.read("attr", info, name)
    return NOTHING


def _made(run: Run, makers: Values, args: Args, kwargs: Kwargs, node: ast.Call) -> Values:
    """What calling the makers gives, without a note that this node calls them."""
    from asyncify.analysis.infer.library import call_library

    found: list[Values] = []
    for maker in makers:
        if isinstance(maker, Cls):
            fill(run, maker.info, args, kwargs)
            found.append(run.instance(maker.info))
        elif isinstance(maker, Fn):
            ensure(run, maker)
            pass_arguments(run, maker, args, kwargs)
            found.append(given_by(run, maker))
        elif isinstance(maker, Ext):
            found.append(call_library(run, maker.name, args, kwargs, node))
        elif isinstance(maker, Inst):
            found.append(_from_instance(run, maker, args, kwargs, node))
    return union(found)


def _from_instance(run: Run, maker: Inst, args: Args, kwargs: Kwargs, node: ast.Call) -> Values:
    from asyncify.analysis.infer.calls import call_instance

    if maker.type in (PROVIDER, PROVIDED):
        return _made(run, injected(frozenset({maker})), args, kwargs, node)
    return call_instance(run, maker, args, kwargs, node)


def call_provider(run: Run, provider: Inst, args: Args, kwargs: Kwargs, node: ast.Call) -> Values | None:
    """`container.service()`: runs what the provider calls; None where `provider` is none."""
    if provider.type == PROVIDED:
        return frozenset({Inst(PROVIDED, (_made(run, provider.args[0], args, kwargs, node),))})
    if provider.type != PROVIDER:
        return None
    for maker in provider.args[1] if len(provider.args) > 1 else NOTHING:
        if isinstance(maker, Cls):
            construct(run, maker.info, args, kwargs, node)
        elif isinstance(maker, Fn):
            run.note_call(node, maker)
    return provider.args[0]


def injected(values: Values) -> Values:
    """What is put in the place of providers where they are injected; other values stay."""
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Inst) and value.type in (PROVIDER, PROVIDED):
            found |= value.args[0]
        else:
            found.add(value)
    return frozenset(found)


def is_marker(name: str) -> bool:
    """Whether what stands in the index of a library object says what a parameter gets."""
    return name in table.MARKERS


def marker(run: Run, name: str, index: Values) -> Values:
    """`Provide[Container.service]`, `Provide["service"]`, `Provider[Container.service]`, `Closing[Provide[...]]`."""
    found = union(_by_name(run, v.text) if isinstance(v, Const) else frozenset({v}) for v in index)
    return frozenset({Inst(PROVIDED, (found if name == table.PROVIDER_MARKER else injected(found),))})


def _by_name(run: Run, dotted: str) -> Values:
    """A provider by its name in any container of the program."""
    first, *rest = dotted.split(".")
    classes = run.engine.classes
    found = union(run.read("attr", c, first) for c in classes.all if classes.derives_from(c, table.CONTAINER))
    for name in rest:
        found = union(of_provider(run, v, name, ast.Pass()) or NOTHING for v in found if isinstance(v, Inst))
    return found
