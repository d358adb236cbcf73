"""Rows with several columns of one name: Query calls them `id, id`, a select `id, id_1`; `row.id` is another one then.

A select without labels names them as Query does. Source: runs of both on 1.4.54, 2.0.58 and 2.1.9.
"""

from __future__ import annotations

import ast
from collections import Counter
from enum import Enum

from asyncify.analysis.source import SourceFile
from asyncify.transforms.query.chains import Chain, chain_of
from asyncify.transforms.query.entities import entity_of
from asyncify.transforms.query.uses import Site, Uses, link_around, method_of

#: what gives a list of rows, and what gives one
MANY, ONE = frozenset({"all"}), frozenset({"first", "one", "one_or_none"})
WITHOUT_NAMES = frozenset({"scalar", "count", "value", "values"})


class Names(Enum):
    """How the columns of the rows of a query are called."""

    APART = "apart"  # each by its own name, as far as is known
    REPEATED = "repeated"  # several have one name
    TWICE = "twice"  # several have one name, and one is selected twice: no select names them so


def row_names(uses: Uses, node: ast.expr, chain: Chain) -> Names:
    """How the rows of the query in an expression call their columns, where anybody can ask for a name."""
    styled = {"from_statement", "set_label_style", "with_labels", "apply_labels"}
    if chain.methods & styled or _only_unpacked(uses.holds[node].source, node):
        return Names.APART
    added = [a for call in chain.named("add_columns", "add_column") for a in call.args]
    found = {_of_site(uses, site, added) for site in uses.holds[node].sites}
    return next((n for n in (Names.TWICE, Names.REPEATED) if n in found), Names.APART)


def describes_alike(uses: Uses, node: ast.AST) -> bool:
    """Whether `column_descriptions` of a query and a select are the same: all that is selected has a name of its own.

    Query gives None for the name of a function, a select the name that it will have in the rows.
    """
    chain = chain_of(uses, node)
    added = [a for call in chain.named("add_columns", "add_column", "add_entity") for a in call.args]
    for site in uses.holds[node].sites:
        columns = [*uses.entities(site), *added]
        whole = [c for c in columns if (e := entity_of(uses, c)) is not None and e.text == ast.unparse(c)]
        names = [_name(uses, c) for c in columns if c not in whole]
        if None in names or len(set(names)) < len(names):
            return False
    return True


def _of_site(uses: Uses, site: Site, added: list[ast.expr]) -> Names:
    columns = [*uses.entities(site), *added]
    names = Counter(name for c in columns if (name := _name(uses, c)) is not None)
    if all(count == 1 for count in names.values()):
        return Names.APART
    whole = {e.text for c in columns if (e := entity_of(uses, c)) is not None and e.text == ast.unparse(c)}
    texts = Counter(ast.unparse(c) for c in columns)
    twice = any(isinstance(c, ast.Attribute) and ast.unparse(c.value) in whole for c in columns)
    return Names.TWICE if twice or max(texts.values()) > 1 else Names.REPEATED


def _name(uses: Uses, column: ast.expr) -> str | None:
    """The name of what an argument of `query(...)` selects, where that is written."""
    if isinstance(column, ast.Attribute):
        of_table = isinstance(column.value, ast.Attribute) and column.value.attr in ("c", "columns")
        entity = entity_of(uses, column.value)
        of_entity = entity is not None and entity.text == ast.unparse(column.value)
        return column.attr if of_table or of_entity else None
    if isinstance(column, ast.Call) and isinstance(column.func, ast.Attribute) and column.func.attr == "label":
        label = column.args[0] if len(column.args) == 1 else None
        return label.value if isinstance(label, ast.Constant) and isinstance(label.value, str) else None
    return None


def _only_unpacked(source: SourceFile, node: ast.AST) -> bool:
    """Whether the rows are taken apart on the spot, or have no names: `for a, b in query`, `a, b = query.first()`."""
    call = link_around(source, node)
    method = method_of(call) if call is not None else ""
    if method in WITHOUT_NAMES:
        return True
    rows = call if call is not None and method in MANY | ONE else node
    parent = source.parent(rows)
    if isinstance(parent, ast.Subscript) and parent.value is rows and method in ONE:
        return isinstance(parent.slice, ast.Constant) and isinstance(parent.slice.value, int)
    if method in ONE:
        return isinstance(parent, ast.Assign) and all(isinstance(t, (ast.Tuple, ast.List)) for t in parent.targets)
    if isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)) and parent.iter is rows:
        return isinstance(parent.target, (ast.Tuple, ast.List))
    return False
