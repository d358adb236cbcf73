"""Event handlers and import-time tables to one lifespan."""

from asyncify.transforms.base import Transform
from asyncify.transforms.lifespan.examples import EXAMPLES
from asyncify.transforms.lifespan.plan import plan

LIFESPAN = Transform(
    name="lifespan",
    step="lifespan",
    summary="startup and shutdown handlers, and tables created at import, become one lifespan",
    plan=plan,
    examples=EXAMPLES,
)

__all__ = ["LIFESPAN"]
