"""How the entity of a query is written at a place."""

from __future__ import annotations

import ast

from asyncify.transforms.query.attribute_sites import is_of_class
from asyncify.transforms.query.decisions import Place
from asyncify.transforms.query.uses import Uses


def entity_text(uses: Uses, place: Place, node: ast.expr) -> str | None:
    """Source of the one entity that the queries in an expression select, where it means the same there; else None."""
    texts: set[str] = set()
    for site in uses.ancestry(uses.holds[node].sites) - uses.reshaped:
        entities = uses.entities(site)
        if len(entities) != 1 or uses.sites[site] is not place.source:
            return None
        if isinstance(site, ast.Attribute) and not is_of_class(uses.program, site):
            return None
        text = ast.unparse(entities[0])
        here = uses.program.function_of(site) is uses.program.function_of(node) and is_path(text)
        if not here and not is_global(uses, node, text):
            return None
        texts.add(text)
    return texts.pop() if len(texts) == 1 else None


def is_path(text: str) -> bool:
    """Whether an expression is a name, or an attribute of one."""
    return all(part.isidentifier() for part in text.split("."))


def is_global(uses: Uses, place: ast.AST, text: str) -> bool:
    """Whether a path means at a place what it means in the whole module (or is one of `self`)."""
    root = text.partition(".")[0]
    function = uses.program.function_of(place)
    while function is not None:
        if root in function.local_names and root != "self":
            return False
        function = function.parent
    return is_path(text)
