"""`db.query.assert_called_once_with(User)` in tests: what the code calls in the place of a query was called.

The select that it is given has no equality that a mock could compare; that it was called is left to assert.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType

from asyncify.model.edit import Edit
from asyncify.model.ops import RenameAttribute, Replace
from asyncify.transforms.query.decisions import Places

WHY = "the code runs a select where the mock was asked for a legacy query"

#: assertions about arguments -> the same without them. Source: `unittest.mock`, "The Mock Class"
_WITHOUT_ARGUMENTS = MappingProxyType(
    {
        "assert_called_once_with": "assert_called_once",
        "assert_called_with": "assert_called",
        "assert_any_call": "assert_called",
    }
)
_PLAIN = frozenset({"assert_called", "assert_called_once", "assert_not_called", "called", "call_count"})


def assertion_edits(places: Places, path: str, query: ast.Attribute, method: str) -> Iterator[Edit]:
    """The edits for `session.query`, where a mock is asked whether it was called; none for anything else.

    method: of the session, which runs what was the query.
    """
    source = places.program.modules[path].source
    place = places.of(source)
    asked = source.parent(query)
    if not isinstance(asked, ast.Attribute) or asked.value is not query:
        return
    call = source.parent(asked)
    if asked.attr in _PLAIN:
        yield place.edit(query, RenameAttribute(method), WHY)
    elif asked.attr in _WITHOUT_ARGUMENTS and isinstance(call, ast.Call) and call.func is asked:
        text = f"$m.{method}.{_WITHOUT_ARGUMENTS[asked.attr]}()"
        yield place.edit(call, Replace(text, (place.hole("m", query.value),)), WHY)
