"""What the code of a repository needs installed, read from its text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from asyncify.knowledge.drivers import ASYNC_DRIVERS, Choice, async_driver, async_drivername, backend_of, sync_packages
from asyncify.knowledge.session_libraries import ASYNC_MODULE
from asyncify.transforms.settings.url_helper import UNNAMED

_SESSION_LIBRARY = re.compile(rb"\b%s\b" % ASYNC_MODULE.encode())
_ASYNC_ENGINE = re.compile(rb"\b(create_async_engine|async_engine_from_config|%s)\b" % ASYNC_MODULE.encode())
#: names, and the version of SQLAlchemy that has them first. Source: its changelogs, "What's New in SQLAlchemy 2.0",
#: 2.0.13; the later version stands first
_SINCE = (
    (re.compile(rb"\b(AsyncAttrs|awaitable_attrs)\b"), "2.0.13"),
    (re.compile(rb"\basync_sessionmaker\b"), "2.0"),
)
_PLUGIN = re.compile(rb"\bpytest_asyncio\b|\bmark\.asyncio\b")
_OWN_LOOP = re.compile(rb"\basyncio\.run\b|\bIsolatedAsyncioTestCase\b")
_PLUGIN_SETTING = re.compile(rb"^\s*asyncio_mode\s*=|--asyncio-mode\b", re.MULTILINE)
_ANYIO = re.compile(rb"\bmark\.anyio\b|\banyio_backend\b")
_CLIENT = re.compile(rb"\b(?P<package>httpx2?)\b[^#]{0,400}?\bAsyncClient\b")
#: comments, and the row of the generated function for a database that nothing else names
_COMMENT = re.compile(rf"^[ \t]*[#;].*|^.*{UNNAMED}$", re.MULTILINE)
_DRIVERNAME = re.compile(r"\b[a-z]+\+[a-z0-9_]+\b|\b[a-z]+(?=://)")
_SETTINGS = (".py", ".ini", ".cfg", ".toml", ".yml", ".yaml")
_TEST_CONFIG = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", ".pytest.ini")


@dataclass(frozen=True)
class Needs:
    """What the migrated code uses.

    asyncio: it makes async engines at all, or a library makes them for it.
    drivers: async drivernames of the app. test_drivers: those that only tests use.
    missing: backends that it uses and that have no async driver for the project's SQLAlchemy.
    pytest_asyncio: its tests need the plugin. http_client: the package of `AsyncClient` in tests, if any.
    session_library: it uses the async library that keeps the session of a request.
    sqlalchemy: the version that has first what it uses, and 1.4 has not; "" for none.
    own_loops: plain code or cases of its tests run loops of their own.
    """

    asyncio: bool = False
    drivers: tuple[str, ...] = ()
    test_drivers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    pytest_asyncio: bool = False
    http_client: str = ""
    session_library: bool = False
    sqlalchemy: str = ""
    own_loops: bool = False


def needs_of(files: Mapping[str, bytes], listed: Collection[str], choice: Choice) -> Needs:
    """Read the needs from the files of a workspace.

    An async drivername that stands in the code is needed as it is. The drivername of a sync URL is needed in
    its async form when no async driver of that backend is named: the URL then changes at run time. A sync URL
    whose driver the project does not list is an illustration, or serves another program.
    """
    python = {path: data for path, data in files.items() if path.endswith(".py")}
    if not any(_ASYNC_ENGINE.search(data) for data in python.values()):
        return Needs()
    app: set[str] = set()
    tests: set[str] = set()
    for path, data in files.items():
        (tests if is_test_path(path) else app).update(_drivernames(path, data))
    named, missing = _targets(app, listed, choice)
    named_in_tests, missing_in_tests = _targets(tests, listed, choice)
    test_files = [data for path, data in python.items() if is_test_path(path)]
    configured = any(_PLUGIN_SETTING.search(files[p]) for p in files if posixpath.basename(p) in _TEST_CONFIG)
    anyio = any(_ANYIO.search(data) for data in test_files)
    client = next((match for data in test_files if (match := _CLIENT.search(data))), None)
    return Needs(
        True,
        tuple(sorted(named)),
        tuple(sorted(named_in_tests - named)),
        tuple(sorted(missing | missing_in_tests)),
        configured or (not anyio and any(_PLUGIN.search(data) for data in test_files)),
        client["package"].decode() if client else "",
        any(_SESSION_LIBRARY.search(data) for data in python.values()),
        next((since for name, since in _SINCE if any(name.search(data) for data in python.values())), ""),
        any(_OWN_LOOP.search(data) for data in test_files),
    )


def is_test_path(path: str) -> bool:
    """Whether a file belongs to the tests by the conventions of pytest."""
    *folders, name = path.split("/")
    return (
        name == "conftest.py"
        or name.startswith("test_")
        or name.endswith("_test.py")
        or any(folder in ("tests", "test") for folder in folders)
    )


def is_env_file(path: str) -> bool:
    """`.env`, `.env.example`, `dev.env`, and so on."""
    name = posixpath.basename(path)
    return name == ".env" or name.startswith(".env.") or name.endswith(".env")


def _drivernames(path: str, data: bytes) -> Iterator[str]:
    if not (path.endswith(_SETTINGS) or is_env_file(path)):
        return
    for name in _DRIVERNAME.findall(_COMMENT.sub("", data.decode(errors="replace"))):
        if backend_of(name):
            yield name


def _targets(names: set[str], listed: Collection[str], choice: Choice) -> tuple[set[str], set[str]]:
    """The async drivers that the names ask for, and the backends that have none."""
    targets = {name for name in names if _async_only(name)}
    covered = {backend_of(name) for name in targets}
    missing: set[str] = set()
    for name in sorted(names - targets):
        backend = backend_of(name) or ""
        if not _usable(backend, listed):
            continue
        target = async_drivername(name, choice)
        if target is None:
            missing.add(backend)
        elif backend not in covered:
            targets.add(target)
    return targets, missing - {b for b in covered if b}


def _usable(backend: str, listed: Collection[str]) -> bool:
    """Whether the project can connect to the backend today, by its manifests."""
    packages = {*sync_packages(backend), *(row.package for row in ASYNC_DRIVERS if row.backend == backend)}
    return not sync_packages(backend) or not listed or any(name in listed for name in packages)


def _async_only(name: str) -> bool:
    row = async_driver(name)
    return row is not None and not row.serves_sync
