"""The transform `tests`, put together from its parts."""

from __future__ import annotations

from asyncify.analysis.program import Program
from asyncify.transforms.base import Decisions, Transform
from asyncify.transforms.tests.cases import plan_cases
from asyncify.transforms.tests.clients import plan_clients
from asyncify.transforms.tests.contexts import plan_contexts
from asyncify.transforms.tests.doubles import plan_doubles
from asyncify.transforms.tests.entered_doubles import plan_entered_doubles
from asyncify.transforms.tests.examples import EXAMPLES
from asyncify.transforms.tests.expired import plan_expired
from asyncify.transforms.tests.found import NAME, Work
from asyncify.transforms.tests.inner_sessions import plan_inner_sessions
from asyncify.transforms.tests.iterators import plan_iterators
from asyncify.transforms.tests.mocks import plan_mocks
from asyncify.transforms.tests.named_fixtures import plan_named_fixtures
from asyncify.transforms.tests.patched_names import plan_patched_names
from asyncify.transforms.tests.requests import plan_requests
from asyncify.transforms.tests.reread import plan_rereads
from asyncify.transforms.tests.settings import plan_settings
from asyncify.transforms.tests.sockets import plan_sockets
from asyncify.transforms.tests.telling import plan_transports


def plan(program: Program) -> Decisions:
    """Decide on the tests of a program whose functions are coloured."""
    work = Work.start(program)
    plan_contexts(work)
    plan_transports(work)
    plan_clients(work)
    plan_sockets(work)
    plan_requests(work)
    plan_doubles(work)
    plan_entered_doubles(work)
    plan_iterators(work)
    plan_mocks(work)
    plan_inner_sessions(work)
    plan_patched_names(work)
    plan_named_fixtures(work)
    plan_expired(work)
    plan_rereads(work)
    plan_cases(work)
    plan_settings(work)
    return Decisions(tuple(work.edits), tuple(work.text_edits), tuple(work.findings))


TESTS = Transform(
    NAME,
    "flip",
    "TestClient to AsyncClient, with the lifespan where it ran; set-up methods, unittest classes, mocks and the "
    "settings of pytest for one event loop",
    plan,
    EXAMPLES,
)
