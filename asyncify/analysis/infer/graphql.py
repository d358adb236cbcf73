"""The context of GraphQL resolvers: what the app puts into it, and where resolvers get it from.

Sources: Strawberry "FastAPI" (`context_getter`: the request is in its context in any case), "Accessing field
information"; Ariadne "Context" (`context_value`: without it, the context is `{"request": request}`).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.functions import given_by
from asyncify.analysis.infer.run import Run
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import NOTHING, Fn, Inst, Member, Rec, Values, union
from asyncify.knowledge.names import REQUEST

LIBRARIES = frozenset({"strawberry", "ariadne"})
#: keywords under which an app gives the context, or a function that makes it
GIVEN_AS = ("context_getter", "context_value")
#: the second parameter of Ariadne's resolvers
INFO = "graphql.GraphQLResolveInfo"
#: decorators of Ariadne for resolvers: methods of its bindables
RESOLVER = "field"

_CELL = ("state", "graphql", "context")
#: what is in the context of both libraries, unless Ariadne is given another one
_REQUEST = Rec((("request", frozenset({Inst(REQUEST)})),))


def keep_context(run: Run, name: str, kwargs: Mapping[str, Values]) -> None:
    """Note what an app of a GraphQL library is given as the context of its resolvers."""
    if name.partition(".")[0] not in LIBRARIES:
        return
    for keyword in GIVEN_AS:
        for value in kwargs.get(keyword, NOTHING):
            run.write(_CELL, given_by(run, value) if isinstance(value, Fn) else frozenset({value}))


def context_of(run: Run, value: Inst, name: str) -> Values:
    """`info.context`: what was given, and what `Info[Context, None]` says."""
    if not is_info(value) or name != "context":
        return NOTHING
    return run.read(*_CELL) | (value.args[0] if value.args else NOTHING) | {_REQUEST}


def is_info(value: Inst) -> bool:
    """Whether a value is what resolvers are told about their query."""
    return value.type == INFO or (value.type.startswith("strawberry.") and value.type.endswith(".Info"))


def info_parameter(run: Run, function: FunctionInfo, arg: ast.arg) -> Values:
    """The `info` of a resolver: Ariadne gives it by position, and it is seldom annotated."""
    if arg.annotation is not None or function.parameters.index(arg) != 1:
        return NOTHING
    found = []
    for node in function.node.decorator_list:
        for value in evaluate(run, node.func) if isinstance(node, ast.Call) else ():
            if isinstance(value, Member) and value.name == RESOLVER and value.base.type.startswith("ariadne."):
                found.append(frozenset({Inst(INFO)}))
    return union(found)
