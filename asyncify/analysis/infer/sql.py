"""What statements and results hold: the entities of a query, a select, and the rows that come out."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from asyncify.analysis.infer.queries import own_queries, own_row
from asyncify.analysis.infer.run import Run
from asyncify.analysis.values import (
    NOTHING,
    Cls,
    Inst,
    Obj,
    Origin,
    Value,
    Values,
    collection,
    of_type,
    union,
)
from asyncify.knowledge import names

ALIASED = "sqlalchemy.orm.aliased"
#: methods of Query and Select that keep the entities
CHAIN = frozenset(
    "filter filter_by where join outerjoin order_by group_by having distinct limit offset options select_from "
    "with_for_update execution_options yield_per populate_existing enable_eagerloads autoflush params prefix_with "
    "suffix_with with_hint with_statement_hint correlate reset_joinpoint slice enable_assertions with_parent "
    "from_self from_statement with_session tuples "
    "set_label_style with_labels apply_labels only_return_tuples unique".split()
)
#: methods of Query and Select that make one statement of several
SET_OPERATIONS = frozenset("union union_all intersect intersect_all except_ except_all".split())
MANY = frozenset({"all", "fetchall", "fetchmany", "partitions"})
ONE = frozenset({"first", "one", "one_or_none", "fetchone"})
SCALAR = frozenset({"scalar", "scalar_one", "scalar_one_or_none"})


def statement(kind: str, args: Sequence[Values], origin: Origin) -> Values:
    """A query or select over entities; its origin is the call that makes it."""
    return frozenset({Inst(kind, tuple(args), origin)})


def row_of(run: Run, value: Inst) -> Values:
    """One row of a query, select or result: the instance itself for a single entity, else a row of them."""
    if value.type == names.SCALARS:
        return run.instances(value.args[0], value.origin) if value.args else NOTHING
    if own := own_row(run, value):
        return own
    parts = tuple(run.instances(a, _origin(value, position)) for position, a in enumerate(value.args))
    if len(parts) == 1 and value.type in (names.QUERY, names.DYNAMIC):
        return parts[0] if _is_entity(value.args[0]) else frozenset({Inst("row", parts)})
    return frozenset({Inst("row", parts)})


def _origin(value: Inst, position: int = 0) -> Origin | None:
    """Where the instances of one entity come from: not known for an alias beside other entities, which may be of the
    same class and be read otherwise."""
    alias = any(isinstance(v, Inst) and v.type == ALIASED for v in value.args[position])
    return None if alias and len(value.args) > 1 else value.origin


def _is_entity(values: Values) -> bool:
    return any(isinstance(v, Cls) or (isinstance(v, Inst) and v.type == ALIASED) for v in values)


def first_of(run: Run, value: Inst) -> Values:
    """The first column of one row."""
    return run.instances(value.args[0], _origin(value)) if value.args else own_row(run, value)


def call_query(run: Run, query: Inst, name: str, args: Sequence[Values], node: ast.Call) -> Values:
    """A method of the legacy Query."""
    if name in CHAIN:
        return frozenset({query})
    if name in SET_OPERATIONS:
        return statement(query.type, query.args, Origin(run.path, node))
    if name == "cte":
        return frozenset({Inst(names.CTE)})
    if name in MANY:
        return frozenset({collection("list", row_of(run, query))})
    if name in ONE:
        return row_of(run, query)
    if name == "get":
        return first_of(run, query)
    if name in SCALAR:
        return first_of(run, query)
    if name in ("with_entities",):
        return statement(query.type, args, Origin(run.path, node))
    if name in ("add_columns", "add_column", "add_entity"):
        return frozenset({Inst(query.type, (*query.args, *args), query.origin)})
    return NOTHING


def call_select(run: Run, select: Inst, name: str, args: Sequence[Values], node: ast.Call) -> Values:
    """A method of a 2.0 select."""
    if name in CHAIN or name in SET_OPERATIONS:
        return frozenset({select})
    if name == "cte":
        return frozenset({Inst(names.CTE)})
    if name == "with_only_columns":
        return statement(names.SELECT, args, Origin(run.path, node))
    if name == "add_columns":
        return frozenset({Inst(names.SELECT, (*select.args, *args), select.origin)})
    return NOTHING


def call_cte(cte: Inst, name: str) -> Values:
    """A method of a common table expression: `cte.union_all(...)` makes it recursive."""
    return frozenset({cte}) if name in SET_OPERATIONS or name == "alias" else NOTHING


def call_result(run: Run, result: Inst, name: str, args: Sequence[Values]) -> Values:
    """A method of a Result or ScalarResult."""
    if name in ("unique", "yield_per", "tuples", "columns"):
        return frozenset({result})
    if name == "scalars":
        return frozenset({Inst(names.SCALARS, result.args[:1], _origin(result) if result.args else result.origin)})
    if name in MANY:
        return frozenset({collection("list", row_of(run, result))})
    if name in ONE:
        return row_of(run, result)
    if name in SCALAR:
        return first_of(run, result)
    return NOTHING


def call_session(
    run: Run, session: Inst, name: str, args: Sequence[Values], kwargs: Mapping[str, Values], node: ast.Call
) -> Values:
    """A method of a session or connection, sync or async (an awaited call is modelled as its result)."""
    origin = Origin(run.path, node)
    if name == "query":
        return statement(names.QUERY, args, origin) | own_queries(run)
    if name in ("get", "get_one"):
        return run.instances(args[0] if args else kwargs.get("entity", NOTHING), origin)
    if name == "merge" and args:
        return frozenset(v for v in args[0] if isinstance(v, Obj))
    if name == "connection":
        return frozenset({Inst(names.CONNECTION)})
    if name == "execution_options":
        return frozenset({session})
    if name in ("begin", "begin_nested"):
        return frozenset({Inst(names.TRANSACTION, (frozenset({Inst(names.TRANSACTION)}),))})
    if name in ("execute", "exec", "scalars", "scalar", "stream", "stream_scalars"):
        return _execute(run, name, args[0] if args else kwargs.get("statement", NOTHING))
    if name == "get_bind":
        return frozenset({Inst(names.ENGINE)})
    return NOTHING


def _execute(run: Run, name: str, argument: Values) -> Values:
    found: list[Values] = []
    made = (s for kind in (names.SELECT, names.QUERY, names.RETURNING) for s in of_type(argument, kind))
    for select in made:
        if name == "scalar":
            found.append(first_of(run, select))
        elif name in ("scalars", "stream_scalars") or (name == "exec" and len(select.args) == 1):
            found.append(
                frozenset({Inst(names.SCALARS, select.args[:1], _origin(select) if select.args else select.origin)})
            )
        else:
            found.append(frozenset({Inst(names.RESULT, select.args, select.origin)}))
    if not found and name != "scalar":
        kind = names.SCALARS if name in ("scalars", "stream_scalars") else names.RESULT
        found.append(frozenset({Inst(kind)}))
    return union(found)


def aliased(args: Sequence[Values]) -> Values:
    """`aliased(Model)`, `with_polymorphic(Model, [Subclass])`."""
    value: Value = Inst(ALIASED, (args[0] if args else NOTHING,))
    return frozenset({value})
