"""Legacy `Query` to 2.0 `select()`; the program stays synchronous and does the same."""

from __future__ import annotations

from asyncify.transforms.base import Transform
from asyncify.transforms.query import examples, examples_attributes, examples_mocks, examples_travel
from asyncify.transforms.query.plan import plan

QUERY = Transform(
    name="query",
    step="query",
    summary="Legacy session.query(...) becomes 2.0 select(), with exactly the same results",
    plan=plan,
    examples=(
        *examples.EXAMPLES,
        *examples_attributes.EXAMPLES,
        *examples_travel.EXAMPLES,
        *examples_mocks.EXAMPLES,
    ),
)
