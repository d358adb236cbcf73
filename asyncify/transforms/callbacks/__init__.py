"""`callbacks`: what a test framework would call by itself, and could not await, is called by the test."""

from asyncify.transforms.base import Transform
from asyncify.transforms.callbacks.examples import EXAMPLES
from asyncify.transforms.callbacks.plan import NAME, plan

CALLBACKS = Transform(
    name=NAME,
    step="lifespan",
    summary="`pytest.raises(Error, function)` and `addfinalizer(function)` call what they are given: the test does it",
    plan=plan,
    examples=EXAMPLES,
)

__all__ = ["CALLBACKS"]
