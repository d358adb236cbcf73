"""The settings of pytest for a suite with async tests: one event loop, and no forgotten `await`."""

from __future__ import annotations

import ast
import posixpath
import re

from asyncify.analysis.manifests import ProjectDependencies, read_dependencies
from asyncify.analysis.routes import routes
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext, has
from asyncify.knowledge.names import DEPENDS, FASTAPI, ROUTER
from asyncify.knowledge.packages import asyncio_plugin
from asyncify.knowledge.testing import (
    ASYNCIO_MODE,
    EVENT_LOOP,
    FORGOTTEN_AWAIT_FILTERS,
    LOOP_SCOPES,
    MODE_ARGUMENT,
    NO_MATTER,
)
from asyncify.model.edit import TextEdit
from asyncify.transforms.tests.anyio import add_to_conftest, plan_backend, plan_marks, plan_other_marks, uses_anyio
from asyncify.transforms.tests.cases import is_test_case, never_run
from asyncify.transforms.tests.config_files import ConfigFile, configs
from asyncify.transforms.tests.found import GROUP, NAME, Work

#: the first pytest-asyncio with loop scopes
LOOP_SCOPES_SINCE = (0, 24)

WRAPS = Ext("functools.wraps")
#: what FastAPI makes of functions that it runs itself: `Depends(get_user)`, `FastAPI(lifespan=lifespan)`
#: more coroutine functions that are handed to somebody than one filter can name
HANDED = 20
_AWAITING = (DEPENDS, FASTAPI, ROUTER)
_LOOP = '''\
@pytest.fixture(scope="session")
def event_loop():
    """One event loop for all tests, as the engine is one for all tests."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
'''
_WHY = "async tests, fixtures and the engine share one event loop"
_AND_FILTERS = f"{_WHY}, and a forgotten await fails the test"


def plan_settings(work: Work) -> None:
    """Write the settings where the project keeps those of pytest."""
    changing = [f for f in sorted(work.changing, key=lambda f: (f.path, f.qualname)) if _by_pytest(work, f)]
    if not changing:
        return
    files = work.program.workspace.files
    places: dict[str, ConfigFile] = {}
    for folder in dict.fromkeys(posixpath.dirname(f.path) for f in changing):
        for config in configs(files, folder):
            places.setdefault(config.path, config)
    dependencies = read_dependencies(files)
    anyio = uses_anyio(work)
    filters = _filters(work)
    for config in places.values():
        options = {} if anyio else _options(work, config, dependencies)
        changed = config if anyio else config.with_argument(*MODE_ARGUMENT)
        text = changed.with_options(options, filters)
        if text != config.text:
            why = _AND_FILTERS if filters else _WHY
            work.text_edits.append(TextEdit(NAME, config.path, config.text, text, why, GROUP))
    if anyio:
        plan_marks(work, changing)
        plan_backend(work, changing)
        return
    plan_other_marks(work)
    if not _has_loop_scopes(dependencies):
        _shared_loop(work, changing)


def _filters(work: Work) -> list[str]:
    """What makes a forgotten `await` fail a test. Coroutines of functions that were async before and are handed to
    somebody, such as a task that a test runs itself, may have been dropped all along: they stay no error. So do tests
    that have never run. Where there are many of these, a filter that names them all would be what nobody reads."""
    program = work.program
    dropped = set()
    registering = {route.call for route in routes(program)}  # FastAPI awaits what it is given there
    for node, targets in program.facts.handed.items():
        function = program.function_of(node)
        holder = function.source.holder(node) if function is not None and isinstance(node, ast.expr) else None
        if not isinstance(holder, ast.Call) or node is holder.func or has(program.values(holder), *_AWAITING):
            continue
        if holder in registering:
            continue
        if WRAPS not in program.values(holder.func):  # it takes a name and a text from a function, and never calls it
            dropped |= {t.info.qualname for t in targets if t.info.is_async and not t.info.is_generator}
    if len(dropped) > HANDED:
        return []
    # a colon would end the message of a filter
    known = "".join(f"(?!'{re.escape(name)}')" for name in sorted(dropped))
    cases = {function.qualname.removesuffix(function.name) for function in never_run(work)}
    known += "".join(f"(?!'{re.escape(case)}test)" for case in sorted(cases))
    return [f.replace(NO_MATTER, f"{NO_MATTER}{known}") for f in FORGOTTEN_AWAIT_FILTERS]


def _by_pytest(work: Work, function: FunctionInfo) -> bool:
    """Whether pytest runs a function itself, as a test or a fixture."""
    fixtures = work.program.fixtures
    return (fixtures.is_fixture(function) or fixtures.is_test(function)) and not is_test_case(work.program, function)


def _options(work: Work, config: ConfigFile, dependencies: ProjectDependencies) -> dict[str, str]:
    """The options that are missing or say something else: one loop needs them all.

    Most projects say `function` only because pytest-asyncio 0.24 warns where the scope of fixtures is not set. A
    fixture of a wider scope that becomes async fails with it (`ScopeMismatch`).
    """
    argued = config.argument(MODE_ARGUMENT[0]) is not None
    options = dict([ASYNCIO_MODE]) if not argued and config.get(ASYNCIO_MODE[0]) != ASYNCIO_MODE[1] else {}
    # an older plugin does not know the scopes and pytest warns; whoever installs a newer one than is stated needs them
    wanted = _has_loop_scopes(dependencies) or not _warnings_fail(config)
    if wanted:
        options.update({key: value for key, value in LOOP_SCOPES if config.get(key) != value})
    return options


def _warnings_fail(config: ConfigFile) -> bool:
    """Whether an option that pytest does not know ends the run."""
    filters = [line.strip().strip("\"',") for line in (config.get("filterwarnings") or "").splitlines()]
    return "error" in filters or "--strict" in (config.get("addopts") or "")


def _has_loop_scopes(dependencies: ProjectDependencies) -> bool:
    """Whether the project's pytest-asyncio (or the one that it will get) knows loop scopes."""
    newest = dependencies.ceiling("pytest-asyncio")
    if newest is not None:
        return newest >= LOOP_SCOPES_SINCE
    plugin = asyncio_plugin(dependencies.ceiling("pytest", beside="pytest-asyncio"), dependencies.python)
    # None: a person has to take a newer pytest, and not the newest if much of the project is as old
    return plugin is not None and plugin.loop_scopes


def _shared_loop(work: Work, changing: list[FunctionInfo]) -> None:
    """Before there were loop scopes, a fixture of this name gave every test its loop."""
    if any(f.name == EVENT_LOOP for f in work.program.fixtures.decorators):
        return
    add_to_conftest(work, changing, _LOOP, ("asyncio", "pytest"), _WHY)
