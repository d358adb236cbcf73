"""What drivers are told to connect, where that only turns up at run time: a listener says it to the async driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from asyncify.analysis.databases import backends
from asyncify.analysis.program import Program
from asyncify.knowledge.drivers import Choice
from asyncify.model.edit import Import
from asyncify.transforms.engine import libpq_arguments, mysql_listener


@dataclass(frozen=True)
class ArgumentListener:
    """A listener on every engine of the process, written once a module.

    targets: the async drivernames that need it. takes: whether it does something about an argument of `connect_args`.
    source: its text for a file and an async drivername, and what that imports.
    """

    name: str
    because: str
    targets: frozenset[str]
    takes: Callable[[str], bool]
    source: Callable[[Program, str, str], tuple[str, tuple[Import, ...]]]


_LISTENERS = (
    ArgumentListener(
        libpq_arguments.NAME,
        libpq_arguments.BECAUSE,
        frozenset({libpq_arguments.TARGET}),
        libpq_arguments.takes,
        libpq_arguments.listener,
    ),
    ArgumentListener(
        mysql_listener.NAME,
        mysql_listener.BECAUSE,
        mysql_listener.TARGETS,
        mysql_listener.takes,
        mysql_listener.listener,
    ),
)
#: async drivernames whose URLs keep arguments that the driver does not know: a listener is there for these
TOLD = frozenset(target for one in _LISTENERS for target in one.targets)


def listeners(program: Program, choice: Choice) -> Iterator[tuple[ArgumentListener, str]]:
    """The listeners that a program needs where it makes an engine of a URL that is not known, each with its driver."""
    found = [choice.get(backend, "") for backend in backends(program)]
    for one in _LISTENERS:
        target = next((name for name in found if name in one.targets), "")
        if target:
            yield one, target
