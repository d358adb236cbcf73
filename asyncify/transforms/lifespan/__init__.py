"""Event handlers and import-time tables to one lifespan."""

from asyncify.transforms.base import Transform
from asyncify.transforms.lifespan.examples import HANDLER_EXAMPLES
from asyncify.transforms.lifespan.plan import plan
from asyncify.transforms.lifespan.table_examples import TABLE_EXAMPLES

LIFESPAN = Transform(
    name="lifespan",
    step="lifespan",
    summary="startup and shutdown handlers, and tables created at import, become one lifespan",
    plan=plan,
    examples=HANDLER_EXAMPLES + TABLE_EXAMPLES,
)

__all__ = ["LIFESPAN"]
