"""Attributes of models that are legacy queries: `Model.query` and collections with `lazy="dynamic"`.

Their origin is the place where the attribute is read: each read makes a query.
"""

from __future__ import annotations

import ast

from asyncify.analysis.infer.evaluate import evaluate
from asyncify.analysis.infer.run import Run
from asyncify.analysis.infer.widening import with_parts
from asyncify.analysis.orm import Relationship
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import NOTHING, Cls, Inst, Obj, Origin, Values, of_type, union
from asyncify.knowledge import names

#: a row of which only the caller knows what it is
OWN_ROW = Inst("row of an own query")


def query_property(run: Run, info: ClassInfo, name: str, node: ast.AST) -> Values:
    """What `info.name` gives where `query_property()` made the attribute; nothing where it did not."""
    made = run.engine.query_properties.of(info, name)
    if made is None:
        return NOTHING
    query = frozenset({Inst(names.QUERY, (frozenset({Cls(info)}),), Origin(run.path, node))})
    classes = evaluate(run.at(made.path), made.query_class) if made.query_class is not None else NOTHING
    return query | _instances(classes)


def keep_query_class(run: Run, given: Values) -> None:
    """`sessionmaker(query_cls=Own)`: from then on any session may make queries of that class."""
    run.write(("query class",), frozenset(v for v in given if isinstance(v, Cls)))


def own_queries(run: Run) -> Values:
    """The queries of own classes that a session may make."""
    return _instances(run.read("query class"))


def _instances(classes: Values) -> Values:
    return frozenset(Obj(v.info) for v in classes if isinstance(v, Cls))


def chained(run: Run, base: Values, result: Values) -> Values:
    """What a method of a query of an own class gives: when it is a query, one of the same class and entities."""
    own = [v for v in base if isinstance(v, Obj) and run.engine.classes.derives_from(v.info, names.QUERY)]
    if not own:
        return result
    queries = frozenset(q for q in of_type(base, names.QUERY) if q.args)
    if queries:
        result = _filled(result, union(run.instances(q.args[0], q.origin) for q in queries))
    made = of_type(result, names.QUERY)
    vague = {query for query in made if not query.args} if queries else set[Inst]()
    return (result - vague).union(own if made else (), queries if vague else ())


def _filled(values: Values, rows: Values) -> Values:
    """What a method of an own class gives, with what is known of the rows by who calls it."""
    return union(
        rows if value == OWN_ROW else frozenset({with_parts(value, lambda part: _filled(part, rows))})
        for value in values
    )


def own_row(run: Run, query: Inst) -> Values:
    """A row of the query that a method of an own class is called on."""
    cls = run.function.cls if run.function is not None else None
    if query.args or cls is None or not run.engine.classes.derives_from(cls, names.QUERY):
        return NOTHING
    return frozenset({OWN_ROW})


def dynamic_collection(run: Run, relationship: Relationship, node: ast.AST) -> Values:
    """What reading a collection with `lazy="dynamic"` gives."""
    entities = frozenset({Cls(relationship.target)}) if relationship.target else NOTHING
    return frozenset({Inst(names.DYNAMIC, (entities,), Origin(run.path, node))}) | own_queries(run)
