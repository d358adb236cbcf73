"""`db.query.side_effect = SQLAlchemyError()` in tests: whatever the code runs in the place of a query raises."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator

from asyncify.analysis.nodes import last_name
from asyncify.model.edit import Edit
from asyncify.model.ops import ReplaceStatement
from asyncify.model.span import Place as Position
from asyncify.model.span import Target
from asyncify.transforms.query.decisions import Places

WHY = "the code runs a select where the mock refused a legacy query"


def raising_edits(
    places: Places, path: str, session_of: Callable[[ast.AST], ast.expr | None], methods: Iterable[str]
) -> Iterator[tuple[ast.AST, Edit]]:
    """For each such statement of a file `session.query` and the edit.

    session_of: the mocked session in `session.query`, None for anything else. methods: of the session, which queries
    run through by now.
    """
    source = places.program.modules[path].source
    place = places.of(source)
    for node in source.nodes_of(ast.Assign):
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Attribute) or target.attr != "side_effect":
            continue
        session = session_of(target.value)
        if session is None or not is_exception(node.value):
            continue
        targets = " = ".join(f"$m.{method}.side_effect" for method in sorted(methods))
        op = ReplaceStatement(f"{targets} = $v\n", (place.hole("m", session), place.hole("v", node.value)))
        yield target.value, Edit("query", path, Target(source.span(node), Position.STATEMENT), op, because=WHY)


def is_exception(value: ast.expr) -> bool:
    """An exception or its class, not a function or a list that says what queries give."""
    named = value.func if isinstance(value, ast.Call) else value
    name = last_name(named)
    builtin = getattr(builtins, name, None)
    return (isinstance(builtin, type) and issubclass(builtin, BaseException)) or name.endswith(("Error", "Exception"))
