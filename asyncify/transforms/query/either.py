"""Places where queries of one entity and queries of rows run alike: a function asks the statement which it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from asyncify.analysis.bindings import free_name
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import AppendToModule
from asyncify.transforms.query.annotations import select_name
from asyncify.transforms.query.chains import Chain
from asyncify.transforms.query.decisions import Place
from asyncify.transforms.query.shapes import Kind, Shapes
from asyncify.transforms.query.uses import Uses

#: links that change what a result is made of
REFUSED = frozenset({"tuples", "only_return_tuples", "yield_per", "from_statement", "execution_options"})
#: Source: `Query._iter` of SQLAlchemy: of a single entity the instances, and any entity makes results unique.
SOURCE = '''
def {name}(session: {session}, statement: {select}) -> {any}:
    """Instances of a statement of one entity, else rows; what repeats with an entity comes once."""
    result = session.execute(statement)
    columns = statement.column_descriptions
    entities = [column for column in columns if column["expr"] is column["entity"]]
    if entities:
        result = result.unique()
    return result.scalars() if len(entities) == len(columns) == 1 else result
'''
WHY = "a legacy Query gave instances or rows, as it was made"


def is_either(uses: Uses, shapes: Shapes, node: ast.AST, chain: Chain) -> bool:
    """Whether the function that asks the statement gives just what the queries in an expression give."""
    if chain.methods & REFUSED or uses.is_combined(node):
        return False
    for shape in shapes.all_of(node):
        if not shape.kinds or (Kind.UNHASHABLE in shape.kinds and shape.kinds != (Kind.UNHASHABLE,)):
            return False
    arguments = (a for site in uses.ancestry(uses.holds[node].sites) for a in uses.entities(site))
    return not any(_is_bundle(uses, argument) for argument in arguments)


def _is_bundle(uses: Uses, node: ast.AST) -> bool:
    values = uses.program.values(node.func) if isinstance(node, ast.Call) else ()
    return any(isinstance(v, Ext) and v.name.endswith(".Bundle") for v in values)


def helper_name(place: Place) -> str:
    """The name of the function in a file."""
    return free_name(place.program, place.source.path, "results_of")


def helper_edits(uses: Uses, groups: Mapping[Place, str]) -> Iterator[Edit]:
    """The function for each file that needs it. groups: the files, each with the group of an edit that uses it."""
    for place, group in groups.items():
        session, first = place.name("sqlalchemy.orm.Session", "sqlmodel.Session")
        select, second = select_name(uses, place)
        anything, third = place.name("typing.Any")
        text = SOURCE.format(name=helper_name(place), session=session, select=select, any=anything)
        op = AppendToModule(text.strip("\n"), "imports")
        target = place.source.target(place.source.tree.body[0])
        yield Edit("query", place.source.path, target, op, (*first, *second, *third), (), group, WHY)
