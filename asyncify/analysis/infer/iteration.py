"""What iterating, unpacking and awaiting give."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from asyncify.analysis.infer.attributes import attribute
from asyncify.analysis.infer.foreign import thing_of
from asyncify.analysis.infer.functions import call_function
from asyncify.analysis.infer.run import Run
from asyncify.analysis.infer.sql import row_of
from asyncify.analysis.names import Assigned
from asyncify.analysis.values import NOTHING, Const, Fn, Inst, Obj, Pattern, Value, Values, union
from asyncify.knowledge import names

#: longer lists of texts are not read as names
TEXTS = 20


def elements(run: Run, values: Values, node: ast.AST) -> Values:
    """What iterating over values gives."""
    found: list[Values] = []
    for value in values:
        if isinstance(value, Inst):
            if value.type in (names.QUERY, names.DYNAMIC, names.RESULT, names.SCALARS):
                found.append(row_of(run, value))
            elif value.type in ("list", "set", "generator", "asyncgenerator", "iterator"):
                found.append(value.args[0])
            elif value.type in ("tuple", "row"):
                found.extend(value.args)
            elif value.type == "dict":
                found.append(value.args[0])
            elif value.type == "coroutine":  # an await was forgotten
                found.append(elements(run, value.args[0], node))
            else:
                found.append(thing_of(value))
        elif isinstance(value, Obj):
            for name in ("__iter__", "__aiter__"):
                method = run.engine.classes.method(value.info, name)
                if method is not None:
                    inner = call_function(run, Fn(method, value.info, True), [], {}, node)
                    found.append(elements(run, frozenset(v for v in inner if isinstance(v, Inst)), node))
    return union(found)


def written_texts(run: Run, node: ast.expr) -> Values:
    """The strings of `("name", "posts")`, also where a module keeps them in a name: a loop over them reads by name.

    Rows of them, `(("name", "Name"), ("posts", "Posts"))` and `{"name": "Name"}.items()`, have strings by position."""
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Attribute) or node.func.attr != "items":
            return NOTHING
        mapping = _written(run, node.func.value)
        if not isinstance(mapping, ast.Dict):
            return NOTHING
        return _row([[key for key in mapping.keys if key is not None], mapping.values])
    written = _written(run, node)
    if isinstance(written, ast.Dict):
        return _all_texts([key for key in written.keys if key is not None])
    items = written.elts if isinstance(written, (ast.Tuple, ast.List, ast.Set)) else []
    rows = [item.elts for item in items if isinstance(item, (ast.Tuple, ast.List))]
    if rows and len(rows) == len(items) and len({len(row) for row in rows}) == 1:
        return _row(list(zip(*rows, strict=True)))
    return _all_texts(items)


def _written(run: Run, node: ast.expr) -> ast.expr:
    """A display, also where a module keeps it in a name."""
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return node
    kept = run.engine.names.resolve_expression(run.path, node)
    local = run.function is not None and isinstance(node, ast.Name) and node.id in run.function.local_names
    return kept.value if isinstance(kept, Assigned) and not local and kept.value is not None else node


def _row(columns: Sequence[Sequence[ast.expr]]) -> Values:
    """One row that stands for all: at each position the strings of a column that has nothing else."""
    parts = tuple(_all_texts(column) for column in columns)
    return frozenset({Inst("tuple", parts)}) if any(parts) else NOTHING


def _all_texts(items: Sequence[ast.expr]) -> Values:
    texts = [i.value for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str)]
    return frozenset(map(Const, texts)) if len(texts) == len(items) <= TEXTS else NOTHING


def position_of(run: Run, values: Values, position: int, node: ast.AST) -> Values:
    """What stands at a position of the tuples, rows, lists and results among values."""
    found: list[Values] = []
    for value in values:
        if isinstance(value, Obj) and run.engine.classes.derives_from(value.info, "typing.NamedTuple"):
            fields = [name for name, stmt in value.info.attributes.items() if isinstance(stmt, ast.AnnAssign)]
            if position < len(fields):
                found.append(attribute(run, frozenset({value}), fields[position], node))
        elif isinstance(value, Inst):
            if value.type in ("tuple", "row") and position < len(value.args):
                found.append(value.args[position])
            elif value.type in ("list", "generator") and value.args:
                found.append(value.args[0])
            elif value.type in (names.QUERY, names.DYNAMIC, names.RESULT, names.SCALARS):
                found.append(row_of(run, value))
    return union(found)


def awaited(values: Values) -> Values:
    """What `await` makes of values: the result of a coroutine; our async library kinds are modelled as results."""
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Inst) and value.type == "coroutine":
            found |= value.args[0]
        else:
            found.add(value)
    return frozenset(found)


def no_text(values: Values) -> Values:
    """Values without string constants."""
    return frozenset(v for v in values if not isinstance(v, (Const, Pattern)))
