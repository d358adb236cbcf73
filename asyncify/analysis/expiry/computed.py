"""SQL expressions that are assigned to attributes: the database computes them when they are stored, and who reads one
then loads it. So it is with what the mapping computes, of instances that were made. Source: SQLAlchemy, "Embedding SQL
Insert/Update Expressions into a Flush"; "Using column_property"."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry.events import is_sql, path_text
from asyncify.analysis.expiry.state import Mark, State, joined
from asyncify.analysis.mock_calls import arguments
from asyncify.analysis.orm import COLUMNS
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Ext

#: behind the name of an attribute: it holds the expression itself, until that is stored
PENDING = "="
#: in the place of a path: what a function returns
RETURNED = "return"
MAPPED = "sqlalchemy.orm.column_property"


def made_with(program: Program, function: FunctionInfo, value: ast.expr | None) -> Iterator[str]:
    """The attributes that get an expression where instances are made: `User(name=func.upper("a"))`, or a list of
    these."""
    for call, _ in _made(program, value):
        yield from (k.arg for k in call.keywords if k.arg and is_sql(program, function, k.value))


def made_without(program: Program, value: ast.expr | None) -> Iterator[str]:
    """The attributes of instances that are made so which the mapping computes, for rows alone."""
    for _, info in _made(program, value):
        yield from sorted(mapped(program, info))


def _made(program: Program, value: ast.expr | None) -> Iterator[tuple[ast.Call, ClassInfo]]:
    if isinstance(value, (ast.List, ast.Tuple)):
        for element in value.elts:
            yield from _made(program, element)
    elif isinstance(value, (ast.ListComp, ast.GeneratorExp)):
        yield from _made(program, value.elt)
    elif isinstance(value, ast.Call):
        for made in program.values(value.func):
            if isinstance(made, Cls) and program.orm.is_model(made.info):
                yield value, made.info


def mapped(program: Program, info: ClassInfo) -> frozenset[str]:
    """The attributes that the mapping of a class computes."""
    bases = [base for base in program.classes.ancestors(info) if isinstance(base, ClassInfo)]
    made = [(name, stmt.value, base.path, base) for base in bases for name, stmt in base.attributes.items()]
    made += [(one.name, one.statement.value, one.path, base) for base in bases for one in program.orm.made_later(base)]
    return frozenset(
        name
        for name, value, path, base in made
        if isinstance(value, ast.Call)
        and _is_made_by(program, path, value, frozenset({MAPPED}))
        and not any(_is_made_by(program, path, given, COLUMNS, base) for given in value.args[:1])
    )


def _is_made_by(
    program: Program, path: str, value: ast.expr, makers: frozenset[str], info: ClassInfo | None = None
) -> bool:
    """Whether a value, or what the name of one says in the body of a class, is what a call of one of these functions
    gives."""
    if isinstance(value, ast.Name) and info is not None and value.id in info.attributes:
        stmt = info.attributes[value.id].value
        return stmt is not None and not isinstance(stmt, ast.Name) and _is_made_by(program, path, stmt, makers, info)
    made = program.names.resolve_expression(path, value.func) if isinstance(value, ast.Call) else None
    return isinstance(made, Ext) and made.name in makers


def set_by(program: Program, function: FunctionInfo, node: ast.Assign, path: str) -> Iterator[str]:
    """The attributes of an instance that get an expression from a statement, which may make it."""
    for target in node.targets:
        if is_path(target) and path_text(target) == path:
            yield from made_with(program, function, node.value)
        elif isinstance(target, ast.Attribute) and is_path(target.value) and path_text(target.value) == path:
            yield from [target.attr] if is_sql(program, function, node.value) else []


def pending(path: str, names: Iterable[str]) -> dict[tuple[str, str], Mark]:
    """What is noted for attributes of an instance that hold expressions."""
    return {(path, f"{name}{PENDING}"): Mark("an expression was assigned", None, True) for name in names}


def is_pending(state: State) -> bool:
    """Whether something waits to be stored."""
    return any(attribute.endswith(PENDING) for _, attribute in state)


def stored(state: State, call: ast.Call, *, certain: bool) -> State:
    """The state behind a call that stores what is pending, or that may do so."""
    found = {(p, a.removesuffix(PENDING)): (m, a) for (p, a), m in state.items() if a.endswith(PENDING)}
    left = {k: m for k, m in state.items() if not certain or not k[1].endswith(PENDING)}
    return {**left, **{key: Mark(m.cause, call, m.certain and certain) for key, (m, _) in found.items()}}


def of_instance(state: State, path: str) -> list[tuple[str, Mark]]:
    """The attributes of an instance that have to load, as the database has computed them."""
    return [(name, mark) for (owner, name), mark in state.items() if owner == path and name.isidentifier()]


def of_elements(state: State, source: str, target: str) -> State:
    """The state behind a turn of a loop: what holds for the element may hold for all that the list has."""
    found = {(source, a): m.doubted() for (p, a), m in state.items() if p == target and _is_attribute(a)}
    return {**found, **state} if source else state


def returned(state: State, path: str, names: Collection[str]) -> State:
    """The state in which a function returns what it has under a path: what waits to be stored, and some attributes."""
    left = {(RETURNED, a): m for (p, a), m in state.items() if p == path and (a.endswith(PENDING) or a in names)}
    return {**state, **left}


def left_behind(function: FunctionInfo, states: Iterable[State]) -> frozenset[tuple[str, str]]:
    """What a function leaves with attributes of its parameters, and of what it returns, as it is noted."""
    names = {RETURNED, *(p.arg for p in function.parameters)}
    return frozenset(key for key in joined(states) or {} if key[0] in names and _is_attribute(key[1]))


def given(path: str, left: Iterable[tuple[str, str]], call: ast.Call) -> dict[tuple[str, str], Mark]:
    """What is noted for a path that gets what such a function returns."""
    return {(path, name): Mark("an expression was assigned", call, False) for p, name in sorted(left) if p == RETURNED}


def brought(program: Program, call: ast.Call, left: frozenset[tuple[str, str]], state: State) -> State:
    """The state behind a call of a function that leaves something with attributes of its parameters."""
    given = [(parameter.arg, value) for _, parameter, value in arguments(program, call)]
    if isinstance(call.func, ast.Attribute):
        bound = (f.info.parameters for f in program.calls(call) if f.bound and f.info.cls is not None)
        given += [(parameters[0].arg, call.func.value) for parameters in bound if parameters]
    found = {
        (path_text(value), attribute): Mark("an expression was assigned", call, False)
        for name, value in given
        if is_path(value)
        for parameter, attribute in sorted(left)
        if parameter == name
    }
    return {**state, **found}


def _is_attribute(name: str) -> bool:
    return name.removesuffix(PENDING).isidentifier()
