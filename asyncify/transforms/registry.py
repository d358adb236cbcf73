"""The one list of transforms, in the order in which they run."""

from __future__ import annotations

from asyncify.transforms.awaiting import AWAIT
from asyncify.transforms.base import Transform
from asyncify.transforms.blocking import BLOCKING
from asyncify.transforms.callbacks import CALLBACKS
from asyncify.transforms.eager import EAGER
from asyncify.transforms.engine import ENGINE
from asyncify.transforms.lifespan import LIFESPAN
from asyncify.transforms.query import QUERY
from asyncify.transforms.session import SESSION
from asyncify.transforms.settings.transform import SETTINGS
from asyncify.transforms.tests import TESTS

#: the steps of a migration, in order; each takes the program as the one before left it
STEPS: tuple[str, ...] = ("query", "eager", "lifespan", "flip", "settings")

TRANSFORMS: tuple[Transform, ...] = (
    QUERY,
    EAGER,
    LIFESPAN,
    CALLBACKS,
    ENGINE,
    SESSION,
    AWAIT,
    BLOCKING,
    TESTS,
    SETTINGS,
)


def named(name: str) -> tuple[Transform, ...]:
    """The transforms that a word means: one transform, or all of a step. Empty for an unknown word."""
    exact = tuple(t for t in TRANSFORMS if t.name == name)
    return exact or tuple(t for t in TRANSFORMS if t.step == name)
