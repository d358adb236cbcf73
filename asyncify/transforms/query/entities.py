"""Which mapped class an expression in a query leads to, and how a file names it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Cls, Inst
from asyncify.transforms.query.decisions import Place
from asyncify.transforms.query.shapes import ALIASES
from asyncify.transforms.query.uses import Uses


@dataclass(frozen=True)
class Entity:
    """What can stand left of a join.

    model: the class, None where it can be one of several. text: its source in the file, empty where it has none.
    """

    model: ClassInfo | None
    text: str


def entity_of(uses: Uses, node: ast.expr) -> Entity | None:
    """The entity that `User`, an alias of it, or one of its columns stands for."""
    models: set[ClassInfo] = set()
    for value in uses.program.values(node):
        held = value.args[0] if isinstance(value, Inst) and value.type in ALIASES else frozenset({value})
        models |= {v.info for v in held if isinstance(v, Cls)}
    if models and isinstance(node, (ast.Name, ast.Attribute)):
        return Entity(models.pop() if len(models) == 1 else None, ast.unparse(node))
    return entity_of(uses, node.value) if isinstance(node, ast.Attribute) else None


def joined_entity(uses: Uses, place: Place, node: ast.expr) -> Entity | None:
    """The entity that a relationship such as `User.posts` leads to."""
    left = entity_of(uses, node.value) if isinstance(node, ast.Attribute) else None
    return (
        related_entity(uses, place, left, node.attr) if left is not None and isinstance(node, ast.Attribute) else None
    )


def related_entity(uses: Uses, place: Place, left: Entity, name: str) -> Entity | None:
    """The entity at the other end of a relationship, None where there is no such relationship."""
    relationship = uses.program.orm.relationship(left.model, name) if left.model is not None else None
    if relationship is None or relationship.target is None:
        return None
    before, dot, _ = left.text.rpartition(".")  # models.User.posts: models.Post
    for text in (relationship.target.name, f"{before}{dot}{relationship.target.name}"):
        expression = ast.parse(text, mode="eval").body
        if uses.program.names.resolve_expression(place.source.path, expression) is relationship.target:
            return Entity(relationship.target, text)
    return Entity(relationship.target, "")


def step_of(node: ast.expr) -> ast.expr:
    """What a join goes along: `User.posts` of `User.posts.and_(...)`, the alias of `User.posts.of_type(alias)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "of_type" and len(node.args) == 1:
            return node.args[0]
        if node.func.attr == "and_":
            return step_of(node.func.value)
    return node


def first_mention(uses: Uses, node: ast.expr) -> Entity | None:
    """`User` of `User.id`, and of `func.count(User.id)`; none of a table."""
    if node in uses.holds or (isinstance(node, ast.Attribute) and node.attr == "__table__"):
        return None
    if (found := entity_of(uses, node)) is not None:
        return found
    children = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
    return next((found for child in children if (found := first_mention(uses, child)) is not None), None)
